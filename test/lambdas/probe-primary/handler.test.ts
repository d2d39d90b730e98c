import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { handler } from '../../../lambdas/probe-primary/handler.ts';
import { loopbackSite, type LoopbackSite } from '../loopback-site.ts';
import { awsError, deploy } from '../memory-ledger.ts';

let site: LoopbackSite;
const cloudWatch = mockClient(CloudWatchClient);

beforeEach(async () => {
  site = await loopbackSite();
  deploy({ environment: 'dev', region: 'eu-central-1', endpoint: site.endpoint });
  cloudWatch.reset();
  cloudWatch.on(PutMetricDataCommand).resolves({});
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(async () => {
  await site.close();
  vi.restoreAllMocks();
});

const published = () =>
  cloudWatch.commandCalls(PutMetricDataCommand).map(({ args }) => args[0].input.MetricData?.[0]);

it('publishes 1 when the primary answers, after one try', async () => {
  expect(await handler()).toMatchObject({
    reachable: true,
    evidence: expect.stringContaining('answered 200'),
  });
  expect(site.hosts).toHaveLength(1);
  expect(published()).toEqual([
    { MetricName: 'PrimaryReachable', Dimensions: [{ Name: 'Environment', Value: 'dev' }], Value: 1 },
  ]);
});

it('publishes 0 when it fails twice in a row', async () => {
  site.status = 503;
  const { reachable, evidence } = await handler();
  expect(reachable).toBe(false);
  expect(evidence).toMatch(/answered 503 .+; then .+ answered 503/);
  expect(published()).toMatchObject([{ Value: 0 }]);
});

it('throws when it cannot publish, so that the schedule tells', async () => {
  cloudWatch.on(PutMetricDataCommand).rejects(awsError('AccessDenied', 'no', 403));
  await expect(handler()).rejects.toMatchObject({ name: 'AccessDenied' });
});
