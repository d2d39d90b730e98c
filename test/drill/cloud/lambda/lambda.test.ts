import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Invocation } from '../../../../drill/cloud/contract.ts';
import { lambda, type Lambda } from '../../../../drill/cloud/lambda/lambda.ts';
import { account, call, create, testFoundation } from '../foundation.ts';

const properties = {
  FunctionName: 'open-incident',
  Code: { S3Bucket: 'assets', S3Key: 'abc.zip' },
  Handler: 'index.handler',
  Runtime: 'nodejs24.x',
  Role: `arn:aws:iam::${account}:role/open-incident`,
  Environment: { Variables: { SETTINGS: '{"a":1}' } },
};
const arn = `arn:aws:lambda:eu-central-1:${account}:function:open-incident`;
const failure: Invocation = {
  ok: false,
  errorType: 'TryAgain',
  errorMessage: 'later',
  payload: { errorType: 'TryAgain', errorMessage: 'later', trace: [] },
};

let world: ReturnType<typeof testFoundation>;
let runs: { at: number; payload: string; name: string }[];
let answers: (Invocation | Promise<Invocation>)[];
let functions: Lambda;

beforeEach(() => {
  world = testFoundation({ denied: ['lambda:Forbidden'] });
  runs = [];
  answers = [];
  functions = lambda(world.foundation, {
    codeOf: (key) => (key === 'abc.zip' ? '/code/abc' : undefined),
    sandbox: {
      invoke: async (fn, payload) => {
        runs.push({ at: world.clock.now(), payload, name: fn.name });
        return answers.shift() ?? { ok: true, payload: 'done' };
      },
      logs: () => [],
      invocations: () => [],
      recycle: async () => undefined,
      stop: async () => undefined,
    },
  });
});

afterEach(() => world.clock.stop());

const deployed = (overrides: Record<string, unknown> = {}) =>
  create(functions.service, 'AWS::Lambda::Function', { ...properties, ...overrides });
const invoke = (input: Record<string, unknown>) =>
  call(functions.service, 'Invoke', { FunctionName: 'open-incident', ...input });
const text = (payload: unknown) => Buffer.from(payload as Uint8Array).toString();
const byRole = { role: { kind: 'role', arn: 'arn:role', name: 'schedule' } } as const;

describe('a function', () => {
  test('is deployed with what the template says', () => {
    expect(deployed()).toEqual({ ref: 'open-incident', attributes: { Arn: arn } });
    expect(functions.functions()).toMatchObject([
      { name: 'open-incident', arn, directory: '/code/abc', timeout: 3, roleArn: properties.Role },
    ]);
  });

  test.each([
    ['code that the assembly does not have', { Code: { S3Key: 'other' } }, /no code other/],
    ['another language', { Runtime: 'python3.13' }, /only Node\.js/],
    ['a property that is not modelled', { Layers: ['x'] }, /Layers/],
    ['more than 4 KB of variables', { Environment: { Variables: { A: 'x'.repeat(4_096) } } }, /4KB limit/],
    [
      'a variable that Lambda sets',
      { Environment: { Variables: { AWS_REGION: 'x' } } },
      /reserved keys.*AWS_REGION/,
    ],
  ])('with %s is refused', (_, overrides, message) => {
    expect(() => deployed(overrides)).toThrow(message);
  });

  test('is listed in its own region only', async () => {
    deployed();
    expect(await call(functions.service, 'ListFunctions', {})).toMatchObject({
      Functions: [{ FunctionName: 'open-incident', Environment: { Variables: { SETTINGS: '{"a":1}' } } }],
    });
    expect(await call(functions.service, 'ListFunctions', {}, 'us-east-1')).toEqual({ Functions: [] });
  });
});

describe('Invoke', () => {
  test('answers with the payload', async () => {
    deployed();
    const reply = await invoke({ Payload: Buffer.from('{"x":1}') });
    expect([reply['StatusCode'], text(reply['Payload']), runs[0]?.payload]).toEqual([
      200,
      '"done"',
      '{"x":1}',
    ]);
  });

  test('answers 200 with FunctionError when the function throws', async () => {
    deployed();
    answers = [failure];
    const reply = await invoke({});
    expect(reply).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(JSON.parse(text(reply['Payload']))).toEqual(failure.payload);
  });

  test.each([
    ['an unknown function', { FunctionName: 'nobody' }, 'ResourceNotFoundException'],
    ['text that is no JSON', { Payload: Buffer.from('{') }, 'InvalidRequestContentException'],
    ['more than 6 MB', { Payload: Buffer.alloc(6_291_457, 32) }, 'RequestTooLargeException'],
    [
      'more than 1 MB asynchronously',
      { InvocationType: 'Event', Payload: Buffer.alloc(1_048_577, 32) },
      'RequestTooLargeException',
    ],
  ])('refuses %s', async (_, input, code) => {
    deployed();
    await expect(invoke(input)).rejects.toMatchObject({ code });
  });

  test('is throttled beyond the reserved concurrency', async () => {
    deployed({ ReservedConcurrentExecutions: 1 });
    answers = [new Promise<Invocation>(() => undefined)];
    void invoke({});
    await expect(invoke({})).rejects.toMatchObject({ code: 'TooManyRequestsException', status: 429 });
  });
});

describe('an asynchronous invocation', () => {
  test('is tried again after one minute and two, then dropped and told', async () => {
    deployed();
    answers = [failure, failure, failure];
    const start = world.clock.now();
    expect(await invoke({ InvocationType: 'Event' })).toEqual({ StatusCode: 202 });
    await world.clock.sleep(3_600_000);
    expect(runs.map(({ at }) => at - start)).toEqual([0, 60_000, 180_000]);
    expect(world.told).toEqual(['Lambda | dropped an event for open-incident | TryAgain: later']);
  });

  test('is tried again as often as the template says', async () => {
    deployed();
    create(functions.service, 'AWS::Lambda::EventInvokeConfig', {
      FunctionName: 'open-incident',
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 0,
    });
    answers = [failure];
    functions.invoker.enqueue(arn, { x: 1 }, byRole);
    await world.clock.sleep(3_600_000);
    expect(runs).toMatchObject([{ payload: '{"x":1}' }]);
  });

  test('of a service needs a permission on the function, for its source', () => {
    deployed();
    const rule = {
      principal: 'events.amazonaws.com',
      sourceArn: 'arn:aws:events:eu-central-1:1:rule/alarms',
    };
    expect(() => functions.invoker.enqueue(arn, {}, rule)).toThrow(/the function has no such permission/);
    create(functions.service, 'AWS::Lambda::Permission', {
      FunctionName: arn,
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
      SourceArn: 'arn:aws:events:eu-central-1:1:rule/al*',
    });
    expect(() => functions.invoker.enqueue(arn, {}, rule)).not.toThrow();
    expect(() => functions.invoker.enqueue(arn, {}, { ...rule, sourceArn: 'arn:other' })).toThrow(
      /no such permission/,
    );
  });

  test('of a role is authorized on the role', () => {
    deployed();
    functions.invoker.enqueue(arn, {}, byRole);
    expect(world.authorized).toEqual([`schedule lambda:InvokeFunction ${arn}`]);
  });
});
