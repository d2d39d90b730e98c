import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeBody } from '../../../../drill/cloud/wire/bodies.ts';

const signedFor = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=K/20261123/eu-central-1/${service}/aws4_request`;

describe('a body in chunks', () => {
  const headers = {
    'content-encoding': 'aws-chunked',
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'x-amz-decoded-content-length': '11',
    authorization: signedFor('s3'),
  };
  const sent = Buffer.from(
    '6;chunk-signature=ab\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n',
  );

  it('is put together, and its trailers become headers', () => {
    const { body, headers: decoded } = decodeBody(headers, sent);
    expect(Buffer.from(body).toString()).toBe('hello world');
    expect(decoded['x-amz-checksum-crc32']).toBe('DUoRhQ==');
    expect(decoded['content-encoding']).toBeUndefined();
  });

  it('is refused when it is shorter than announced or has no lengths', () => {
    const longer = { ...headers, 'x-amz-decoded-content-length': '12' };
    expect(() => decodeBody(longer, sent)).toThrow(/announced 12 bytes and brought 11/);
    expect(() => decodeBody(headers, Buffer.from('hello'))).toThrow(/no length/);
  });
});

describe('a compressed body', () => {
  const zipped = gzipSync('{"a":1}');

  it('is unpacked for a service that takes compressed requests', () => {
    const headers = { 'content-encoding': 'gzip', authorization: signedFor('monitoring') };
    expect(Buffer.from(decodeBody(headers, zipped).body).toString()).toBe('{"a":1}');
  });

  it('is kept as it is for S3, where the encoding is the object’s own', () => {
    const headers = { 'content-encoding': 'gzip', authorization: signedFor('s3') };
    const decoded = decodeBody(headers, zipped);
    expect(decoded.body).toBe(zipped);
    expect(decoded.headers['content-encoding']).toBe('gzip');
  });
});
