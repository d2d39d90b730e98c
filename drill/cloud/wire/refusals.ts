import { AwsError } from '../contract.ts';
import type { ServiceModel } from './model.ts';
import type { WireReply, WireRequest } from './protocol.ts';

/** What the endpoint itself says no to, in the words of the service that was asked. */
export const refusals = {
  unsigned: (request: WireRequest) =>
    plain(request, 403, 'MissingAuthenticationToken', 'The request has no Signature Version 4.'),

  unknownService: (request: WireRequest, service: string) =>
    plain(request, 501, 'NotImplemented', `The local cloud has no service ${service}.`),

  unknownKey: (model: ServiceModel) =>
    new AwsError(
      model.serviceId === 'S3'
        ? 'InvalidAccessKeyId'
        : speaksXml(model)
          ? 'InvalidClientTokenId'
          : 'UnrecognizedClientException',
      'The security token included in the request is invalid.',
      403,
    ),

  wrongSignature: (model: ServiceModel) =>
    new AwsError(
      model.serviceId === 'S3' || speaksXml(model) ? 'SignatureDoesNotMatch' : 'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
      403,
    ),

  unknownOperation: (model: ServiceModel, { method, path, headers }: WireRequest) =>
    new AwsError(
      'UnknownOperationException',
      `${model.serviceId} has no operation for ${headers['x-amz-target'] ?? `${method} ${path}`}.`,
      404,
    ),

  /** 501 is what SDKs do not retry. */
  notImplemented: (model: ServiceModel, operation: string) =>
    new AwsError(
      'NotImplemented',
      `The local cloud does not implement ${model.signingName} ${operation}.`,
      501,
    ),

  incomplete: (model: ServiceModel, missing: readonly string[]) =>
    new AwsError(
      model.serviceId === 'S3'
        ? 'InvalidRequest'
        : model.serviceId === 'Route 53'
          ? 'InvalidInput'
          : model.protocol === 'aws.protocols#awsQuery'
            ? 'ValidationError'
            : 'ValidationException',
      `${missing.length} validation error${missing.length === 1 ? '' : 's'} detected: ${missing
        .map((path) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`)
        .join('; ')}`,
    ),

  throttled: (model: ServiceModel) => {
    if (model.serviceId === 'S3') return new AwsError('SlowDown', 'Please reduce your request rate.', 503);
    // Route 53 says Throttling, though its model also has a ThrottlingException.
    const modelled = ['TooManyRequestsException', 'ThrottledException', 'ThrottlingException'];
    const name = model.serviceId === 'Route 53' ? undefined : modelled.find((code) => model.errors.has(code));
    return new AwsError(name ?? (speaksXml(model) ? 'Throttling' : 'ThrottlingException'), 'Rate exceeded');
  },

  failed: (model: ServiceModel) =>
    new AwsError(
      model.serviceId === 'S3' ? 'InternalError' : 'InternalFailure',
      'We encountered an internal error. Please try again.',
      500,
    ),

  /** IAM's denial under the name that the service gives it; anything unforeseen as the service's own failure. */
  asAwsError: (model: ServiceModel, error: unknown): AwsError => {
    if (!(error instanceof AwsError)) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return new AwsError('InternalFailure', `the local ${model.serviceId} failed: ${reason}`, 500);
    }
    if (error.code !== 'AccessDeniedException') return error;
    const name = model.errors.has('AuthorizationErrorException')
      ? 'AuthorizationErrorException'
      : speaksXml(model)
        ? 'AccessDenied'
        : 'AccessDeniedException';
    return new AwsError(name, error.message, 403, error.members);
  },
} as const;

function speaksXml({ protocol }: ServiceModel): boolean {
  return protocol === 'aws.protocols#restXml' || protocol === 'aws.protocols#awsQuery';
}

/** An answer where no service, and so no protocol, is known: in the format that the client speaks. */
function plain({ headers }: WireRequest, status: number, code: string, message: string): WireReply {
  if (headers['content-type']?.includes('json')) {
    return {
      status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
      body: JSON.stringify({ __type: code, message }),
    };
  }
  return {
    status,
    headers: { 'content-type': 'application/xml', 'x-amzn-errortype': code },
    body: `<?xml version="1.0"?><ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  };
}
