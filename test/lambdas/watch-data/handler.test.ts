import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import type { CheckHistory, DatabaseSettings, QueryAnswer } from '../../../lambdas/database/contract.ts';
import type { Settings } from '../../../lambdas/watch-data/contract.ts';
import { handler } from '../../../lambdas/watch-data/handler.ts';
import { deploy, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

const lambda = mockClient(LambdaClient);
const cloudwatch = mockClient(CloudWatchClient);
let ledger: MemoryLedger;

const database = (name: string): DatabaseSettings => ({
  name,
  kind: 'instance',
  primary: { region: 'eu-west-1', identifier: `${name}-primary` },
  standby: { region: 'eu-central-1', identifier: `${name}-standby`, from: 'replica' },
  after: [],
  identity: { by: 'secret', secret: { primary: 'p', standby: 's' } },
  expectedSeconds: 1,
  budgetSeconds: 1,
});
const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  region: 'eu-central-1',
  databases: [database('one'), database('two')],
  query: {
    primary: { region: 'eu-west-1', functionName: 'query' },
    standby: { region: 'eu-central-1', functionName: 'query' },
  },
};

const answers = new Map<string, QueryAnswer | Error>();
const says = (held: boolean): QueryAnswer => ({
  reachable: true,
  evidence: 'there',
  at: '2026-11-23T10:00:00.000Z',
  consistency: [{ name: 'q', held, evidence: 'seen' }],
});
const published = () =>
  cloudwatch
    .commandCalls(PutMetricDataCommand)
    .flatMap(({ args }) => args[0].input.MetricData ?? [])
    .map(({ Dimensions = [], Value }) => `${Dimensions.map(({ Value: of }) => of).join('/')} ${Value}`)
    .sort();
const kept = (name: string) =>
  ledger.read<CheckHistory | null>(`databases/${name}/checks.json`)?.results ?? [];

beforeEach(() => {
  ledger = memoryLedger();
  deploy(settings);
  answers.clear();
  cloudwatch.reset();
  cloudwatch.on(PutMetricDataCommand).resolves({});
  lambda.reset();
  lambda.on(InvokeCommand).callsFake(async ({ Payload }: { Payload: Uint8Array }) => {
    const { database: name } = JSON.parse(Buffer.from(Payload).toString()) as { database: string };
    const answer = answers.get(name);
    if (answer instanceof Error) throw answer;
    return { Payload: Buffer.from(JSON.stringify(answer)) };
  });
});

test('what was found is kept, and published for each database', async () => {
  answers.set('one', says(true)).set('two', says(false));
  await handler();
  expect(published()).toEqual(['dev/one 1', 'dev/two 0']);
  expect(kept('one')).toMatchObject([{ held: true }]);
  expect(kept('two')).toMatchObject([{ held: false, failing: ['q: seen'] }]);
});

test('a region that does not answer is unknown, which publishes nothing, and keeps no other from being looked at', async () => {
  answers.set('one', Object.assign(new Error('late'), { name: 'TimeoutError' })).set('two', says(true));
  await handler();
  expect(published()).toEqual(['dev/two 1']);
  expect(kept('one')).toMatchObject([{ held: 'unknown' }]);
});

test('a refusal is said at the end, when all the others were looked at', async () => {
  const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
  answers.set('one', denied).set('two', says(true));
  await expect(handler()).rejects.toThrow(/one: .*no/);
  expect(published()).toEqual(['dev/two 1']);
});

test('a database that is being restored is left alone', async () => {
  answers.set('one', says(false)).set('two', says(true));
  ledger.write('recoveries/one.json', { kind: 'restore', phase: 'restoring', site: 'primary' });
  await handler();
  expect(published()).toEqual(['dev/two 1']);
  expect(kept('one')).toEqual([]);
});
