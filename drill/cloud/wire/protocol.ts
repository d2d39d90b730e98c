import type { NormalizedSchema } from '@smithy/core/schema';
import { AwsError } from '../contract.ts';
import type { OperationModel, ServiceModel } from './model.ts';
import { traitsOf, type Traits } from './schema.ts';

export interface WireRequest {
  readonly method: string;
  /** As sent: still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Without transfer, content or `aws-chunked` encoding. */
  readonly body: Uint8Array;
}

export interface WireReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** The operation that a request asks for, and what its path says. */
export interface Route {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

/** One wire format of one service, seen from the server. */
export interface Protocol {
  /** Undefined when the request names no operation of the service. */
  route(request: WireRequest): Route | undefined;
  /** @throws AwsError `SerializationException` (or the service's word for it) when the body cannot be read */
  read(request: WireRequest, route: Route): Promise<Record<string, unknown>>;
  write(operation: OperationModel, output: unknown, requestId: string): WireReply;
  error(error: AwsError, requestId: string): WireReply;
}

/** An error as the wire has it: the code and status of the model, whichever of its names was thrown. */
interface WireError {
  readonly name: string;
  readonly code: string;
  readonly status: number;
  readonly fault: 'client' | 'server';
  readonly schema: NormalizedSchema | undefined;
}

/** The model's status wins over the thrown one: services written by hand say 400 where they do not care. */
export function describe(model: ServiceModel, error: AwsError): WireError {
  const schema = model.errors.get(error.code);
  const traits: Traits = schema ? traitsOf(schema) : {};
  const modelled = traits.httpError ?? traits.awsQueryError?.[1];
  const status = modelled ?? (traits.error === 'server' && error.status < 500 ? 500 : error.status);
  const name = schema?.getName() ?? error.code;
  return {
    name,
    code: traits.awsQueryError?.[0] ?? name,
    status,
    fault: status >= 500 ? 'server' : 'client',
    schema,
  };
}

/** Reads a document, and says so in AWS's way when it is malformed. */
export async function reading<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AwsError('SerializationException', `the request could not be read: ${reason}`);
  }
}

/** A document is an object; AWS refuses any other JSON. */
export function asObject(document: unknown): Record<string, unknown> {
  if (document === null || typeof document !== 'object' || Array.isArray(document)) {
    throw new Error('it is not an object');
  }
  return document as Record<string, unknown>;
}
