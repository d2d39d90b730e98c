import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientOptions } from '../aws/client.ts';
import { region } from '../runtime/settings.ts';

let client: SecretsManagerClient | undefined;
const tokens = new Map<string, string>();

/**
 * The bot token in this secret: plain text, or JSON with a `token`. Kept while the function stays warm.
 *
 * @throws Error when the secret cannot be read or holds no token
 */
export async function slackToken(secretId: string): Promise<string> {
  const known = tokens.get(secretId);
  if (known !== undefined) return known;
  client ??= new SecretsManagerClient(clientOptions(region()));
  const { SecretString: secret = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  const token = secret.trimStart().startsWith('{') ? tokenIn(secret) : secret.trim();
  if (token === '') throw new Error(`secret ${secretId} holds no token`);
  tokens.set(secretId, token);
  return token;
}

/** A token that Slack refuses may have been replaced: the next notice reads the secret again. */
export function forgetSlackToken(secretId: string): void {
  tokens.delete(secretId);
}

function tokenIn(json: string): string {
  const { token } = JSON.parse(json) as { readonly token?: unknown };
  return typeof token === 'string' ? token : '';
}
