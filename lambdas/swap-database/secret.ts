import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describeFailure, failureName, passesByItself } from '../aws/api-failure.ts';
import { clientOptions } from '../aws/client.ts';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What of a secret may be told: never its other members. */
export interface SecretSight {
  readonly secret: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly version: string;
}

interface SecretVersion {
  readonly id: string;
  readonly members: Readonly<Record<string, unknown>>;
}

const clients = new Map<string, SecretsManagerClient>();

function secretsManager(region: string): SecretsManagerClient {
  const client = clients.get(region) ?? new SecretsManagerClient(clientOptions(region));
  clients.set(region, client);
  return client;
}

export async function lookAtSecret(region: string, secret: string): Promise<SecretSight> {
  const { id, members } = await readVersion(region, secret);
  const { host, port } = members;
  const number = Number(port);
  return {
    secret,
    host: typeof host === 'string' ? host : null,
    port: port === undefined || Number.isNaN(number) ? null : number,
    version: id,
  };
}

/**
 * Let the secret say another host and port, and keep its other members.
 *
 * Secrets Manager has no write on condition: whatever was put between our reading and our writing (a rotated
 * password) would be undone. It is found as the version before ours, and is put again with our address in it.
 *
 * @throws UnsafePlan when the secret is not there or holds no JSON object
 * @throws TryAgain when Secrets Manager throttles, fails or does not answer, or others write all the time
 */
export async function pointSecret(region: string, secret: string, { host, port }: Endpoint): Promise<void> {
  let base = await readVersion(region, secret);
  let ours = base.id;
  for (let attempt = 1; attempt <= 3; attempt++) {
    const value = {
      ...base.members,
      host,
      port: typeof base.members['port'] === 'string' ? String(port) : port,
    };
    const { VersionId: written = '' } = await asking(`PutSecretValue ${secret}`, () =>
      secretsManager(region).send(
        new PutSecretValueCommand({ SecretId: secret, SecretString: JSON.stringify(value) }),
      ),
    );
    const before = await readVersion(region, secret, 'AWSPREVIOUS');
    if (before.id === ours) return;
    base = before;
    ours = written;
  }
  throw new TryAgain(`secret ${secret} is being changed by somebody else all the time`);
}

async function readVersion(
  region: string,
  secret: string,
  stage: 'AWSCURRENT' | 'AWSPREVIOUS' = 'AWSCURRENT',
): Promise<SecretVersion> {
  const { SecretString: text, VersionId: id = '' } = await asking(`GetSecretValue ${secret}`, () =>
    secretsManager(region).send(new GetSecretValueCommand({ SecretId: secret, VersionStage: stage })),
  );
  const members = text === undefined ? null : parsed(text);
  if (members) return { id, members };
  throw new UnsafePlan(
    `secret ${secret} in ${region} is no JSON object with host and port, so nobody can be told of another address`,
  );
}

/** What the parser says would quote the secret. */
function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}

const refused: ReadonlySet<string> = new Set([
  'ResourceNotFoundException',
  'InvalidRequestException',
  'InvalidParameterException',
  'DecryptionFailure',
  'EncryptionFailure',
]);

async function asking<T>(call: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    const text = `${call}: ${describeFailure(error)}`;
    if (failureName(error) === 'InternalServiceError' || passesByItself(error)) {
      throw new TryAgain(text, { cause: error });
    }
    if (refused.has(failureName(error))) throw new UnsafePlan(text);
    throw error;
  }
}
