import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AwsError, type AwsEvent } from '../../../../drill/cloud/contract.ts';
import { eventBridge, type EventBridge } from '../../../../drill/cloud/events/event-bridge.ts';
import { readTargetInput } from '../../../../drill/cloud/events/target-input.ts';
import { monitoring } from '../../../../drill/cloud/monitoring/monitoring.ts';
import { account, call, create, testFoundation } from '../foundation.ts';

const standbyBus = `arn:aws:events:eu-central-1:${account}:event-bus/default`;
const machine = `arn:aws:states:eu-central-1:${account}:stateMachine:lifeboat-dev-incident`;
const fn = `arn:aws:lambda:eu-central-1:${account}:function:watch-executions`;
const topic = `arn:aws:sns:eu-central-1:${account}:oncall`;
const RoleArn = `arn:aws:iam::${account}:role/events`;
const EventPattern = { source: ['lifeboat'] };

let world: ReturnType<typeof testFoundation>;
let starts: { at: number; stateMachineArn: string; input: string }[];
let queued: { arn: string; payload: unknown; by: unknown }[];
let published: unknown[][];
let failing: Error | undefined;
let bridge: EventBridge;
let start: number;

function begin(denied: string[] = []) {
  world = testFoundation({ denied });
  start = world.clock.now();
  starts = [];
  queued = [];
  published = [];
  failing = undefined;
  bridge = eventBridge(world.foundation, {
    starter: {
      start: (request) => {
        starts.push({ ...request, at: world.clock.now() - start });
        if (failing) throw failing;
        return { executionArn: 'e' };
      },
    },
    functions: { enqueue: (arn, payload, by) => void queued.push({ arn, payload, by }) },
    publish: (...notice) => void published.push(notice),
  });
}

beforeEach(() => begin());
afterEach(() => world.clock.stop());

const rule = (properties: Record<string, unknown>, region = 'eu-central-1') =>
  create(bridge.service, 'AWS::Events::Rule', { Name: 'rule', ...properties }, { region });
const put = (detail: unknown = { a: 1 }, region = 'eu-central-1') =>
  bridge.bus(region).put({ source: 'lifeboat', 'detail-type': 'Something', region, resources: [], detail });
const toMachine = (more: Record<string, unknown> = {}) => ({ Id: 't', Arn: machine, RoleArn, ...more });

describe('an event that matches a rule', () => {
  test('starts the state machine half a second later, with the whole event', async () => {
    rule({ EventPattern, Targets: [toMachine()] });
    put();
    await world.clock.sleep(10_000);
    expect(starts).toMatchObject([{ at: 500, stateMachineArn: machine }]);
    expect(JSON.parse(starts[0]!.input)).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: 'lifeboat',
      'detail-type': 'Something',
      account,
      time: '2026-11-23T04:00:00Z',
      region: 'eu-central-1',
      resources: [],
      detail: { a: 1 },
    });
    expect(world.authorized).toEqual([`events states:StartExecution ${machine}`]);
  });

  test('goes to every target: functions by their own permission, topics, other regions', async () => {
    rule({
      EventPattern,
      Targets: [
        { Id: 'f', Arn: fn, InputPath: '$.detail' },
        { Id: 't', Arn: topic, Input: '{"text":"it happened"}' },
      ],
    });
    put();
    await world.clock.sleep(10_000);
    expect(queued).toEqual([
      {
        arn: fn,
        payload: { a: 1 },
        by: {
          principal: 'events.amazonaws.com',
          sourceArn: `arn:aws:events:eu-central-1:${account}:rule/rule`,
        },
      },
    ]);
    expect(published).toEqual([[topic, undefined, '{"text":"it happened"}']]);
  });

  test('in another region takes a second hop and stays the event it was', async () => {
    rule({ Name: 'forward', EventPattern, Targets: [{ Id: 'b', Arn: standbyBus, RoleArn }] }, 'us-east-1');
    rule({ EventPattern, Targets: [toMachine()] });
    put({}, 'us-east-1');
    await world.clock.sleep(10_000);
    expect(starts).toMatchObject([{ at: 1_000 }]);
    expect((JSON.parse(starts[0]!.input) as AwsEvent).region).toBe('us-east-1');
    expect(world.authorized[0]).toBe(`events events:PutEvents ${standbyBus}`);
  });

  test('is delivered twice while the fault is on', async () => {
    rule({ EventPattern, Targets: [toMachine()] });
    bridge.faults.duplicate = true;
    put();
    await world.clock.sleep(10_000);
    expect(starts).toHaveLength(2);
    expect(starts[0]!.input).toBe(starts[1]!.input);
  });

  test('does nothing when the rule is disabled or in another region', async () => {
    rule({ EventPattern, State: 'DISABLED', Targets: [toMachine()] });
    rule({ EventPattern, Targets: [toMachine()] }, 'eu-west-1');
    put();
    await world.clock.sleep(10_000);
    expect(starts).toEqual([]);
  });
});

describe('a target that fails', () => {
  const RetryPolicy = { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 };

  test('is tried again with growing waits until its limit, then told', async () => {
    rule({ EventPattern, Targets: [toMachine({ RetryPolicy })] });
    failing = new AwsError('ThrottlingException', 'Rate exceeded');
    put();
    await world.clock.sleep(600_000);
    expect(starts.map(({ at }) => at)).toEqual([500, 1_500, 3_500, 7_500]);
    expect(world.told).toEqual([
      `EventBridge | dropped Something of rule rule for state machine ${machine} | ThrottlingException: Rate exceeded`,
    ]);
  });

  test('is not tried again when the event is too old', async () => {
    rule({ EventPattern, Targets: [toMachine({ RetryPolicy: { MaximumEventAgeInSeconds: 60 } })] });
    failing = new AwsError('InternalServerException', 'broken', 500);
    put();
    await world.clock.sleep(600_000);
    expect(starts.at(-1)!.at).toBeLessThanOrEqual(60_500);
  });

  test('for lack of permission is given up at once, to the dead-letter queue if it has one', async () => {
    begin(['states:StartExecution']);
    rule({ EventPattern, Targets: [toMachine({ DeadLetterConfig: { Arn: 'arn:queue' } })] });
    put();
    await world.clock.sleep(600_000);
    expect(starts).toEqual([]);
    expect(world.told).toMatchObject([expect.stringMatching(/dead-letter queue \| AccessDeniedException/)]);
  });
});

describe('a rule', () => {
  test('with a schedule sends the scheduled event', async () => {
    rule({ ScheduleExpression: 'rate(1 minute)', Targets: [toMachine()] });
    await world.clock.sleep(125_000);
    expect(starts.map(({ at }) => at)).toEqual([60_500, 120_500]);
    expect(JSON.parse(starts[0]!.input)).toMatchObject({
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      time: '2026-11-23T04:01:00Z',
      resources: [`arn:aws:events:eu-central-1:${account}:rule/rule`],
    });
  });

  test.each([
    [
      'a state machine without a role',
      { EventPattern, Targets: [{ Id: 't', Arn: machine }] },
      /needs a RoleArn/,
    ],
    ['a queue as target', { EventPattern, Targets: [{ Id: 't', Arn: 'arn:aws:sqs:x:1:q' }] }, /are modelled/],
    ['another bus', { EventBusName: 'orders', EventPattern }, /only default buses/],
    ['neither pattern nor schedule', {}, /needs an EventPattern or a ScheduleExpression/],
    ['a pattern that is not valid', { EventPattern: { source: 'x' } }, /must be an object or an array/],
    [
      'a retry setting that does not exist',
      { EventPattern, Targets: [toMachine({ RetryPolicy: { Max: 1 } })] },
      /Max/,
    ],
  ])('with %s is refused', (_, properties, message) => {
    expect(() => rule(properties)).toThrow(message);
  });

  test('can be listed with its targets', async () => {
    rule({ EventPattern, Targets: [toMachine()] });
    expect(await call(bridge.service, 'ListRules', {})).toMatchObject({
      Rules: [{ Name: 'rule', State: 'ENABLED', EventPattern: JSON.stringify(EventPattern) }],
    });
    expect(await call(bridge.service, 'ListTargetsByRule', { Rule: 'rule' })).toMatchObject({
      Targets: [{ Id: 't', Arn: machine, RoleArn, RetryPolicy: { MaximumEventAgeInSeconds: 86_400 } }],
    });
  });
});

describe('PutEvents', () => {
  const entry = { Source: 'lifeboat', DetailType: 'Something', Detail: '{"a":1}' };

  test('puts each entry on the bus of its region', async () => {
    rule({ EventPattern, Targets: [toMachine()] });
    const reply = await call(bridge.service, 'PutEvents', { Entries: [entry] });
    await world.clock.sleep(1_000);
    expect(reply).toMatchObject({ FailedEntryCount: 0 });
    expect(starts).toHaveLength(1);
  });

  test.each([
    ['a source of AWS', { ...entry, Source: 'aws.cloudwatch' }, 'NotAuthorizedForSourceException'],
    ['a detail that is no object', { ...entry, Detail: '1' }, 'MalformedDetail'],
    ['no source', { Detail: '{}' }, 'InvalidArgument'],
  ])('fails an entry with %s and says so beside the others', async (_, bad, ErrorCode) => {
    expect(await call(bridge.service, 'PutEvents', { Entries: [bad, entry] })).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode }, { EventId: expect.any(String) }],
    });
  });
});

describe('the input of a target', () => {
  const event: AwsEvent = {
    version: '0',
    id: 'i',
    'detail-type': 'Something',
    source: 'lifeboat',
    account,
    time: 't',
    region: 'r',
    resources: ['arn:one'],
    detail: { name: 'say "hi"', count: 3, state: { value: 'ALARM' } },
  };
  const made = (settings: Parameters<typeof readTargetInput>[0]) =>
    readTargetInput(settings, { arn: 'arn:rule', name: 'rule' })(event, 0);
  const InputPathsMap = {
    name: '$.detail.name',
    count: '$.detail.count',
    state: '$.detail.state',
    no: '$.none',
  };

  test.each([
    ['{"a":<count>,"b":<state>,"c":<name>}', '{"a":3,"b":{"value":"ALARM"},"c":"say \\"hi\\""}'],
    ['{"a":"count is <count>, name <name>"}', '{"a":"count is 3, name say \\"hi\\""}'],
    ['"\\"<no>\\" of <aws.events.rule-name>"', '"\\"\\" of rule"'],
  ])('is filled into a template: %s', (InputTemplate, expected) => {
    expect(made({ InputTransformer: { InputPathsMap, InputTemplate } })).toBe(expected);
  });

  test('is the part at a path', () => {
    expect(made({ InputPath: '$.resources[0]' })).toBe('"arn:one"');
    expect(made({ InputPath: "$['detail-type']" })).toBe('"Something"');
  });

  test.each([
    [
      'a placeholder nobody defined',
      { InputTransformer: { InputPathsMap: {}, InputTemplate: '<x>' } },
      /x is not in/,
    ],
    ['a path that is none', { InputPath: 'detail' }, /Invalid JSONPath/],
    ['two ways at once', { Input: '{}', InputPath: '$' }, /Only one of/],
    ['a constant that is no JSON', { Input: 'text' }, /not valid JSON/],
  ])('is refused with %s', (_, settings, message) => {
    expect(() => made(settings)).toThrow(message);
  });
});

test('an alarm in us-east-1 starts the state machine of the standby region within its evaluation and two hops', async () => {
  const watch = monitoring(world.foundation, { bus: (region) => bridge.bus(region) });
  const pattern = {
    source: ['aws.cloudwatch'],
    'detail-type': ['CloudWatch Alarm State Change'],
    detail: { state: { value: ['ALARM'] }, previousState: { value: [{ 'anything-but': ['ALARM'] }] } },
  };
  const { attributes } = create(
    watch.service,
    'AWS::CloudWatch::Alarm',
    {
      AlarmName: 'primary-unhealthy',
      Namespace: 'AWS/Route53',
      MetricName: 'HealthCheckStatus',
      Statistic: 'Minimum',
      Period: 60,
      EvaluationPeriods: 2,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
    },
    { region: 'us-east-1' },
  );
  const resources = [attributes?.['Arn']];
  rule(
    {
      Name: 'forward',
      EventPattern: { ...pattern, resources },
      Targets: [{ Id: 'b', Arn: standbyBus, RoleArn }],
    },
    'us-east-1',
  );
  rule({ EventPattern: { ...pattern, resources }, Targets: [toMachine()] });
  for (let minute = -2; minute < 6; minute++) {
    watch.sink.put({
      region: 'us-east-1',
      namespace: 'AWS/Route53',
      name: 'HealthCheckStatus',
      dimensions: {},
      value: minute < 2 ? 1 : 0,
      at: start + minute * 60_000,
    });
  }
  watch.start();
  await world.clock.sleep(600_000);
  expect(starts.map(({ at, stateMachineArn }) => [at, stateMachineArn])).toEqual([[251_000, machine]]);
  expect(JSON.parse(starts[0]!.input)).toMatchObject({
    region: 'us-east-1',
    detail: { alarmName: 'primary-unhealthy', state: { value: 'ALARM' }, previousState: { value: 'OK' } },
  });
});
