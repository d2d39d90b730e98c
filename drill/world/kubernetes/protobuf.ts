import type { Json, JsonObject } from './objects.ts';
import { badRequest, unsupportedMediaType } from './status.ts';

/** What clients in Go send for kinds they know at compile time: `kubectl auth can-i`, `kubectl create secret`. */
export const protobuf = 'application/vnd.kubernetes.protobuf';

/** How a field is read: a text, bytes (base64 in JSON), a truth, a message, or a map from texts. */
type Reading = 'text' | 'bytes' | 'truth' | Message | { readonly mapOf: 'text' | 'bytes' };

/** Fields by their number, as the `generated.proto` files of k8s.io/api have them. Others are left out. */
interface Message {
  readonly fields: Readonly<Record<number, readonly [name: string, reading: Reading]>>;
}

const texts = { mapOf: 'text' } as const;
const metadata: Message = {
  fields: {
    1: ['name', 'text'],
    2: ['generateName', 'text'],
    3: ['namespace', 'text'],
    11: ['labels', texts],
    12: ['annotations', texts],
  },
};
const resourceAttributes: Message = {
  fields: {
    1: ['namespace', 'text'],
    2: ['verb', 'text'],
    3: ['group', 'text'],
    4: ['version', 'text'],
    5: ['resource', 'text'],
    6: ['subresource', 'text'],
    7: ['name', 'text'],
  },
};
const nonResourceAttributes: Message = { fields: { 1: ['path', 'text'], 2: ['verb', 'text'] } };

const messages: Readonly<Record<string, Message>> = {
  SelfSubjectAccessReview: {
    fields: {
      2: [
        'spec',
        {
          fields: {
            1: ['resourceAttributes', resourceAttributes],
            2: ['nonResourceAttributes', nonResourceAttributes],
          },
        },
      ],
    },
  },
  SelfSubjectReview: { fields: {} },
  SelfSubjectRulesReview: { fields: { 2: ['spec', { fields: { 1: ['namespace', 'text'] } }] } },
  ConfigMap: {
    fields: {
      1: ['metadata', metadata],
      2: ['data', texts],
      3: ['binaryData', { mapOf: 'bytes' }],
      4: ['immutable', 'truth'],
    },
  },
  Secret: {
    fields: {
      1: ['metadata', metadata],
      2: ['data', { mapOf: 'bytes' }],
      3: ['type', 'text'],
      4: ['stringData', texts],
      5: ['immutable', 'truth'],
    },
  },
};

/**
 * An object in Kubernetes' protobuf envelope, as JSON: `k8s\0`, then a `runtime.Unknown`.
 *
 * @throws Refusal 415 for a kind that is not read here, 400 for what is no such envelope
 */
export function readProtobuf(body: Buffer): JsonObject {
  if (body.subarray(0, 4).toString('latin1') !== 'k8s\0')
    throw badRequest('the object provided is unrecognized');
  const envelope = fieldsOf(body.subarray(4));
  const type = fieldsOf(bytesOf(envelope, 1));
  const apiVersion = bytesOf(type, 1).toString();
  const kind = bytesOf(type, 2).toString();
  const message = messages[kind];
  if (!message) throw unsupportedMediaType(['application/json', 'application/yaml']);
  return { apiVersion, kind, ...readMessage(bytesOf(envelope, 2), message) };
}

interface Field {
  readonly number: number;
  readonly value: Buffer | number;
}

function bytesOf(fields: readonly Field[], number: number): Buffer {
  const found = fields.find((each) => each.number === number)?.value;
  return Buffer.isBuffer(found) ? found : Buffer.alloc(0);
}

function readMessage(bytes: Buffer, { fields }: Message): JsonObject {
  const object: JsonObject = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const [name, reading] = fields[number] ?? [];
    if (name === undefined || reading === undefined) continue;
    if (typeof reading === 'object' && 'mapOf' in reading) {
      const entry = fieldsOf(Buffer.isBuffer(value) ? value : Buffer.alloc(0));
      const before = object[name];
      const key = bytesOf(entry, 1).toString();
      const map: JsonObject =
        typeof before === 'object' && before !== null && !Array.isArray(before) ? before : {};
      map[key] = readValue(bytesOf(entry, 2), reading.mapOf);
      object[name] = map;
    } else {
      const read = readValue(value, reading);
      if (read !== '') object[name] = read;
    }
  }
  return object;
}

function readValue(value: Buffer | number, reading: 'text' | 'bytes' | 'truth' | Message): Json {
  if (reading === 'truth') return value === 1;
  const bytes = Buffer.isBuffer(value) ? value : Buffer.alloc(0);
  if (reading === 'text') return bytes.toString('utf8');
  return reading === 'bytes' ? bytes.toString('base64') : readMessage(bytes, reading);
}

function fieldsOf(bytes: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 49)
        throw badRequest('the object provided is unrecognized: it is cut off');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = number();
    switch (tag % 8) {
      case 0:
        fields.push({ number: tag >> 3, value: number() });
        break;
      case 2: {
        const length = number();
        if (at + length > bytes.length)
          throw badRequest('the object provided is unrecognized: it is cut off');
        fields.push({ number: tag >> 3, value: bytes.subarray(at, at + length) });
        at += length;
        break;
      }
      default:
        throw badRequest('the object provided is unrecognized');
    }
  }
  return fields;
}
