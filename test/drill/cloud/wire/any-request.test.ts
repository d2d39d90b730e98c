import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../../drill/cloud/contract.ts';
import type { WireRequest } from '../../../../drill/cloud/wire/protocol.ts';
import { loadWire } from '../../../../drill/cloud/wire/wire.ts';

const services = ['s3', 'route53', 'monitoring', 'states', 'lambda', 'sns', 'eks'];

/** What a service makes of a request: an input, no operation, or an error of AWS's. */
async function read(service: string, request: WireRequest): Promise<object | undefined> {
  const { protocolOf } = await loadWire(service);
  const protocol = protocolOf(request);
  const route = protocol.route(request);
  if (!route) return undefined;
  try {
    return await protocol.read(request, route);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return error;
  }
}

const part = fc.oneof(
  fc.constantFrom(
    '2013-04-01',
    'hostedzone',
    'rrset',
    'clusters',
    'functions',
    'bucket',
    '%',
    '%zz',
    '..',
    '',
  ),
  fc.string(),
);
const target = fc.constantFrom(
  'AWSStepFunctions.StartExecution',
  'GraniteServiceVersion20100801.PutMetricData',
  'x',
);
const body = fc.oneof(
  fc.json(),
  fc.string(),
  fc.constantFrom(
    '<ChangeResourceRecordSetsRequest><ChangeBatch>1</ChangeBatch></ChangeResourceRecordSetsRequest>',
    '<a',
    'Action=Publish&MessageAttributes.entry.1.Name=x&Message',
    '{"MetricData":[null,{"Value":"x","Timestamp":[]}]}',
    'null',
  ),
);

describe('any request', () => {
  it('is read, or refused in words of AWS', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...services),
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD'),
        fc.array(part, { maxLength: 5 }),
        fc.dictionary(fc.constantFrom('list-type', 'versions', 'x-id', 'Action', 'maxitems'), fc.string()),
        fc.option(target, { nil: undefined }),
        body,
        async (service, method, parts, query, name, text) => {
          const answer = await read(service, {
            method,
            path: `/${parts.join('/')}`,
            query: new URLSearchParams(query),
            headers: name === undefined ? {} : { 'x-amz-target': name },
            body: Buffer.from(text),
          });
          expect(['object', 'undefined']).toContain(typeof answer);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

describe('the operation of a request to S3', () => {
  const request = (method: string, target: string, headers = {}): WireRequest => {
    const [path = '', search = ''] = target.split('?');
    return { method, path, query: new URLSearchParams(search), headers, body: Buffer.alloc(0) };
  };

  it.each([
    ['GET', '/', 'ListBuckets', {}],
    ['GET', '/b', 'ListObjects', {}],
    ['GET', '/b/?list-type=2', 'ListObjectsV2', {}],
    ['GET', '/b?versions', 'ListObjectVersions', {}],
    ['HEAD', '/b', 'HeadBucket', {}],
    ['GET', '/b/k', 'GetObject', {}],
    ['GET', '/b/k?uploadId=1', 'ListParts', {}],
    ['PUT', '/b/k', 'PutObject', {}],
    ['PUT', '/b/k?x-id=PutObject', 'PutObject', {}],
    ['PUT', '/b/k', 'CopyObject', { 'x-amz-copy-source': 'b/other' }],
    ['PUT', '/b/k?partNumber=1&uploadId=1', 'UploadPart', {}],
    ['DELETE', '/b/k', 'DeleteObject', {}],
    ['DELETE', '/b/k?uploadId=1', 'AbortMultipartUpload', {}],
  ])('%s %s is %s', async (method, target, operation, headers) => {
    const { protocolOf } = await loadWire('s3');
    const sent = request(method, target, headers);
    expect(protocolOf(sent).route(sent)?.operation.name).toBe(operation);
  });

  it('keeps slashes in a key, at both its ends too', async () => {
    const { protocolOf } = await loadWire('s3');
    const sent = request('GET', '/b//a//c/');
    expect(protocolOf(sent).route(sent)?.labels).toEqual({ Bucket: 'b', Key: '/a//c/' });
  });
});
