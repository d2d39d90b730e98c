import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ServiceWatch, Settings } from '../../../lambdas/watch-service/contract.ts';
import { handler } from '../../../lambdas/watch-service/handler.ts';
import { loopbackDns, type LoopbackDns } from '../loopback-dns.ts';
import { loopbackSite, type LoopbackSite } from '../loopback-site.ts';
import { awsError, deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

const lambda = mockClient(LambdaClient);
const cloudwatch = mockClient(CloudWatchClient);
let ledger: MemoryLedger;
let site: LoopbackSite;
let dns: LoopbackDns;

const published = () =>
  cloudwatch
    .commandCalls(PutMetricDataCommand)
    .flatMap(({ args }) => args[0].input.MetricData ?? [])
    .map(({ MetricName, Value }) => `${MetricName} ${Value}`)
    .toSorted();
const watch = () => ledger.read<ServiceWatch>('watch/service.json');
const surveyed = (ready: boolean) => ({
  at: '2026-11-23T12:00:00.000Z',
  site: 'primary',
  workloads: [],
  nodes: [{ name: 'n1', ready, since: '2026-11-23T00:00:00.000Z', reason: 'why', group: null }],
});
const surveySays = (answer: unknown) =>
  lambda.on(InvokeCommand).resolves({ Payload: Buffer.from(JSON.stringify(answer)) as never });

beforeEach(async () => {
  site = await loopbackSite();
  dns = await loopbackDns({ 'A www.example.com': ['127.0.0.1'] });
  ledger = memoryLedger();
  ledger.objects.delete('lock.json');
  cloudwatch.reset();
  cloudwatch.on(PutMetricDataCommand).resolves({});
  lambda.reset();
  surveySays(surveyed(true));
  const url = `http://www.example.com:${site.endpoint.port}/config`;
  const settings: Settings = {
    environment: 'dev',
    ledgerBucket: 'ledger',
    region: 'eu-central-1',
    resolvers: [dns.address],
    tests: [
      {
        name: 'config',
        proves: 'configuration',
        request: { method: 'GET', url, headers: {} },
        expect: { status: 200, headers: {}, json: [], contains: 'ok', withinMs: 2_000 },
      },
    ],
    endpoints: { primary: site.endpoint, standby: site.endpoint },
    survey: {
      primary: { region: 'eu-west-1', functionName: 'survey' },
      standby: { region: 'eu-central-1', functionName: 'survey' },
    },
    nodeGraceSeconds: 300,
  };
  deploy(settings);
});
afterEach(async () => {
  await site.close();
  await dns.close();
});

it('publishes what is well, and keeps when it was', async () => {
  expect(await handler()).toMatchObject({ site: 'primary', configuration: true, nodes: true });
  expect(published()).toEqual(['ApplicationHealthy 1', 'ConfigurationValid 1', 'NodesHealthy 1']);
  expect(watch().lastGood.configuration).toBe(watch().at);
});

it('publishes the first cause alone', async () => {
  surveySays(surveyed(false));
  await handler();
  expect(published()).toEqual(['NodesHealthy 0']);
  expect(watch().failingSince.nodes).toBe(watch().at);
});

it('publishes nothing while the site does not answer', async () => {
  site.status = 503;
  await handler();
  expect(published()).toEqual([]);
  expect(watch().lastGood).toEqual({ configuration: null, application: null, nodes: null });
});

it('publishes nothing and moves no good time while an incident is open', async () => {
  ledger.write('lock.json', { epoch: 3, state: 'held', incidentId: incident.id, mode: 'live' });
  await handler();
  expect(published()).toEqual([]);
  expect(watch().lastGood.configuration).toBeNull();
});

it('goes on while a plan is open, which changes nothing', async () => {
  ledger.write('lock.json', { epoch: 3, state: 'held', incidentId: incident.id, mode: 'plan' });
  await handler();
  expect(published()).toContain('ConfigurationValid 1');
});

it('knows nothing of the nodes while a survey does not answer', async () => {
  lambda.on(InvokeCommand).rejects(awsError('ServiceException', 'late', 500));
  expect(await handler()).toMatchObject({ nodes: 'unknown', configuration: true });
  expect(published()).not.toContain('NodesHealthy 0');
});

it('publishes the tests when a survey is refused, and says so at the end', async () => {
  lambda.on(InvokeCommand).rejects(awsError('AccessDeniedException', 'not you', 403));
  await expect(handler()).rejects.toThrow('not you');
  expect(published()).toEqual(['ConfigurationValid 1']);
});
