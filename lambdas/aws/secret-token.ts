import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { region } from '../runtime/settings.ts';
import { clientOptions } from './client.ts';

let client: SecretsManagerClient | undefined;
const tokens = new Map<string, string>();

/**
 * The one token in this secret of this region: plain text, or JSON with a `token`. Kept while the function stays
 * warm.
 *
 * @throws Error when the secret cannot be read or holds no token; it never says what the secret holds
 */
export async function secretToken(secretId: string): Promise<string> {
  const known = tokens.get(secretId);
  if (known !== undefined) return known;
  client ??= new SecretsManagerClient(clientOptions(region()));
  const { SecretString: secret = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  const token = tokenIn(secret);
  if (token === '') throw new Error(`secret ${secretId} holds no token`);
  tokens.set(secretId, token);
  return token;
}

/** A token that was refused may have been replaced: the next one to ask reads the secret again. */
export function forgetSecretToken(secretId: string): void {
  tokens.delete(secretId);
}

/** A generated token may begin with a brace and be no JSON; what the parser says would quote it. */
function tokenIn(secret: string): string {
  const text = secret.trim();
  if (!text.startsWith('{')) return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  const { token } = value as { readonly token?: unknown };
  return typeof token === 'string' ? token : '';
}
