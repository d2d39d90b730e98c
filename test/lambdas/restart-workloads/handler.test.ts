import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KubeDeployment, KubeReplicaSet } from '../../../lambdas/aws/kubernetes-workload-objects.ts';
import type { IncidentRef } from '../../../lambdas/incident/contract.ts';
import type { Input, Settings } from '../../../lambdas/restart-workloads/contract.ts';
import { handler } from '../../../lambdas/restart-workloads/handler.ts';
import { addDeployment, loopbackNamespace, rollOut, type LoopbackNamespace } from '../loopback-namespace.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

const eks = mockClient(EKSClient);
let kubernetes: LoopbackNamespace;
let ledger: MemoryLedger;

const settings: Settings = {
  environment: 'dev',
  site: 'primary',
  ledgerBucket: 'ledger',
  ledgerRegion: 'eu-central-1',
  cluster: {
    region: 'eu-west-1',
    name: 'erlmcp-primary',
    namespace: 'erlmcp',
    deployments: [
      { name: 'erlmcp', after: [] },
      { name: 'gateway', after: ['erlmcp'] },
      { name: 'worker', after: [] },
    ],
  },
};

const deployment = (name: string) => kubernetes.get<KubeDeployment>('deployments', name);
const restartedAt = (name: string) =>
  deployment(name).spec.template.metadata?.annotations?.['kubectl.kubernetes.io/restartedAt'];
const imageOf = (name: string) => JSON.stringify(deployment(name).spec.template.spec);
const restart = (more: Partial<Input> = {}) =>
  handler({ incident, waves: [['erlmcp'], ['gateway']], action: 'restart', ...more });
const goBack = (more: Partial<Input> = {}) =>
  handler({ incident, waves: [['erlmcp']], action: 'roll-back', ...more });
const later: IncidentRef = { ...incident, id: 'dev-20261123-140000', epoch: incident.epoch + 1 };
const young = () => new Date(Date.now() - 30_000).toISOString();
const old = '2026-11-01T00:00:00Z';

function handOver(): void {
  ledger.write('lock.json', {
    ...ledger.read<object>('lock.json'),
    epoch: later.epoch,
    incidentId: later.id,
  });
  ledger.write(`incidents/${later.id}.json`, { ...ledger.record(), ref: later, preImages: {}, steps: [] });
}

beforeAll(async () => {
  kubernetes = await loopbackNamespace();
});
afterAll(() => kubernetes.close());
beforeEach(() => {
  ledger = memoryLedger();
  kubernetes.clear();
  deploy(settings);
  eks.reset();
  eks.on(DescribeClusterCommand).resolves({ cluster: kubernetes.cluster });
  for (const name of ['erlmcp', 'gateway', 'worker']) addDeployment(kubernetes, name);
});

describe('a restart', () => {
  it('goes wave by wave, each when the one before it is ready', async () => {
    expect(await restart()).toMatchObject({
      step: 'restart-workloads',
      status: 'changed',
      summary: 'restarted erlmcp',
      done: false,
      failed: [],
    });
    expect(restartedAt('erlmcp')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(restartedAt('gateway')).toBeUndefined();

    expect(await restart()).toMatchObject({ status: 'already-there', done: false });
    rollOut(kubernetes, 'erlmcp', { ready: 1 });
    expect(await restart()).toMatchObject({ summary: 'waiting for erlmcp (1 of 2 ready)', done: false });
    expect(restartedAt('gateway')).toBeUndefined();

    rollOut(kubernetes, 'erlmcp');
    expect(await restart()).toMatchObject({ status: 'changed', summary: 'restarted gateway' });
    rollOut(kubernetes, 'gateway');
    expect(await restart()).toMatchObject({
      status: 'already-there',
      done: true,
      summary: 'restarted: erlmcp (2 of 2 ready), gateway (2 of 2 ready)',
    });
    expect(kubernetes.writes).toEqual(['PATCH deployments/erlmcp', 'PATCH deployments/gateway']);
    expect(restartedAt('worker')).toBeUndefined();
  });

  it('of one wave is of all of it at once', async () => {
    await restart({ waves: [['erlmcp', 'worker']] });
    expect(kubernetes.writes).toEqual(['PATCH deployments/erlmcp', 'PATCH deployments/worker']);
  });

  it('is on the record with what stood there before, and without what the templates hold', async () => {
    await restart();
    const record = ledger.record();
    expect(record.preImages['restart-workloads']).toEqual([
      { name: 'erlmcp', action: 'restart', revision: 1, previousRevision: null, wanted: 2, ready: 2 },
      { name: 'gateway', action: 'restart', revision: 1, previousRevision: null, wanted: 2, ready: 2 },
    ]);
    expect(record.steps).toMatchObject([{ status: 'changed', summary: 'restarted erlmcp' }]);
    expect(JSON.stringify(record)).not.toContain('hunter2');
  });

  it('leaves the count, and everything else of the deployment, as it is', async () => {
    const { spec } = deployment('erlmcp');
    await restart();
    const now = deployment('erlmcp').spec;
    expect(now.replicas).toBe(spec.replicas);
    expect(now.template.spec).toEqual(spec.template.spec);
  });

  it('is done once by an incident, also when its answer was lost', async () => {
    await restart();
    ledger.write(`incidents/${incident.id}.json`, { ...ledger.record(), steps: [] });
    rollOut(kubernetes, 'erlmcp', { ready: 0 });
    expect(await restart()).toMatchObject({ status: 'changed', done: false });
    expect(kubernetes.writes).toHaveLength(1);
    expect(ledger.record().steps).toMatchObject([
      { status: 'changed', summary: 'restarted erlmcp, in an earlier try of this step' },
    ]);
    await restart();
    expect(ledger.record().steps).toHaveLength(1);
  });

  it('is done anew by the next incident', async () => {
    await restart();
    rollOut(kubernetes, 'erlmcp');
    handOver();
    expect(await restart({ incident: later })).toMatchObject({ status: 'changed' });
    expect(kubernetes.writes).toHaveLength(2);
  });

  it('by two executions at once is done once', async () => {
    const both = await Promise.all([restart(), restart()]);
    expect(both.map(({ status }) => status).toSorted()).toContain('changed');
    expect(kubernetes.get<KubeDeployment>('deployments', 'erlmcp').metadata.generation).toBe(2);
  });

  it('of what somebody writes at the same time is done on what they wrote', async () => {
    kubernetes.beforeWrite = () => {
      kubernetes.beforeWrite = () => undefined;
      const now = deployment('erlmcp');
      kubernetes.put('deployments', { ...now, ...{ spec: { ...now.spec, replicas: 3 } } });
    };
    expect(await restart()).toMatchObject({ status: 'changed' });
    expect(deployment('erlmcp').spec.replicas).toBe(3);
    expect(restartedAt('erlmcp')).toBeDefined();
  });

  it('of what others write without end is tried again later', async () => {
    kubernetes.beforeWrite = () => kubernetes.put('deployments', deployment('erlmcp'));
    await expect(restart()).rejects.toMatchObject({ name: 'TryAgain' });
  });

  it('changes nothing in a plan, and says the order', async () => {
    expect(await restart({ incident: planOnly, waves: [['erlmcp', 'worker'], ['gateway']] })).toMatchObject({
      status: 'planned',
      summary: 'would restart erlmcp, worker; then gateway',
      done: true,
      failed: [],
    });
    expect(kubernetes.writes).toEqual([]);
    expect(ledger.record().preImages).toEqual({});
  });

  it('is refused to an incident that has lost the lock', async () => {
    handOver();
    await expect(restart()).rejects.toMatchObject({ name: 'LockLost' });
    expect(kubernetes.asked).toEqual([]);
  });

  it('of nothing is done', async () => {
    expect(await restart({ waves: [] })).toMatchObject({ status: 'already-there', done: true });
  });

  it('of fifty deployments in one wave looks at each kind twice, and writes each once', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `app-${index}`);
    for (const name of names) addDeployment(kubernetes, name);
    const deployments = names.map((name) => ({ name, after: [] }));
    deploy({ ...settings, cluster: { ...settings.cluster, deployments } });
    await restart({ waves: [names] });
    expect(kubernetes.writes).toHaveLength(50);
    expect(kubernetes.asked.filter((each) => each.startsWith('GET'))).toHaveLength(8);
  });
});

describe('a deployment', () => {
  it('that is scaled to 0 is left alone, and that is said', async () => {
    addDeployment(kubernetes, 'erlmcp', { wanted: 0 });
    expect(await restart({ waves: [['erlmcp'], ['worker']] })).toMatchObject({ summary: 'restarted worker' });
    rollOut(kubernetes, 'worker');
    const { done, summary } = await restart({ waves: [['erlmcp'], ['worker']] });
    expect(done).toBe(true);
    expect(summary).toBe('restarted: worker (2 of 2 ready); left alone: erlmcp (it is scaled to 0)');
    expect(restartedAt('erlmcp')).toBeUndefined();
  });

  it.each([
    ['is not among the application’s', 'other', 'not among the application’s', 'erlmcp, gateway, worker'],
    [
      'does not exist',
      'worker',
      'worker is not restarted: there is no such deployment',
      'Nothing was changed',
    ],
  ])('that %s is refused before anything is changed', async (_, name, ...words) => {
    kubernetes.objects.get('deployments')?.delete('worker');
    const refused = restart({ waves: [['erlmcp'], [name]] });
    await expect(refused).rejects.toMatchObject({ name: 'UnsafePlan' });
    for (const word of words) await expect(refused).rejects.toThrow(word.replace('’', "'"));
    expect(kubernetes.writes).toEqual([]);
  });

  it('that is paused is refused with what to do', async () => {
    addDeployment(kubernetes, 'gateway', { paused: true });
    await expect(restart()).rejects.toThrow(
      'gateway is not restarted: its rollout is paused: kubectl rollout resume, when whoever paused it agrees. ' +
        'Nothing was changed',
    );
    expect(kubernetes.writes).toEqual([]);
  });

  it('that is paused meanwhile is refused with what was restarted before', async () => {
    await restart();
    rollOut(kubernetes, 'erlmcp');
    addDeployment(kubernetes, 'gateway', { paused: true });
    await expect(restart()).rejects.toThrow('Only erlmcp was restarted before that');
  });

  it.each([
    [{ waiting: 'CrashLoopBackOff', restarts: 3, at: young() }, 'main of revision 2 crashes again and again'],
    [{ waiting: 'ImagePullBackOff', at: old }, 'main of revision 2 cannot start (ImagePullBackOff)'],
    [{ waiting: 'CreateContainerConfigError', at: old }, 'cannot start (CreateContainerConfigError)'],
  ])('whose new pods %j has failed', async (pods, words) => {
    await restart();
    rollOut(kubernetes, 'erlmcp', { ready: 0, ...pods });
    const { done, failed, summary } = await restart();
    expect({ done, failed }).toEqual({ done: false, failed: ['erlmcp'] });
    expect(summary).toContain(words);
    expect(restartedAt('gateway')).toBeUndefined();
  });

  it.each([
    { waiting: 'CrashLoopBackOff', restarts: 2, at: old },
    { waiting: 'ImagePullBackOff', at: young() },
    { waiting: 'ContainerCreating', at: old },
  ])('whose new pods %j may yet become ready', async (pods) => {
    await restart();
    rollOut(kubernetes, 'erlmcp', { ready: 0, ...pods });
    expect(await restart()).toMatchObject({ done: false, failed: [] });
  });

  it('on which Kubernetes has given up since the restart has failed, and not for what it gave up on before', async () => {
    addDeployment(kubernetes, 'erlmcp', { stuck: true });
    await restart();
    rollOut(kubernetes, 'erlmcp', { ready: 0 });
    expect(await restart()).toMatchObject({ failed: [] });
    const now = deployment('erlmcp');
    const lastUpdateTime = new Date(Date.now() + 600_000).toISOString();
    const given = {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      lastUpdateTime,
    };
    kubernetes.put('deployments', { ...now, ...{ status: { ...now.status, conditions: [given] } } });
    const { failed, summary } = await restart();
    expect(failed).toEqual(['erlmcp']);
    expect(summary).toContain('Kubernetes has given up on revision 2 (ProgressDeadlineExceeded)');
  });
});

describe('a PodDisruptionBudget that allows no disruption', () => {
  const budget = (status: object, name = 'erlmcp') =>
    kubernetes.put('poddisruptionbudgets', {
      metadata: { name, uid: name },
      ...{ spec: { selector: { matchLabels: { app: 'erlmcp' } } }, status },
    });
  const none = { disruptionsAllowed: 0, currentHealthy: 4, desiredHealthy: 4, expectedPods: 4 };
  const four = (ready: number, more: object = {}, maxUnavailable: number | string = '25%') =>
    addDeployment(kubernetes, 'erlmcp', {
      wanted: 4,
      maxUnavailable,
      revisions: [{ image: 'erlmcp:1', pods: 4, ready, ...more }],
    });

  it('because pods crash is the very case to restart', async () => {
    four(3, { waiting: 'CrashLoopBackOff', at: young() });
    budget({ ...none, currentHealthy: 3 });
    expect(await restart()).toMatchObject({ status: 'changed' });
  });

  it('because pods are not ready for minutes is that, too', async () => {
    four(3, { at: old });
    budget({ ...none, currentHealthy: 3 });
    expect(await restart()).toMatchObject({ status: 'changed' });
  });

  it('because a pod has just gone is waited for', async () => {
    four(3, { at: young() });
    budget({ ...none, desiredHealthy: 4, currentHealthy: 3 });
    expect(await restart()).toMatchObject({
      status: 'already-there',
      done: false,
      summary: 'waiting for erlmcp (its PodDisruptionBudget erlmcp allows no disruption now)',
    });
    expect(kubernetes.writes).toEqual([]);
    expect(ledger.record().preImages).toEqual({});
    budget({ ...none, disruptionsAllowed: 1, desiredHealthy: 3 });
    expect(await restart()).toMatchObject({ status: 'changed' });
  });

  it('because pods of another deployment are away is waited for', async () => {
    four(4);
    budget({ disruptionsAllowed: 0, currentHealthy: 7, desiredHealthy: 8, expectedPods: 8 });
    expect(await restart()).toMatchObject({ done: false, status: 'already-there' });
  });

  it('and never will is refused, with what to set', async () => {
    four(4);
    budget(none);
    await expect(restart()).rejects.toThrow(
      'erlmcp is not restarted: its PodDisruptionBudget erlmcp allows no pod to be away, and its strategy takes 1 ' +
        'away at a time: set maxUnavailable of the strategy to 0 (and maxSurge to 1), or let the budget allow one. ' +
        'Nothing was changed',
    );
  });

  it.each([
    ['never takes a pod away before another is ready', 0, none],
    ['takes no more away than it wants to keep', 1, { ...none, desiredHealthy: 3, currentHealthy: 3 }],
  ])('does not hinder a strategy that %s', async (_, maxUnavailable, status) => {
    four(4, {}, maxUnavailable);
    budget(status);
    expect(await restart()).toMatchObject({ status: 'changed' });
  });

  it('of another application hinders nothing', async () => {
    four(4);
    kubernetes.put('poddisruptionbudgets', {
      metadata: { name: 'other', uid: 'other' },
      ...{ spec: { selector: { matchLabels: { app: 'other' } } }, status: none },
    });
    expect(await restart()).toMatchObject({ status: 'changed' });
  });
});

describe('a roll-back', () => {
  beforeEach(() => {
    addDeployment(kubernetes, 'erlmcp', {
      stuck: true,
      revisions: [
        { image: 'erlmcp:1' },
        { image: 'erlmcp:2', pods: 2, ready: 2 },
        { image: 'erlmcp:3', pods: 1, waiting: 'ImagePullBackOff' },
      ],
      annotations: { 'kubernetes.io/change-cause': 'release 3', team: 'platform' },
    });
    const set = kubernetes.get<KubeReplicaSet>('replicasets', 'erlmcp-hash2');
    const annotations = { ...set.metadata.annotations, 'kubernetes.io/change-cause': 'release 2' };
    kubernetes.put('replicasets', { ...set, metadata: { ...set.metadata, annotations } });
  });

  it('puts the previous revision’s template back as kubectl rollout undo does, and is done when that is ready', async () => {
    expect(await goBack()).toMatchObject({
      status: 'changed',
      summary: 'rolled erlmcp back from revision 3 to 2',
      done: false,
    });
    expect(imageOf('erlmcp')).toContain('erlmcp:2');
    const { metadata, spec } = deployment('erlmcp');
    expect(spec.template.metadata?.labels).toEqual({ app: 'erlmcp' });
    expect(spec.replicas).toBe(2);
    expect(metadata.annotations).toMatchObject({
      team: 'platform',
      'kubernetes.io/change-cause': 'release 2',
      'lifeboat/rolled-back-by': incident.id,
      'lifeboat/rolled-back-from': 'hash3',
    });
    rollOut(kubernetes, 'erlmcp');
    expect(await goBack()).toMatchObject({
      done: true,
      failed: [],
      summary: 'rolled back: erlmcp (2 of 2 ready)',
    });
    expect(kubernetes.writes).toEqual(['PUT deployments/erlmcp']);
  });

  it('is on the record by its revisions, and without what the templates hold', async () => {
    await goBack();
    expect(ledger.record().preImages['restart-workloads roll-back']).toEqual([
      { name: 'erlmcp', action: 'roll-back', revision: 3, previousRevision: 2, wanted: 2, ready: 2 },
    ]);
    expect(JSON.stringify([...ledger.objects.values()])).not.toContain('hunter2');
  });

  it('after a restart goes back past it', async () => {
    await restart({ waves: [['erlmcp']] });
    rollOut(kubernetes, 'erlmcp', { ready: 0, waiting: 'ImagePullBackOff', at: old });
    expect(await restart({ waves: [['erlmcp']] })).toMatchObject({ failed: ['erlmcp'] });
    await goBack();
    expect(imageOf('erlmcp')).toContain('erlmcp:2');
    rollOut(kubernetes, 'erlmcp');
    expect(await restart({ waves: [['erlmcp']] })).toMatchObject({ done: true });
  });

  it('is not taken back by the next incident', async () => {
    await goBack();
    rollOut(kubernetes, 'erlmcp');
    handOver();
    await goBack({ incident: later });
    expect(imageOf('erlmcp')).toContain('erlmcp:1');
  });

  it('does not count as failed for what Kubernetes gave up on before', async () => {
    await goBack();
    rollOut(kubernetes, 'erlmcp', { ready: 1 });
    expect(await goBack()).toMatchObject({ done: false, failed: [] });
  });

  it('without a revision that differs is refused', async () => {
    addDeployment(kubernetes, 'worker', { revisions: [{ image: 'w:1' }, { image: 'w:1', pods: 2 }] });
    await expect(goBack({ waves: [['worker']] })).rejects.toThrow(
      'worker is not rolled back: there is no older revision that differs from the newest. Nothing was changed',
    );
  });

  it('changes nothing in a plan', async () => {
    expect(await goBack({ incident: planOnly })).toMatchObject({
      status: 'planned',
      summary: 'would roll back erlmcp',
    });
    expect(kubernetes.writes).toEqual([]);
  });

  it('that is refused does not say what the API says of the template', async () => {
    kubernetes.refusals.set('PUT deployments/erlmcp', 422);
    await expect(goBack()).rejects.toMatchObject({ name: 'UnsafePlan' });
    await expect(goBack()).rejects.not.toThrow('is refused');
  });
});

describe('the Kubernetes API', () => {
  it('that does not let it write is told apart from one that has trouble', async () => {
    kubernetes.refusals.set('PATCH deployments/erlmcp', 403);
    await expect(restart()).rejects.toThrow('The access entry of this function');
    kubernetes.refusals.set('PATCH deployments/erlmcp', 503);
    await expect(restart()).rejects.toMatchObject({ name: 'TryAgain' });
    kubernetes.refusals.clear();
    expect(await restart()).toMatchObject({ status: 'changed' });
  });
});
