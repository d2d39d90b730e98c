import { DescribeClusterCommand, DescribeNodegroupCommand, EKSClient } from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '../../../lambdas/check-standby/contract.ts';
import { handler } from '../../../lambdas/check-standby/handler.ts';
import { loopbackDns, type LoopbackDns } from '../loopback-dns.ts';
import { loopbackKubernetes, type LoopbackKubernetes } from '../loopback-kubernetes.ts';
import { loopbackSite, type LoopbackSite } from '../loopback-site.ts';
import { awsError, deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

const eks = mockClient(EKSClient);
const healthName = '_lifeboat-standby.example.com';
let kubernetes: LoopbackKubernetes;
let site: LoopbackSite;
let dns: LoopbackDns;
let ledger: MemoryLedger;
let settings: Settings;

beforeAll(async () => {
  kubernetes = await loopbackKubernetes();
});

afterAll(() => kubernetes.close());

beforeEach(async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  site = await loopbackSite();
  dns = await loopbackDns({ [`TXT ${healthName}`]: ['healthy'] });
  ledger = memoryLedger();
  settings = {
    environment: 'dev',
    ledgerBucket: 'ledger',
    strategy: 'warm-standby',
    endpoint: site.endpoint,
    healthName,
    nameServers: [dns.address],
    cluster: {
      region: 'eu-central-1',
      name: 'erlmcp-standby',
      namespace: 'erlmcp',
      nodeGroups: [{ name: 'workers', min: 2, desired: 2, max: 4 }],
      deployments: [{ name: 'erlmcp', replicas: 3, autoscaler: 'erlmcp' }],
    },
  };
  deploy(settings);
  kubernetes.deployments.set('erlmcp', { replicas: 1, ready: 1, generation: 1, observed: 1 });
  kubernetes.autoscalers.set('erlmcp', { minReplicas: 1, maxReplicas: 6 });
  kubernetes.refusals.clear();
  eks.reset();
  eks.on(DescribeClusterCommand).resolves({ cluster: kubernetes.cluster });
  eks.on(DescribeNodegroupCommand).resolves({
    nodegroup: { status: 'ACTIVE', scalingConfig: { minSize: 0, desiredSize: 1, maxSize: 2 } },
  });
});

afterEach(async () => {
  await Promise.all([site.close(), dns.close()]);
});

describe('check-standby', () => {
  it('finds a standby fit that serves and can be scaled, and keeps what it saw', async () => {
    const output = await handler({ incident });
    expect(output).toMatchObject({ fit: true, reason: 'all 6 checks of the standby hold' });
    expect(ledger.record()).toMatchObject({
      checks: output.checks,
      timeline: [{ actor: 'check-standby', event: 'the standby is fit' }],
    });
    expect(kubernetes.writes).toEqual([]);
  });

  it.each<[string, () => void, string]>([
    ['does not serve', () => (site.status = 503), 'standby-fit/endpoint does not hold'],
    [
      'is unhealthy to Route 53',
      () => dns.zone.set(`TXT ${healthName}`, ['unhealthy']),
      'standby-fit/route53-checkers does not hold',
    ],
    [
      'has lost its deployment',
      () => kubernetes.deployments.delete('erlmcp'),
      'standby-fit/deployment erlmcp does not hold',
    ],
    [
      'has lost its autoscaler',
      () => kubernetes.autoscalers.delete('erlmcp'),
      'standby-fit/autoscaler erlmcp does not hold',
    ],
    [
      'does not let us read its deployment',
      () => kubernetes.refusals.set('GET deployments/erlmcp/status', 403),
      'standby-fit/deployment erlmcp does not hold',
    ],
    [
      'hides its deployment for the moment',
      () => kubernetes.refusals.set('GET deployments/erlmcp/status', 503),
      'standby-fit/deployment erlmcp is not known to hold',
    ],
    [
      'has a node group with issues',
      () =>
        eks.on(DescribeNodegroupCommand).resolves({
          nodegroup: { status: 'DEGRADED', scalingConfig: { minSize: 0, desiredSize: 1, maxSize: 2 } },
        }),
      'it is DEGRADED',
    ],
    [
      'has no such node group',
      () => eks.on(DescribeNodegroupCommand).rejects(awsError('ResourceNotFoundException')),
      'standby-fit/node group workers does not hold',
    ],
    [
      'does not show its node group',
      () => eks.on(DescribeNodegroupCommand).rejects(awsError('ThrottlingException')),
      'standby-fit/node group workers is not known to hold',
    ],
    [
      'has a cluster that is not active',
      () => eks.on(DescribeClusterCommand).resolves({ cluster: { ...kubernetes.cluster, status: 'FAILED' } }),
      'it is FAILED',
    ],
    [
      'has no such cluster',
      () => eks.on(DescribeClusterCommand).rejects(awsError('ResourceNotFoundException')),
      'standby-fit/cluster erlmcp-standby does not hold',
    ],
  ])('finds a standby unfit that %s', async (_, breakIt, reason) => {
    breakIt();
    const output = await handler({ incident });
    expect(output).toMatchObject({ fit: false, reason: expect.stringContaining(reason) });
    expect(ledger.record().timeline[0]!.event).toBe('the standby is not fit');
  });

  it('asks a pilot light for no service', async () => {
    deploy({ ...settings, strategy: 'pilot-light' } satisfies Settings);
    site.status = 503;
    expect((await handler({ incident })).fit).toBe(true);
    expect([site.hosts, dns.asked]).toEqual([[], []]);
  });
});
