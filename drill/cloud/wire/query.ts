import { XmlCodec } from '@aws-sdk/core/protocols';
import { FromStringShapeDeserializer } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { documentOf, type ServiceModel } from './model.ts';
import { describe, reading, type Protocol, type WireRequest } from './protocol.ts';
import { membersOf, traitsOf, type Schema } from './schema.ts';
import { errorXml } from './xml-errors.ts';

const DATE_TIME = 5 as const;

/**
 * Form parameters in, XML out: `Action=Publish&Message=...`, also in the query string of a GET, as a presigned
 * GetCallerIdentity has it.
 */
export function query(model: ServiceModel): Protocol {
  const settings = {
    timestampFormat: { useTrait: true, default: DATE_TIME },
    httpBindings: false,
    xmlNamespace: model.xmlNamespace,
    serviceNamespace: model.xmlNamespace,
  };
  const codec = new XmlCodec(settings);
  const text = new FromStringShapeDeserializer(settings);

  function value(schema: NormalizedSchema, parameters: URLSearchParams, key: string): unknown {
    const within = [...parameters.keys()].some((name) => name.startsWith(`${key}.`));
    if (!within && !parameters.has(key)) return undefined;
    if (schema.isListSchema()) return items(schema, parameters, key);
    if (schema.isMapSchema()) return entries(schema, parameters, key);
    if (schema.isStructSchema()) return structure(schema, parameters, `${key}.`);
    return text.read(schema, parameters.get(key) ?? '') as unknown;
  }

  function items(schema: NormalizedSchema, parameters: URLSearchParams, key: string): unknown[] {
    const member = schema.getValueSchema();
    const flat = traitsOf(schema).xmlFlattened !== undefined;
    return numbered(flat ? key : `${key}.${traitsOf(member).xmlName ?? 'member'}`, (item) =>
      value(member, parameters, item),
    );
  }

  function entries(schema: NormalizedSchema, parameters: URLSearchParams, key: string) {
    const flat = traitsOf(schema).xmlFlattened !== undefined;
    const keyName = traitsOf(schema.getKeySchema()).xmlName ?? 'key';
    const valueName = traitsOf(schema.getValueSchema()).xmlName ?? 'value';
    const pairs = numbered(flat ? key : `${key}.entry`, (entry) => {
      const name = parameters.get(`${entry}.${keyName}`);
      if (name === null) return undefined;
      return [name, value(schema.getValueSchema(), parameters, `${entry}.${valueName}`)] as const;
    });
    return Object.fromEntries(pairs);
  }

  function structure(schema: NormalizedSchema, parameters: URLSearchParams, prefix: string) {
    const result: Record<string, unknown> = {};
    for (const [name, member] of membersOf(schema)) {
      const read = value(member, parameters, prefix + (traitsOf(member).xmlName ?? name));
      if (read !== undefined) result[name] = read;
    }
    return result;
  }

  return {
    route(request) {
      const operation = model.operations.get(parametersOf(request).get('Action') ?? '');
      return operation && { operation, labels: {} };
    },
    read: (request, { operation }) => reading(() => structure(operation.input, parametersOf(request), '')),
    write({ name, output }, result, requestId) {
      const answer = output.isStructSchema();
      const namespace = 'lifeboat.query';
      const metadata = [3, namespace, 'ResponseMetadata', 0, ['RequestId'], [0]];
      const members = answer ? [`${name}Result`, 'ResponseMetadata'] : ['ResponseMetadata'];
      const schemas = answer
        ? [
            [output.getSchema(), 0],
            [metadata, 0],
          ]
        : [[metadata, 0]];
      const response = [3, namespace, `${name}Response`, 0, members, schemas] as unknown as Schema;
      const body = documentOf(codec, response, {
        [`${name}Result`]: result ?? {},
        ResponseMetadata: { RequestId: requestId },
      });
      return {
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body: `<?xml version="1.0"?>${body.toString('utf8')}`,
      };
    },
    error(error, requestId) {
      return {
        status: describe(model, error).status,
        headers: { 'content-type': 'text/xml' },
        body: errorXml(model, error, requestId, codec),
      };
    },
  };
}

function parametersOf({ query: sent, body }: WireRequest): URLSearchParams {
  return body.length > 0 ? new URLSearchParams(Buffer.from(body).toString('utf8')) : sent;
}

/** Items of `key.1`, `key.2`, ... until one is absent. */
function numbered<T>(key: string, read: (key: string) => T | undefined): T[] {
  const found: T[] = [];
  for (;;) {
    const item = read(`${key}.${found.length + 1}`);
    if (item === undefined) return found;
    found.push(item);
  }
}
