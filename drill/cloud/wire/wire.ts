import { jsonRpc } from './json-rpc.ts';
import type { ServiceModel } from './model.ts';
import type { Protocol, WireRequest } from './protocol.ts';
import { query } from './query.ts';
import { rest } from './rest.ts';

/**
 * The wire formats of a service: the protocol of its SDK client, and the query protocol where older clients of
 * the same service (an AWS CLI of last year, for CloudWatch) still speak it.
 */
export function wireOf(model: ServiceModel): (request: WireRequest) => Protocol {
  const own = ownProtocol(model);
  if (model.signingName !== 'monitoring') return () => own;
  const old = query(model);
  return ({ headers }) => (headers['x-amz-target'] === undefined ? old : own);
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
