import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { forgetSecretToken, secretToken } from '../../../lambdas/aws/secret-token.ts';
import { deploy } from '../memory-ledger.ts';

const secrets = mockClient(SecretsManagerClient);
const holding = (SecretString: string) => secrets.on(GetSecretValueCommand).resolves({ SecretString });

beforeEach(() => {
  deploy({});
  forgetSecretToken('a-secret');
  secrets.reset();
});

it.each([
  ['plain text', 'xoxb-1\n', 'xoxb-1'],
  ['JSON with a token', '{"token":"xoxb-1"}', 'xoxb-1'],
  ['generated text that begins with a brace', '{k}1:"', '{k}1:"'],
])('is %s', async (_, secret, token) => {
  holding(secret);
  expect(await secretToken('a-secret')).toBe(token);
});

it('is read once, until it is forgotten', async () => {
  holding('one');
  await secretToken('a-secret');
  holding('two');
  expect(await secretToken('a-secret')).toBe('one');
  forgetSecretToken('a-secret');
  expect(await secretToken('a-secret')).toBe('two');
});

it.each(['', '{"password":"hidden"}', '{"token":{"value":"hidden"}}'])(
  'is missing in %j, which the error does not tell',
  async (secret) => {
    holding(secret);
    await expect(secretToken('a-secret')).rejects.toThrow(/^secret a-secret holds no token$/);
  },
);
