import type {
  DescribeSecretRequest,
  DescribeSecretResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
  ListSecretsRequest,
  ListSecretsResponse,
} from '@aws-sdk/client-secrets-manager';
import { AwsError, operation, type CloudService, type Foundation, type Permission } from '../contract.ts';
import { uuid } from '../uuid.ts';

export interface Secrets {
  readonly service: CloudService;
  /** Create a secret, or give it a new value. */
  put(region: string, name: string, value: string): { readonly arn: string };
}

interface Secret {
  readonly name: string;
  readonly region: string;
  readonly arn: string;
  readonly created: Date;
  readonly value: string;
  readonly versionId: string;
  readonly changed: Date;
}

/** AWS Secrets Manager: secrets that exist before Lifeboat is deployed, and their values. */
export function secrets({ account, clock, id }: Foundation): Secrets {
  const stored: Secret[] = [];

  /** By name, by ARN, or by an ARN without the six characters that AWS adds to it. */
  function lookUp(region: string, given: string | undefined): Secret | undefined {
    return stored.find(
      ({ region: at, name, arn }) =>
        at === region && (name === given || arn === given || arn.slice(0, -7) === given),
    );
  }

  function found(region: string, given: string | undefined): Secret {
    const secret = lookUp(region, given);
    if (secret) return secret;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  /** What a permission names: the secret's ARN, or what would be its beginning when there is none. */
  function resource(region: string, given = ''): string {
    if (given.startsWith('arn:')) return lookUp(region, given)?.arn ?? given;
    return lookUp(region, given)?.arn ?? `arn:aws:secretsmanager:${region}:${account}:secret:${given}`;
  }

  const on =
    (action: string) =>
    ({ SecretId }: { SecretId: string | undefined }, { region }: { region: string }): Permission[] => [
      { action, resource: resource(region, SecretId) },
    ];

  const describe = (secret: Secret) => ({
    ARN: secret.arn,
    Name: secret.name,
    CreatedDate: secret.created,
    LastChangedDate: secret.changed,
  });

  return {
    put(region, name, value) {
      const before = lookUp(region, name);
      const now = new Date(clock.now());
      const arn =
        before?.arn ?? `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${id().slice(-6)}`;
      const versionId = uuid({ id });
      if (before) stored.splice(stored.indexOf(before), 1);
      stored.push({ name, region, arn, value, versionId, created: before?.created ?? now, changed: now });
      return { arn };
    },
    service: {
      signingName: 'secretsmanager',
      operations: {
        GetSecretValue: operation<GetSecretValueRequest, GetSecretValueResponse>({
          permissions: on('secretsmanager:GetSecretValue'),
          run({ SecretId, VersionId, VersionStage }, { region }) {
            const secret = found(region, SecretId);
            const other = VersionId !== undefined && VersionId !== secret.versionId;
            if (other || (VersionStage !== undefined && VersionStage !== 'AWSCURRENT')) {
              throw new AwsError(
                'ResourceNotFoundException',
                "Secrets Manager can't find the specified secret value for the version.",
              );
            }
            return {
              ARN: secret.arn,
              Name: secret.name,
              SecretString: secret.value,
              VersionId: secret.versionId,
              VersionStages: ['AWSCURRENT'],
              CreatedDate: secret.changed,
            };
          },
        }),
        DescribeSecret: operation<DescribeSecretRequest, DescribeSecretResponse>({
          permissions: on('secretsmanager:DescribeSecret'),
          run({ SecretId }, { region }) {
            const secret = found(region, SecretId);
            return { ...describe(secret), VersionIdsToStages: { [secret.versionId]: ['AWSCURRENT'] } };
          },
        }),
        ListSecrets: operation<ListSecretsRequest, ListSecretsResponse>({
          permissions: () => [{ action: 'secretsmanager:ListSecrets', resource: '*' }],
          run: (_, { region }) => ({
            SecretList: stored.filter((secret) => secret.region === region).map(describe),
          }),
        }),
      },
    },
  };
}
