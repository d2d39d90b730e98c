import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { awsError } from './memory-ledger.ts';

/** Secrets Manager of every region, behind its client, with the stages of versions. */
export interface FakeSecrets {
  put(region: string, name: string, text: string): void;
  current(region: string, name: string): string;
  /** Texts that were put through the client, in order. */
  readonly writes: string[];
  /** What it throws is thrown instead of the write; the number counts the writes that were tried. */
  beforePut: (attempt: number) => void;
  /** What it throws is an answer that was lost. */
  afterPut: () => void;
}

interface Version {
  readonly id: string;
  readonly text: string;
}

export function fakeSecrets(): FakeSecrets {
  const stored = new Map<string, { readonly current: Version; readonly previous: Version | null }>();
  let versions = 0;
  let attempts = 0;
  const secrets: FakeSecrets = {
    writes: [],
    beforePut: () => undefined,
    afterPut: () => undefined,
    put(region, name, text) {
      const key = `${region} ${name}`;
      const current = { id: `v${String(++versions)}`, text };
      stored.set(key, { current, previous: stored.get(key)?.current ?? null });
    },
    current: (region, name) => stored.get(`${region} ${name}`)?.current.text ?? '',
  };
  const mock = mockClient(SecretsManagerClient);
  type Client = () => SecretsManagerClient;
  mock
    .on(GetSecretValueCommand)
    .callsFake(async (input: { SecretId: string; VersionStage?: string }, getClient: Client) => {
      const secret = stored.get(`${await getClient().config.region()} ${input.SecretId}`);
      const version = input.VersionStage === 'AWSPREVIOUS' ? secret?.previous : secret?.current;
      if (!version) throw awsError('ResourceNotFoundException');
      return { SecretString: version.text, VersionId: version.id };
    });
  mock
    .on(PutSecretValueCommand)
    .callsFake(async (input: { SecretId: string; SecretString: string }, getClient: Client) => {
      const region = await getClient().config.region();
      secrets.beforePut(++attempts);
      secrets.put(region, input.SecretId, input.SecretString);
      secrets.writes.push(input.SecretString);
      secrets.afterPut();
      return { VersionId: stored.get(`${region} ${input.SecretId}`)?.current.id };
    });
  return secrets;
}
