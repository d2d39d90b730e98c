import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { text as readText } from 'node:stream/consumers';

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The JSON of the answer; empty when it is something else. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** One request on a connection of its own; rejects when the connection is refused or not trusted. */
export async function ask(
  url: string,
  options: {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: unknown;
    readonly ca?: string;
    readonly servername?: string;
  } = {},
): Promise<Asked> {
  const { method = 'GET', headers = {}, body, ca, servername } = options;
  const send = url.startsWith('https:') ? tlsRequest : plainRequest;
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method,
      headers: { ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      agent: false,
      ...(ca === undefined ? {} : { ca }),
      ...(servername === undefined ? {} : { servername }),
    });
    request.once('error', reject);
    request.once('response', (response) => {
      readText(response).then((text) => {
        const json = (response.headers['content-type'] ?? '').includes('json');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: json ? (JSON.parse(text) as Record<string, unknown>) : {},
        });
      }, reject);
    });
    request.end(payload);
  });
}
