import { gunzipSync } from 'node:zlib';
import { AwsError } from '../contract.ts';

interface Decoded {
  readonly body: Uint8Array;
  /** Headers as the request would have had them, had it been sent plain; trailers are among them. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Undo what clients do to a body on the way: gzip (CloudWatch's PutMetricData) and `aws-chunked`, in which
 * SDK v3 sends streams to S3 with a checksum as the trailer.
 *
 * @throws AwsError `IncompleteBody` when the chunks do not add up to the length that was announced
 */
export function decodeBody(headers: Readonly<Record<string, string>>, sent: Uint8Array): Decoded {
  const encodings = (headers['content-encoding'] ?? '').split(',').map((encoding) => encoding.trim());
  const chunked =
    encodings.includes('aws-chunked') || (headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  let body = sent;
  const decoded: Record<string, string> = { ...headers };
  if (chunked) {
    const read = dechunk(sent);
    const announced = headers['x-amz-decoded-content-length'];
    if (announced !== undefined && Number(announced) !== read.body.length) {
      throw new AwsError(
        'IncompleteBody',
        `the request announced ${announced} bytes and brought ${read.body.length}`,
      );
    }
    body = read.body;
    Object.assign(decoded, read.trailers);
  }
  // S3 keeps a content encoding with the object; everywhere else it is the client's compression.
  const kept = encodings.filter((encoding) => encoding !== 'aws-chunked' && encoding !== '');
  if (kept.length === 1 && kept[0] === 'gzip' && !isForS3(headers)) {
    body = gunzipSync(body);
    kept.pop();
  }
  if (kept.length > 0) decoded['content-encoding'] = kept.join(',');
  else delete decoded['content-encoding'];
  return { body, headers: decoded };
}

function isForS3(headers: Readonly<Record<string, string>>): boolean {
  return (headers['authorization'] ?? '').includes('/s3/aws4_request');
}

function dechunk(sent: Uint8Array): { body: Uint8Array; trailers: Record<string, string> } {
  const bytes = Buffer.from(sent);
  const parts: Buffer[] = [];
  let at = 0;
  const line = () => {
    const end = bytes.indexOf('\r\n', at);
    const text = bytes.toString('latin1', at, end < 0 ? bytes.length : end);
    at = end < 0 ? bytes.length : end + 2;
    return text;
  };
  for (;;) {
    const size = Number.parseInt(line().split(';')[0] ?? '', 16);
    if (Number.isNaN(size)) throw new AwsError('IncompleteBody', 'a chunk of the body has no length');
    if (size === 0) break;
    parts.push(bytes.subarray(at, at + size));
    at += size + 2;
  }
  const trailers: Record<string, string> = {};
  for (let trailer = line(); trailer !== ''; trailer = line()) {
    const colon = trailer.indexOf(':');
    trailers[trailer.slice(0, colon).trim().toLowerCase()] = trailer.slice(colon + 1).trim();
  }
  return { body: Buffer.concat(parts), trailers };
}
