import { beforeEach, describe, expect, test } from 'vitest';
import type { Invocation } from '../../../../drill/cloud/contract.ts';
import type { FunctionUrl } from '../../../../drill/cloud/lambda/function-url.ts';
import { lambda, type Lambda } from '../../../../drill/cloud/lambda/lambda.ts';
import { account, create, testFoundation } from '../foundation.ts';

const arn = `arn:aws:lambda:eu-central-1:${account}:function:answer`;

let events: Record<string, unknown>[];
let answer: Invocation;
let functions: Lambda;

beforeEach(() => {
  events = [];
  answer = { ok: true, payload: { statusCode: 201, headers: { 'X-Made': 'yes' }, body: 'made' } };
  functions = lambda(testFoundation({ denied: [] }).foundation, {
    codeOf: () => '/code',
    sandbox: {
      invoke: async (_, payload) => {
        events.push(JSON.parse(payload) as Record<string, unknown>);
        return answer;
      },
      logs: () => [],
      invocations: () => [],
      recycle: async () => undefined,
      stop: async () => undefined,
    },
  });
  create(functions.service, 'AWS::Lambda::Function', {
    FunctionName: 'answer',
    Code: { S3Key: 'abc.zip' },
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Role: `arn:aws:iam::${account}:role/answer`,
  });
});

const published = (open = true): FunctionUrl => {
  create(functions.service, 'AWS::Lambda::Url', { TargetFunctionArn: arn, AuthType: 'NONE' });
  if (open) {
    create(functions.service, 'AWS::Lambda::Permission', {
      FunctionName: arn,
      Action: 'lambda:InvokeFunctionUrl',
      Principal: '*',
      FunctionUrlAuthType: 'NONE',
    });
  }
  const [url] = functions.urls();
  if (!url) throw new Error('there is no URL');
  return url;
};
const request = {
  method: 'GET',
  target: '/a/b?x=1&y=2&y=3',
  headers: { accept: '*/*' },
  body: '',
  sourceIp: '203.0.113.9',
};

describe('a function URL', () => {
  test('hands a request over in payload format 2.0 and answers as the function says', async () => {
    const url = published();
    expect(url.host).toMatch(/^[a-z0-9]+\.lambda-url\.eu-central-1\.on\.aws$/);
    expect(await url.serve(request)).toEqual({
      status: 201,
      headers: { 'content-type': 'application/json', 'x-made': 'yes' },
      body: 'made',
    });
    expect(events).toMatchObject([
      {
        version: '2.0',
        rawPath: '/a/b',
        rawQueryString: 'x=1&y=2&y=3',
        queryStringParameters: { x: '1', y: '2,3' },
        isBase64Encoded: false,
        requestContext: { http: { method: 'GET', path: '/a/b', sourceIp: '203.0.113.9' } },
      },
    ]);
  });

  test('hands a body over in base64', async () => {
    await published().serve({ ...request, method: 'POST', body: 'name=A' });
    expect(events).toMatchObject([{ body: Buffer.from('name=A').toString('base64'), isBase64Encoded: true }]);
  });

  test('answers 502 for a function that fails, without its error', async () => {
    answer = { ok: false, errorType: 'Error', errorMessage: 'secret', payload: {} };
    expect(await published().serve(request)).toEqual({
      status: 502,
      headers: { 'content-type': 'application/json' },
      body: '{"Message":"Internal Server Error"}',
    });
  });

  test('answers 403 to everybody when the function has no permission for it', async () => {
    expect(await published(false).serve(request)).toMatchObject({ status: 403 });
    expect(events).toEqual([]);
  });
});
