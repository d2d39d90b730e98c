import { isDeepStrictEqual } from 'node:util';
import type { ConfigMap, JsonObject, Secret } from './objects.ts';
import { isObject } from './patch.ts';
import { badRequest, type FieldError } from './status.ts';

/** Bytes of all values of a ConfigMap or a Secret together (MaxSecretSize). */
const MAX_SIZE = 1024 * 1024;

const immutable = 'field is immutable when `immutable` is set';

/** What values of a type of Secret must have: all of the keys, or one of them. */
const required: Readonly<
  Record<string, { readonly all?: readonly string[]; readonly one?: readonly string[] }>
> = {
  'kubernetes.io/basic-auth': { one: ['username', 'password'] },
  'kubernetes.io/dockercfg': { all: ['.dockercfg'] },
  'kubernetes.io/dockerconfigjson': { all: ['.dockerconfigjson'] },
  'kubernetes.io/ssh-auth': { all: ['ssh-privatekey'] },
  'kubernetes.io/tls': { all: ['tls.crt', 'tls.key'] },
};

/**
 * A Secret as it is kept: `stringData` becomes part of `data`, over what is there.
 *
 * @throws Refusal 400 for values that are no text, or no base64
 */
export function withStringData(secret: JsonObject): JsonObject {
  const { stringData, ...rest } = secret;
  requireTexts('Secret', rest, ['data']);
  requireTexts('Secret', { stringData: stringData ?? {} }, ['stringData']);
  if (!isObject(stringData)) return rest;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(typeof value === 'string' ? value : '').toString('base64'),
  ]);
  const before = isObject(rest['data']) ? rest['data'] : {};
  return { ...rest, data: { ...before, ...(Object.fromEntries(encoded) as Record<string, string>) } };
}

/** @throws Refusal 400 for values that are no text, or no base64 */
export function requireConfigMapTexts(configMap: JsonObject): void {
  requireTexts('ConfigMap', configMap, ['data', 'binaryData']);
}

function requireTexts(kind: string, object: JsonObject, members: readonly string[]): void {
  const what = `${kind} in version "v1" cannot be handled as a ${kind}`;
  for (const member of members) {
    const values = object[member];
    if (values === undefined || values === null) continue;
    if (!isObject(values)) {
      throw badRequest(`${what}: json: cannot unmarshal into Go struct field ${kind}.${member} of type map`);
    }
    const coded = member === 'binaryData' || (kind === 'Secret' && member === 'data');
    for (const value of Object.values(values)) {
      if (typeof value !== 'string' && !(coded && value === null)) {
        throw badRequest(
          `${what}: json: cannot unmarshal ${typeof value} into Go struct field ${kind}.${member} of type ${coded ? '[]uint8' : 'string'}`,
        );
      }
      if (coded && !isBase64(value ?? '')) throw badRequest(`${what}: illegal base64 data at input byte 0`);
    }
  }
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

export function withSecretDefaults(secret: Secret): Secret {
  return { ...secret, type: secret.type ?? 'Opaque' };
}

export function configMapErrors(
  { data = {}, binaryData = {}, immutable: fixed }: ConfigMap,
  before: ConfigMap | undefined,
): FieldError[] {
  const size = textBytes(data) + codedBytes(binaryData);
  const errors = [...keyErrors('data', data), ...keyErrors('binaryData', binaryData)];
  for (const key of Object.keys(binaryData)) {
    if (key in data) {
      const detail = 'duplicate of key present in data';
      errors.push({ field: `binaryData[${key}]`, problem: 'Invalid value', value: key, detail });
    }
  }
  if (size > MAX_SIZE) errors.push(tooLong(''));
  if (before?.immutable === true) {
    if (fixed !== true) errors.push({ field: 'immutable', problem: 'Forbidden', detail: immutable });
    if (!isDeepStrictEqual(before.data ?? {}, data)) {
      errors.push({ field: 'data', problem: 'Forbidden', detail: immutable });
    }
    if (!isDeepStrictEqual(before.binaryData ?? {}, binaryData)) {
      errors.push({ field: 'binaryData', problem: 'Forbidden', detail: immutable });
    }
  }
  return errors;
}

export function secretErrors(
  { data = {}, type = '', immutable: fixed }: Secret,
  before: Secret | undefined,
): FieldError[] {
  const errors = keyErrors('data', data);
  if (codedBytes(data) > MAX_SIZE) errors.push(tooLong('data'));
  if (before && before.type !== type) {
    errors.push({ field: 'type', problem: 'Invalid value', value: type, detail: 'field is immutable' });
  }
  if (before?.immutable === true) {
    if (fixed !== true) errors.push({ field: 'immutable', problem: 'Forbidden', detail: immutable });
    if (!isDeepStrictEqual(before.data ?? {}, data)) {
      errors.push({ field: 'data', problem: 'Forbidden', detail: immutable });
    }
  }
  const { all = [], one = [] } = required[type] ?? {};
  for (const key of all) {
    if (!(key in data)) errors.push({ field: `data[${key}]`, problem: 'Required value', detail: '' });
  }
  if (one.length > 0 && !one.some((key) => key in data)) {
    errors.push(
      ...one.map((key) => ({ field: `data[${key}]`, problem: 'Required value' as const, detail: '' })),
    );
  }
  return errors;
}

function keyErrors(member: string, values: Readonly<Record<string, string>>): FieldError[] {
  return Object.keys(values)
    .filter((key) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key === '.' || key.startsWith('..'))
    .map((key) => ({
      field: `${member}[${key}]`,
      problem: 'Invalid value',
      value: key,
      detail:
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    }));
}

function tooLong(field: string): FieldError {
  return { field, problem: 'Too long', detail: `may not be more than ${MAX_SIZE} bytes` };
}

function textBytes(values: Readonly<Record<string, string>>): number {
  return Object.values(values).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
}

function codedBytes(values: Readonly<Record<string, string>>): number {
  return Object.values(values).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
}
