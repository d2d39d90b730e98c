import type { AwsError } from '../contract.ts';
import { documentOf, type Codec, type OperationModel, type ServiceModel } from './model.ts';
import { membersOf } from './schema.ts';
import { asObject, describe, reading, type Protocol, type WireReply } from './protocol.ts';

/**
 * JSON in a POST, the operation in `X-Amz-Target`: versions 1.0 and 1.1, which differ in the content type.
 *
 * Errors also carry `x-amzn-query-error`, which clients of services that once spoke the query protocol read.
 */
export function jsonRpc(model: ServiceModel, codec: Codec): Protocol {
  const version = model.protocol.endsWith('1_1') ? '1.1' : '1.0';
  const reply = (status: number, body: string | Uint8Array, headers = {}): WireReply => ({
    status,
    headers: { 'content-type': `application/x-amz-json-${version}`, ...headers },
    body,
  });
  return {
    route({ headers }) {
      const name = headers['x-amz-target']?.split('.').at(-1) ?? '';
      const operation = model.operations.get(name);
      return operation && { operation, labels: {} };
    },
    async read({ body }, { operation: { input } }) {
      if (!input.isStructSchema() || body.length === 0) return {};
      return reading(async () => asObject(await codec.createDeserializer().read(input, body)));
    },
    write(operation: OperationModel, output) {
      if (!operation.output.isStructSchema()) return reply(200, '{}');
      return reply(200, documentOf(codec, operation.output, output ?? {}));
    },
    error(error: AwsError) {
      const { name, code, status, fault } = describe(model, error);
      return reply(status, JSON.stringify({ __type: name, ...errorDocument(model, error, codec) }), {
        'x-amzn-errortype': name,
        'x-amzn-query-error': `${code};${fault === 'client' ? 'Sender' : 'Receiver'}`,
      });
    },
  };
}

/** Message and modelled members of an error, by the model's spelling: some say `message`, some `Message`. */
export function errorDocument(model: ServiceModel, error: AwsError, codec: Codec): Record<string, unknown> {
  const { schema } = describe(model, error);
  if (!schema) return { message: error.message, ...error.members };
  const message = membersOf(schema).some(([name]) => name === 'Message') ? 'Message' : 'message';
  const members = JSON.parse(documentOf(codec, schema, error.members).toString('utf8')) as object;
  return { [message]: error.message, ...members };
}
