import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { CreateResource } from '../contract.ts';
import { readProperties } from '../template-properties.ts';

/** Properties that change nothing a recovery can see are accepted as they are. */
const inert = z.unknown().optional();

const secret = z.strictObject({
  Name: z.string().regex(/^[\w/+=.@-]{1,512}$/, 'is not a name that a secret can have'),
  Description: inert,
  KmsKeyId: inert,
  Tags: inert,
  GenerateSecretString: z
    .strictObject({
      PasswordLength: z.int().min(1).max(4096).default(32),
      ExcludePunctuation: z.boolean().optional(),
      IncludeSpace: z.literal(false).optional(),
    })
    .optional(),
  SecretString: z.string().optional(),
});

const resourcePolicy = z.strictObject({ SecretId: z.string(), ResourcePolicy: z.unknown() });

/** `AWS::SecretsManager::Secret`, with a value of its own; and policies on it, which restrict nothing here. */
export function secretResources(
  put: (region: string, name: string, value: string) => string,
): Readonly<Record<string, CreateResource>> {
  return {
    'AWS::SecretsManager::Secret': (resource) => {
      const { Name, GenerateSecretString, SecretString } = readProperties(resource, secret);
      const value = SecretString ?? generated(Name, GenerateSecretString?.PasswordLength ?? 32);
      const arn = put(resource.region, Name, value);
      return { ref: arn, attributes: { Id: arn } };
    },
    'AWS::SecretsManager::ResourcePolicy': (resource) => ({
      ref: readProperties(resource, resourcePolicy).SecretId,
    }),
  };
}

/** The same every time, so that two runs of one drill can be compared; nothing outside this machine is kept by it. */
function generated(name: string, length: number): string {
  let text = '';
  for (let round = 0; text.length < length; round++) {
    text += createHash('sha256').update(`${name} ${round}`).digest('base64url').replaceAll(/[-_]/g, '');
  }
  return text.slice(0, length);
}
