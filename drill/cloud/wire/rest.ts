import { FromStringShapeDeserializer, ToStringShapeSerializer } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { errorDocument } from './json-rpc.ts';
import { documentOf, type Codec, type OperationModel, type ServiceModel } from './model.ts';
import { asObject, describe, reading, type Protocol, type WireReply, type WireRequest } from './protocol.ts';
import { router } from './routes.ts';
import { bodySchema, inBody, membersOf, traitsOf, type Schema } from './schema.ts';
import { errorXml } from './xml-errors.ts';

const DATE_TIME = 5 as const;
const EPOCH_SECONDS = 7 as const;

/** Documents whose parts are spread over path, query, headers and body: REST-XML and REST-JSON. */
export function rest(model: ServiceModel, codec: Codec): Protocol {
  const xml = model.protocol === 'aws.protocols#restXml';
  const settings = {
    timestampFormat: { useTrait: true, default: xml ? DATE_TIME : EPOCH_SECONDS },
    httpBindings: true,
  };
  const fromText = new FromStringShapeDeserializer(settings);
  const toText = new ToStringShapeSerializer(settings);
  const contentType = xml ? 'application/xml' : 'application/json';
  const text = (schema: NormalizedSchema, value: unknown): string => {
    toText.write(schema, value);
    return toText.flush();
  };
  const document = (schema: Schema, value: unknown): string | Uint8Array => {
    const written = documentOf(codec, schema, value);
    return xml ? `<?xml version="1.0" encoding="UTF-8"?>${written.toString('utf8')}` : written;
  };

  async function payload(member: NormalizedSchema, { body }: WireRequest): Promise<unknown> {
    if (member.isBlobSchema()) return body;
    if (body.length === 0) return undefined;
    if (member.isStringSchema()) return Buffer.from(body).toString('utf8');
    return codec.createDeserializer().read(member, body);
  }

  function fromQuery(member: NormalizedSchema, name: string, query: URLSearchParams): unknown {
    if (!query.has(name)) return undefined;
    if (!member.isListSchema()) return fromText.read(member, query.get(name) ?? '') as unknown;
    const item = member.getValueSchema();
    return query.getAll(name).map((value) => fromText.read(item, value) as unknown);
  }

  return {
    route: router(model),
    read: (request, { operation: { input }, labels }) =>
      reading(async () => {
        const result: Record<string, unknown> = {};
        for (const [name, member] of membersOf(input)) {
          const traits = traitsOf(member);
          const header = request.headers[traits.httpHeader?.toLowerCase() ?? ''];
          let value: unknown;
          if (labels[name] !== undefined) value = fromText.read(member, labels[name]);
          else if (header !== undefined) value = fromText.read(member, header);
          else if (traits.httpPrefixHeaders !== undefined)
            value = prefixed(traits.httpPrefixHeaders, request);
          else if (traits.httpQuery !== undefined) value = fromQuery(member, traits.httpQuery, request.query);
          else if (traits.httpQueryParams !== undefined) value = Object.fromEntries(request.query);
          else if (traits.httpPayload !== undefined) value = await payload(member, request);
          if (value !== undefined) result[name] = value;
        }
        const schema = bodySchema(input);
        if (schema === undefined || request.body.length === 0) return result;
        const read = asObject(await codec.createDeserializer().read(schema, request.body));
        for (const [name, value] of Object.entries(read)) if (value !== undefined) result[name] = value;
        return result;
      }),
    write(operation, output) {
      const values = (output ?? {}) as Readonly<Record<string, unknown>>;
      const headers: Record<string, string> = {};
      // As the SDK's outputs have it: the one place for a status that is not the model's, such as 206.
      const { httpStatusCode } = (values['$metadata'] ?? {}) as { readonly httpStatusCode?: number };
      let status = httpStatusCode ?? operation.http?.[2] ?? 200;
      let body: string | Uint8Array | undefined;
      for (const [name, member] of membersOf(operation.output)) {
        const value = values[name];
        const traits = traitsOf(member);
        if (value === undefined || value === null || inBody(traits)) continue;
        if (traits.httpResponseCode !== undefined) status = Number(value);
        else if (traits.httpHeader !== undefined)
          headers[traits.httpHeader.toLowerCase()] = text(member, value);
        else if (traits.httpPrefixHeaders !== undefined) {
          for (const [key, item] of Object.entries(value)) {
            headers[(traits.httpPrefixHeaders + key).toLowerCase()] = String(item);
          }
        } else if (traits.httpPayload !== undefined) {
          body = value instanceof Uint8Array || typeof value === 'string' ? value : document(member, value);
        }
      }
      const schema = bodySchema(operation.output);
      if (schema !== undefined) {
        headers['content-type'] ??= contentType;
        body = document(schema, values);
      } else if (body === undefined && !xml) {
        headers['content-type'] ??= contentType;
        body = hasPayload(operation) ? '' : '{}';
      }
      return { status, headers, body: body ?? '' };
    },
    error(error, requestId): WireReply {
      const { name, status, schema } = describe(model, error);
      const headers: Record<string, string> = { 'content-type': contentType };
      if (!xml) headers['x-amzn-errortype'] = name;
      for (const [member, value] of Object.entries(error.members)) {
        // S3 says more in headers than its model has, such as where a bucket is.
        const header = member.startsWith('x-') ? member : traitsOfMember(schema, member).httpHeader;
        if (header !== undefined) headers[header.toLowerCase()] = String(value);
      }
      const body = xml
        ? errorXml(model, error, requestId, codec)
        : JSON.stringify(errorDocument(model, error, codec));
      return { status, headers, body };
    },
  };
}

function prefixed(prefix: string, { headers }: WireRequest): Record<string, string> {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix.toLowerCase()));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

function hasPayload({ output }: OperationModel): boolean {
  return membersOf(output).some(([, member]) => traitsOf(member).httpPayload !== undefined);
}

function traitsOfMember(schema: NormalizedSchema | undefined, name: string) {
  const [, member] = (schema ? membersOf(schema) : []).find(([other]) => other === name) ?? [];
  return member ? traitsOf(member) : {};
}
