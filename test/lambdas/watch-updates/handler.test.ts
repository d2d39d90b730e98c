import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { newRecord } from '../../../lambdas/incident/record.ts';
import { handler } from '../../../lambdas/watch-updates/handler.ts';
import { startBucket } from '../bucket.ts';
import { awsError, deploy, incident } from '../memory-ledger.ts';

const cloudWatch = mockClient(CloudWatchClient);
const published = () => cloudWatch.commandCalls(PutMetricDataCommand).map(({ args }) => args[0].input);
const value = (of: number) => [
  {
    Namespace: 'Lifeboat',
    MetricData: [
      { MetricName: 'UpdateOverdue', Dimensions: [{ Name: 'Environment', Value: 'dev' }], Value: of },
    ],
  },
];
const lock = {
  epoch: 3,
  state: 'held',
  incidentId: incident.id,
  executionArn: 'arn',
  mode: 'live',
  takenAt: incident.startedAt,
  expiresAt: incident.deadline,
};
const key = `incidents/${incident.id}.json`;

beforeEach(() => {
  deploy({ environment: 'dev', ledgerBucket: 'ledger', region: 'eu-central-1' });
  cloudWatch.reset();
  cloudWatch.on(PutMetricDataCommand).resolves({});
  vi.useFakeTimers({ now: Date.parse(incident.startedAt) + 180_000, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('publishes that nobody waits, while there is no incident', async () => {
  startBucket({ 'lock.json': { ...lock, state: 'free' }, [key]: newRecord(incident, 'arn') });
  expect(await handler()).toEqual({ overdue: [] });
  expect(published()).toEqual(value(0));
});

it('publishes that nobody waits in an environment that never had an incident', async () => {
  startBucket();
  expect(await handler()).toEqual({ overdue: [] });
  expect(published()).toEqual(value(0));
});

it('publishes that somebody waits', async () => {
  startBucket({ 'lock.json': lock, [key]: newRecord(incident, 'arn') });
  const { overdue } = await handler();
  expect(overdue).toEqual([`${incident.id} has been open for 3 min, and nobody on call was told`]);
  expect(published()).toEqual(value(1));
});

it('publishes that somebody waits for an incident that never came on record', async () => {
  startBucket({ 'lock.json': lock });
  const { overdue } = await handler();
  expect(overdue).toEqual([
    `${incident.id} holds the lock for 3 min without a record: nobody was told of it`,
  ]);
  expect(published()).toEqual(value(1));
});

it.each(['lock.json', key])('publishes nothing when %s cannot be read', async (unreadable) => {
  startBucket({ 'lock.json': lock, [key]: newRecord(incident, 'arn') }).fail(
    'get',
    unreadable,
    awsError('AccessDenied', 'no', 403),
  );
  await expect(handler()).rejects.toMatchObject({ name: 'AccessDenied' });
  expect(published()).toEqual([]);
});
