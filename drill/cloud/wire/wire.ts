import { jsonRpc } from './json-rpc.ts';
import { loadModel, type ServiceModel } from './model.ts';
import type { Protocol, WireRequest } from './protocol.ts';
import { query } from './query.ts';
import { rest } from './rest.ts';

/** A service's model, and the protocol that a request to it speaks. */
export interface Wire {
  readonly model: ServiceModel;
  readonly protocolOf: (request: WireRequest) => Protocol;
}

const loaded = new Map<string, Promise<Wire>>();

/**
 * The wire formats of a service: the protocol of its SDK client, and the query protocol where older clients of
 * the same service (an AWS CLI of last year, for CloudWatch) still speak it.
 *
 * Read once per process: a sweep of faults starts hundreds of endpoints.
 *
 * @throws Error when no SDK client is known for the service
 */
export function loadWire(signingName: string): Promise<Wire> {
  let wire = loaded.get(signingName);
  if (!wire) {
    wire = loadModel(signingName).then(wireOf);
    loaded.set(signingName, wire);
  }
  return wire;
}

function wireOf(model: ServiceModel): Wire {
  const own = ownProtocol(model);
  if (model.signingName !== 'monitoring') return { model, protocolOf: () => own };
  const old = query(model);
  return { model, protocolOf: ({ headers }) => (headers['x-amz-target'] === undefined ? old : own) };
}

function ownProtocol(model: ServiceModel): Protocol {
  const { protocol, codec } = model;
  if (protocol === 'aws.protocols#awsQuery') return query(model);
  if (codec && protocol.startsWith('aws.protocols#awsJson1_')) return jsonRpc(model, codec);
  if (codec && (protocol === 'aws.protocols#restXml' || protocol === 'aws.protocols#restJson1')) {
    return rest(model, codec);
  }
  throw new Error(`${model.serviceId} speaks ${protocol}, which the local cloud does not`);
}
