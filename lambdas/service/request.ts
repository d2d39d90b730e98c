import { request as requestHttp, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { SmokeTest } from '../run-tests/contract.ts';
import type { TestAnswer } from './judge.ts';

/** Of a body, bytes: enough for a page or a status document. */
const bodyLimit = 64 * 1_024;

/**
 * Send a test's request to an address, as a client would that had resolved the name to it: the name stays in the
 * request and in TLS, and a certificate that a client would refuse is a failure.
 *
 * @throws Error with the reason when no answer came within the time
 */
export function send(
  { url, method, headers, body }: SmokeTest['request'],
  address: string,
  timeoutMs: number,
): Promise<TestAnswer> {
  const target = new URL(url);
  const https = target.protocol === 'https:';
  const options: RequestOptions & { readonly servername?: string } = {
    host: address,
    port: target.port === '' ? (https ? 443 : 80) : Number(target.port),
    path: `${target.pathname}${target.search}`,
    method,
    // A connection of its own each time: a kept one would not notice that nobody can connect any more.
    agent: false,
    headers: {
      host: target.host,
      'user-agent': 'lifeboat-test',
      connection: 'close',
      ...headers,
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    },
    ...(https ? { servername: target.hostname } : {}),
  };
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const sent = (https ? requestHttps : requestHttp)(options);
    const over = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(over);
      sent.destroy();
      reject(error);
    };
    sent.on('error', fail);
    sent.once('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      const done = () => {
        clearTimeout(over);
        sent.destroy();
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
          ),
          body: Buffer.concat(chunks).subarray(0, bodyLimit).toString('utf8'),
          tookMs: Math.round(performance.now() - started),
        });
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length >= bodyLimit) done();
      });
      response.once('end', done);
      response.on('error', fail);
    });
    sent.end(body);
  });
}
