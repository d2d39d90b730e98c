import type { AwsError } from '../contract.ts';
import { documentOf, type Codec, type ServiceModel } from './model.ts';
import { describe } from './protocol.ts';
import type { Schema } from './schema.ts';

/**
 * An error in XML: `<ErrorResponse><Error>...`, or a bare `<Error>` from S3.
 *
 * Modelled members, such as InvalidChangeBatch's `messages`, stand beside code and message.
 */
export function errorXml(model: ServiceModel, error: AwsError, requestId: string, codec: Codec): string {
  const { code, fault, schema } = describe(model, error);
  const bare = model.serviceId === 'S3';
  const reserved = new Set(['message', 'Message', 'Code', 'Type']);
  const modelled = schema?.isStructSchema()
    ? [...schema.structIterator()].filter(
        ([name]) => !reserved.has(name) && error.members[name] !== undefined,
      )
    : [];
  const namespace = 'lifeboat.errors';
  const inner: [name: string, schema: unknown, value: unknown][] = [
    ...(bare ? [] : [['Type', 0, fault === 'client' ? 'Sender' : 'Receiver'] as [string, number, string]]),
    ['Code', 0, code],
    ['Message', 0, error.message],
    ...modelled.map(([name, member]): [string, unknown, unknown] => [name, member, error.members[name]]),
    ...(bare ? [['RequestId', 0, requestId] as [string, number, string]] : []),
  ];
  const errorSchema = structure(namespace, 'Error', inner);
  const values = Object.fromEntries(inner.map(([name, , value]) => [name, value]));
  const document = bare
    ? documentOf(codec, errorSchema as Schema, values)
    : documentOf(
        codec,
        structure(namespace, 'ErrorResponse', [
          ['Error', [errorSchema, 0], values],
          ['RequestId', 0, requestId],
        ]) as Schema,
        { Error: values, RequestId: requestId },
      );
  // S3's errors have no namespace, and boto3 finds nothing in those that do.
  const text = document.toString('utf8').replace(bare ? / xmlns="[^"]*"/ : '', '');
  return `<?xml version="1.0"?>${text}`;
}

function structure(namespace: string, name: string, members: readonly [string, unknown, unknown][]): unknown {
  return [3, namespace, name, 0, members.map(([member]) => member), members.map(([, schema]) => schema)];
}
