import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { handler } from '../../../lambdas/publish-switch/handler.ts';
import { startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const cloudWatch = mockClient(CloudWatchClient);
const published = () => cloudWatch.commandCalls(PutMetricDataCommand).map(({ args }) => args[0].input);

beforeEach(() => {
  deploy({ environment: 'dev', ledgerBucket: 'ledger', region: 'eu-central-1' });
  cloudWatch.reset();
  cloudWatch.on(PutMetricDataCommand).resolves({});
});

it.each([
  ['primary', 0],
  ['standby', 1],
])('publishes where the switch stands: %s is %i', async (site, value) => {
  startBucket({ 'switch.json': { site, epoch: 1, incidentId: 'dev-1', changedAt: '' } });
  expect(await handler()).toEqual({ site });
  expect(published()).toEqual([
    {
      Namespace: 'Lifeboat',
      MetricData: [
        { MetricName: 'TrafficOnStandby', Dimensions: [{ Name: 'Environment', Value: 'dev' }], Value: value },
      ],
    },
  ]);
});

it('publishes the primary while nobody has ever moved the switch', async () => {
  startBucket();
  expect(await handler()).toEqual({ site: 'primary' });
});

it('publishes nothing when the switch cannot be read', async () => {
  startBucket().fail('get', 'switch.json', awsError('AccessDenied', 'no', 403));
  await expect(handler()).rejects.toMatchObject({ name: 'AccessDenied' });
  expect(published()).toEqual([]);
});
