import type {
  DescribeSecretRequest,
  DescribeSecretResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
  ListSecretsRequest,
  ListSecretsResponse,
  PutSecretValueRequest,
  PutSecretValueResponse,
} from '@aws-sdk/client-secrets-manager';
import { AwsError, operation, type CloudService, type Foundation, type Permission } from '../contract.ts';
import { uuid } from '../uuid.ts';
import { secretResources } from './resources.ts';

export interface Secrets {
  readonly service: CloudService;
  /** Create a secret, or give it a new value. */
  put(region: string, name: string, value: string): { readonly arn: string };
  /** What it says now. */
  read(region: string, name: string): string | undefined;
}

interface SecretVersion {
  readonly id: string;
  readonly value: string;
}

interface Secret {
  readonly name: string;
  readonly region: string;
  readonly arn: string;
  readonly created: Date;
  readonly changed: Date;
  readonly current: SecretVersion;
  readonly previous?: SecretVersion;
}

/** AWS Secrets Manager: secrets that exist before Lifeboat is deployed or are made by it, and their values. */
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

  function put(region: string, name: string, value: string, versionId = uuid({ id })): Secret {
    const before = lookUp(region, name);
    const now = new Date(clock.now());
    const secret: Secret = {
      name,
      region,
      arn: before?.arn ?? `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${id().slice(-6)}`,
      created: before?.created ?? now,
      changed: now,
      current: { id: versionId, value },
      ...(before ? { previous: before.current } : {}),
    };
    if (before) stored.splice(stored.indexOf(before), 1);
    stored.push(secret);
    return secret;
  }

  /** The stages move with every new value: what was current is previous from then on. */
  function versionOf(
    secret: Secret,
    versionId: string | undefined,
    stage: string | undefined,
  ): { readonly version: SecretVersion; readonly stage: string } {
    const versions = [
      { version: secret.current, stage: 'AWSCURRENT' },
      ...(secret.previous ? [{ version: secret.previous, stage: 'AWSPREVIOUS' }] : []),
    ];
    const asked = versions.find(
      (each) =>
        (versionId === undefined ? each.stage === (stage ?? 'AWSCURRENT') : each.version.id === versionId) &&
        (stage === undefined || each.stage === stage),
    );
    if (asked) return asked;
    throw new AwsError(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret value for the version.",
    );
  }

  return {
    put: (region, name, value) => ({ arn: put(region, name, value).arn }),
    read: (region, name) => lookUp(region, name)?.current.value,
    service: {
      signingName: 'secretsmanager',
      operations: {
        GetSecretValue: operation<GetSecretValueRequest, GetSecretValueResponse>({
          permissions: on('secretsmanager:GetSecretValue'),
          run({ SecretId, VersionId, VersionStage }, { region }) {
            const secret = found(region, SecretId);
            const { version, stage } = versionOf(secret, VersionId, VersionStage);
            return {
              ARN: secret.arn,
              Name: secret.name,
              SecretString: version.value,
              VersionId: version.id,
              VersionStages: [stage],
              CreatedDate: secret.changed,
            };
          },
        }),
        DescribeSecret: operation<DescribeSecretRequest, DescribeSecretResponse>({
          permissions: on('secretsmanager:DescribeSecret'),
          run({ SecretId }, { region }) {
            const secret = found(region, SecretId);
            const stages = {
              [secret.current.id]: ['AWSCURRENT'],
              ...(secret.previous ? { [secret.previous.id]: ['AWSPREVIOUS'] } : {}),
            };
            return { ...describe(secret), VersionIdsToStages: stages };
          },
        }),
        PutSecretValue: operation<PutSecretValueRequest, PutSecretValueResponse>({
          permissions: on('secretsmanager:PutSecretValue'),
          run({ SecretId, SecretString, ClientRequestToken, VersionStages }, { region }) {
            const secret = found(region, SecretId);
            if (SecretString === undefined || VersionStages !== undefined) {
              throw new AwsError(
                'InvalidParameterException',
                'The local cloud takes a SecretString and no VersionStages.',
              );
            }
            const known = [secret.current, secret.previous].find((each) => each?.id === ClientRequestToken);
            if (known && known.value !== SecretString) {
              throw new AwsError(
                'ResourceExistsException',
                'A resource with the ID you requested already exists.',
              );
            }
            const { current } = known ? secret : put(region, secret.name, SecretString, ClientRequestToken);
            return {
              ARN: secret.arn,
              Name: secret.name,
              VersionId: (known ?? current).id,
              VersionStages: ['AWSCURRENT'],
            };
          },
        }),
        ListSecrets: operation<ListSecretsRequest, ListSecretsResponse>({
          permissions: () => [{ action: 'secretsmanager:ListSecrets', resource: '*' }],
          run: (_, { region }) => ({
            SecretList: stored.filter((secret) => secret.region === region).map(describe),
          }),
        }),
      },
      resources: secretResources((region, name, value) => put(region, name, value).arn),
    },
  };
}
