import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decide } from '../../../lambdas/assess-application/decide.ts';
import type { Evidence } from '../../../lambdas/collect-evidence/evidence.ts';
import { handler as collect } from '../../../lambdas/collect-evidence/handler.ts';
import { handler as restart } from '../../../lambdas/restart-workloads/handler.ts';
import { handler as survey } from '../../../lambdas/survey-workloads/handler.ts';
import {
  deployment,
  mergePatch,
  pass,
  role,
  startWorld,
  type World,
} from '../../drill/world/kubernetes/world.ts';
import { deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

/** The tasks against a cluster with controllers, roles and budgets, as a second opinion on what tests fill by hand. */

const eks = mockClient(EKSClient);
let ledger: MemoryLedger;
let world: World;
let clusters = 0;

const policy = (name: string, groups: readonly string[] = []) => ({
  username: role,
  groups,
  policies: [{ policyArn: `arn:aws:eks::aws:cluster-access-policy/${name}`, namespaces: ['erlmcp'] }],
});

async function begin(access = policy('AmazonEKSEditPolicy'), more: Parameters<typeof startWorld>[0] = {}) {
  const name = `erlmcp-${(clusters += 1)}`;
  world = await startWorld({
    name,
    access,
    deployments: [{ namespace: 'erlmcp', name: 'erlmcp', replicas: 3 }],
    ...more,
  });
  eks.on(DescribeClusterCommand).resolves({
    cluster: {
      status: 'ACTIVE',
      endpoint: world.cluster.url,
      certificateAuthority: { data: world.cluster.caData },
    },
  });
  deploy({
    environment: 'dev',
    site: 'standby',
    ledgerBucket: 'ledger',
    ledgerRegion: 'eu-central-1',
    cluster: {
      region: 'eu-central-1',
      name,
      namespace: 'erlmcp',
      deployments: [{ name: 'erlmcp', after: [] }],
    },
    logLines: 50,
    logBytes: 10_000,
  });
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIALIFEBOAT';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'the secret of the role';
}

beforeEach(() => {
  ledger = memoryLedger();
  eks.reset();
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => void vi.useRealTimers());

/** Let incident time pass, for the cluster and for the tasks. */
async function later(seconds: number): Promise<void> {
  await pass(world.clock, seconds);
  vi.setSystemTime(world.clock.now());
}

async function untilDone(action: 'restart' | 'roll-back') {
  for (let look = 1; look <= 60; look++) {
    const output = await restart({ incident, waves: [['erlmcp']], action });
    if (output.done || output.failed.length > 0) return output;
    await later(10);
  }
  throw new Error('it was never done');
}

const release = (image: string) =>
  world.call('PATCH', deployment, {
    type: mergePatch,
    body: { spec: { template: { spec: { containers: [{ name: 'erlmcp', image }] } } } },
  });
const verdictOf = ({ site, workloads, nodes }: Awaited<ReturnType<typeof survey>>, attempt = 1) =>
  decide({
    now: new Date().toISOString(),
    site,
    deployments: [{ name: 'erlmcp', after: [] }],
    request: undefined,
    workloads,
    nodes,
    watch: null,
    attempt,
  });

describe('in a cluster', () => {
  it('a deployment whose containers crash is seen, restarted, and ready again with the count it had', async () => {
    await begin();
    await later(60);
    world.cluster.wedgeDeployment('erlmcp', 'erlmcp', { fate: 'crashes' });
    await later(300);
    const seen = await survey();
    expect(seen.workloads[0]).toMatchObject({ ready: 0, wanted: 3, waiting: ['CrashLoopBackOff'] });
    expect(verdictOf(seen)).toMatchObject({ verdict: 'restart', waves: [['erlmcp']] });

    const { keys } = await collect({ incident, deployments: ['erlmcp'] });
    const evidence = ledger.read<Evidence>(keys[0] ?? '');
    expect(evidence.logs.filter(({ text }) => text !== null && text !== '').length).toBeGreaterThan(3);
    expect(evidence.events.join()).toContain('BackOff');

    expect(await untilDone('restart')).toMatchObject({ done: true, failed: [] });
    expect(world.cluster.deployment('erlmcp', 'erlmcp')).toMatchObject({ replicas: 3, ready: 3, updated: 3 });
    expect((await survey()).workloads[0]).toMatchObject({ ready: 3, waiting: [], previousRevision: null });
  });

  it('a deployment that hangs without saying why is restarted, too', async () => {
    await begin();
    await later(600);
    world.cluster.wedgeDeployment('erlmcp', 'erlmcp');
    await later(60);
    const seen = await survey();
    expect(['wait', 'restart']).toContain(verdictOf(seen).verdict);
    expect(verdictOf(seen, 8)).toMatchObject({ verdict: 'restart', waves: [['erlmcp']] });
    expect(await untilDone('restart')).toMatchObject({ done: true });
  });

  it('a release that crashes is rolled back, and nothing brings it back', async () => {
    await begin();
    await later(600);
    world.cluster.spoilImage('registry.company.com/erlmcp:2.0.0');
    expect((await release('registry.company.com/erlmcp:2.0.0')).status).toBe(200);
    await later(120);
    const seen = await survey();
    expect(verdictOf(seen)).toMatchObject({ verdict: 'roll-back', rollBack: [['erlmcp']] });

    expect(await untilDone('roll-back')).toMatchObject({ done: true, failed: [] });
    const { body } = await world.call('GET', deployment);
    expect(JSON.stringify(body)).toContain('erlmcp:1.0.0');
    const after = await survey();
    expect(after.workloads[0]).toMatchObject({
      ready: 3,
      updatedReady: 3,
      previousRevision: null,
      stuck: false,
    });
    expect(verdictOf(after).verdict).not.toBe('roll-back');
  });

  it('a release on which Kubernetes has given up is rolled back, and its old condition fails nothing', async () => {
    await begin();
    await later(600);
    world.cluster.spoilImage('registry.company.com/erlmcp:2.0.0', { fate: 'cannot-pull' });
    await release('registry.company.com/erlmcp:2.0.0');
    await later(1_000);
    const seen = await survey();
    expect(seen.workloads[0]).toMatchObject({ stuck: true, updatedReady: 0, waiting: ['ImagePullBackOff'] });
    expect(verdictOf(seen)).toMatchObject({ verdict: 'roll-back' });
    expect(await untilDone('roll-back')).toMatchObject({ done: true, failed: [] });
  });

  it('a release that only shows it when it is restarted has failed, with what crashes', async () => {
    await begin();
    await later(60);
    world.cluster.spoilImage('registry.company.com/erlmcp:1.0.0');
    await later(60);
    const { failed, summary } = await untilDone('restart');
    expect(failed).toEqual(['erlmcp']);
    expect(summary).toMatch(/crashes again and again|given up/);
  });

  it('a budget that allows nothing because its pods crash does not hinder their restart', async () => {
    await begin();
    world.cluster.apply(
      [
        'apiVersion: policy/v1',
        'kind: PodDisruptionBudget',
        'metadata: { name: erlmcp, namespace: erlmcp }',
        'spec: { minAvailable: 3, selector: { matchLabels: { app: erlmcp } } }',
      ].join('\n'),
    );
    await later(60);
    world.cluster.wedgeDeployment('erlmcp', 'erlmcp', { fate: 'crashes' });
    await later(300);
    expect((await survey()).workloads[0]).toMatchObject({ disruptionsAllowed: 0 });
    expect(await untilDone('restart')).toMatchObject({ done: true });
  });

  it('its nodes are null until its owner lets them be read', async () => {
    await begin(policy('AmazonEKSViewPolicy', ['lifeboat-node-readers']));
    expect((await survey()).nodes).toBeNull();
    const manifest = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'kubernetes-access.yaml');
    world.cluster.apply(readFileSync(manifest, 'utf8'));
    expect((await survey()).nodes).toEqual([
      expect.objectContaining({ ready: true }),
      expect.objectContaining({ ready: true }),
    ]);
  });
});
