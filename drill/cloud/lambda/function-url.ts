import * as z from 'zod';
import type { CreateResource, Invocation } from '../contract.ts';
import { readProperties } from '../template-properties.ts';
import type { DeployedFunction } from './function.ts';

const urlProperties = z.strictObject({
  TargetFunctionArn: z.string(),
  AuthType: z.literal('NONE'),
  InvokeMode: z.literal('BUFFERED').optional(),
});

export interface UrlRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly sourceIp: string;
}

export interface UrlResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A function's own HTTPS address, open to everybody. */
export interface FunctionUrl {
  readonly host: string;
  readonly region: string;
  serve(request: UrlRequest): Promise<UrlResponse>;
}

interface Parts {
  readonly find: (nameOrArn: string, region?: string) => DeployedFunction;
  readonly run: (fn: DeployedFunction, payload: string) => Promise<Invocation>;
  readonly now: () => number;
  readonly id: (prefix?: string) => string;
}

/** `AWS::Lambda::Url` of AuthType NONE, in payload format 2.0 (Lambda developer guide, urls-invocation). */
export function functionUrls(parts: Parts): {
  readonly create: CreateResource;
  readonly all: () => readonly FunctionUrl[];
} {
  const urls: FunctionUrl[] = [];
  return {
    all: () => urls,
    create(resource) {
      const { TargetFunctionArn } = readProperties(resource, urlProperties);
      const { region } = resource;
      const fn = parts.find(TargetFunctionArn, region);
      const urlId = `${parts.id()}${parts.id()}`.toLowerCase();
      const host = `${urlId}.lambda-url.${region}.on.aws`;
      urls.push({ host, region, serve: (request) => serve(parts, fn, { host, urlId, request }) });
      return {
        ref: fn.sandbox.arn,
        attributes: { FunctionUrl: `https://${host}/`, FunctionArn: fn.sandbox.arn },
      };
    },
  };
}

async function serve(
  { run, now, id }: Parts,
  fn: DeployedFunction,
  asked: { readonly host: string; readonly urlId: string; readonly request: UrlRequest },
): Promise<UrlResponse> {
  const open = fn.permissions.some(
    ({ action, principal }) => principal === '*' && action === 'lambda:InvokeFunctionUrl',
  );
  if (!open) return json(403, { Message: 'Forbidden' });
  const invocation = await run(fn, JSON.stringify(eventOf(asked, now(), id())));
  if (!invocation.ok) return json(502, { Message: 'Internal Server Error' });
  return responseOf(invocation.payload);
}

function eventOf(
  { host, urlId, request }: Parameters<typeof serve>[2],
  now: number,
  requestId: string,
): Readonly<Record<string, unknown>> {
  const { pathname, search, searchParams } = new URL(request.target, `https://${host}`);
  const query: Record<string, string> = {};
  for (const [name, value] of searchParams) {
    query[name] = query[name] === undefined ? value : `${query[name]},${value}`;
  }
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: { ...request.headers, host },
    ...(search === '' ? {} : { queryStringParameters: query }),
    requestContext: {
      accountId: 'anonymous',
      apiId: urlId,
      domainName: host,
      domainPrefix: urlId,
      http: {
        method: request.method,
        path: pathname,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: new Date(now).toUTCString(),
      timeEpoch: Math.round(now),
    },
    ...(request.body === ''
      ? { isBase64Encoded: false }
      : { body: Buffer.from(request.body).toString('base64'), isBase64Encoded: true }),
  };
}

const answer = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.coerce.string()).default({}),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/** What is no such object is the body itself, as JSON. */
function responseOf(payload: unknown): UrlResponse {
  const read = answer.safeParse(payload);
  if (!read.success) return json(200, payload);
  const { statusCode, headers, body, isBase64Encoded } = read.data;
  return {
    status: statusCode,
    headers: { 'content-type': 'application/json', ...lowered(headers) },
    body: isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body,
  };
}

function lowered(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function json(status: number, body: unknown): UrlResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? null) };
}
