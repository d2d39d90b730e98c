import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '../../../lambdas/assess-primary/contract.ts';
import { handler } from '../../../lambdas/assess-primary/handler.ts';
import { loopbackDns, type LoopbackDns } from '../loopback-dns.ts';
import { loopbackSite, type LoopbackSite } from '../loopback-site.ts';
import { awsError, deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

const cloudWatch = mockClient(CloudWatchClient);
const healthName = '_lifeboat-primary.example.com';
let site: LoopbackSite;
let dns: LoopbackDns;
let ledger: MemoryLedger;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T12:10:05Z') });
  site = await loopbackSite();
  site.status = 503;
  dns = await loopbackDns({ [`TXT ${healthName}`]: ['unhealthy'] });
  ledger = memoryLedger();
  const settings: Settings = {
    environment: 'dev',
    ledgerBucket: 'ledger',
    region: 'eu-central-1',
    endpoint: site.endpoint,
    healthName,
    nameServers: [dns.address],
    confirmSeconds: 60,
  };
  deploy(settings);
  cloudWatch.reset();
  cloudWatch.on(GetMetricDataCommand).resolves({
    MetricDataResults: [
      {
        Timestamps: ['12:09', '12:08', '12:07', '12:06'].map((time) => new Date(`2026-11-23T${time}:00Z`)),
        Values: [0, 0, 0, 1],
      },
    ],
  });
});

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all([site.close(), dns.close()]);
});

describe('assess-primary', () => {
  it('finds the primary down from all three points, and keeps what they said', async () => {
    const output = await handler({ incident });
    expect(output).toMatchObject({ verdict: 'down', lastGoodAt: '2026-11-23T12:06:00.000Z' });
    expect(output.checks.map(({ held }) => held)).toEqual([true, true, true]);
    expect(output.checks[0]!.evidence).toContain('answered 503');
    expect(ledger.record()).toMatchObject({
      checks: output.checks,
      lastGoodAt: '2026-11-23T12:06:00.000Z',
      timeline: [{ actor: 'assess-primary', event: 'the primary is down' }],
    });
  });

  it('asks the endpoint twice before it calls it down, and once when it answers', async () => {
    await handler({ incident });
    expect(site.hosts).toHaveLength(2);
    site.status = 200;
    expect((await handler({ incident })).verdict).toBe('up');
    expect(site.hosts).toHaveLength(3);
  });

  it("asks for half an hour of the probe's minutes, up to now", async () => {
    await handler({ incident });
    const [call] = cloudWatch.commandCalls(GetMetricDataCommand);
    expect(call!.args[0].input).toMatchObject({
      StartTime: new Date('2026-11-23T11:40:00Z'),
      EndTime: new Date('2026-11-23T12:11:00Z'),
      MetricDataQueries: [
        {
          MetricStat: {
            Metric: {
              Namespace: 'Lifeboat',
              MetricName: 'PrimaryReachable',
              Dimensions: [{ Name: 'Environment', Value: 'dev' }],
            },
            Period: 60,
            Stat: 'Maximum',
          },
        },
      ],
    });
  });

  it('confirms nothing to an alarm when the history cannot be read, and says so', async () => {
    cloudWatch.on(GetMetricDataCommand).rejects(awsError('AccessDenied', 'not allowed', 403));
    const output = await handler({ incident });
    expect(output).toMatchObject({ verdict: 'unknown', lastGoodAt: null });
    expect(output.checks[2]).toMatchObject({
      held: 'unknown',
      evidence: expect.stringContaining('not allowed'),
    });
  });

  it('takes the word of a person who started the recovery where the history cannot be read', async () => {
    cloudWatch.on(GetMetricDataCommand).rejects(awsError('AccessDenied', 'not allowed', 403));
    expect((await handler({ incident: { ...incident, startedBy: 'a person: it is dark' } })).verdict).toBe(
      'down',
    );
  });

  it('knows nothing for certain when the name servers are silent', async () => {
    dns.zone.clear();
    expect((await handler({ incident })).verdict).toBe('unknown');
  });
});
