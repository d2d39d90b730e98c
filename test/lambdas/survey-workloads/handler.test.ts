import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../../lambdas/survey-workloads/contract.ts';
import { handler } from '../../../lambdas/survey-workloads/handler.ts';
import { addDeployment, loopbackNamespace, type LoopbackNamespace } from '../loopback-namespace.ts';
import { deploy } from '../memory-ledger.ts';

const eks = mockClient(EKSClient);
let kubernetes: LoopbackNamespace;

const deployments = (...names: string[]) => names.map((name) => ({ name, after: [] }));
const settings: Settings = {
  environment: 'dev',
  site: 'primary',
  cluster: {
    region: 'eu-west-1',
    name: 'erlmcp-primary',
    namespace: 'erlmcp',
    deployments: deployments('erlmcp'),
  },
};
const surveying = (...names: string[]) =>
  deploy({ ...settings, cluster: { ...settings.cluster, deployments: deployments(...names) } });

beforeAll(async () => {
  kubernetes = await loopbackNamespace();
});
afterAll(() => kubernetes.close());
beforeEach(() => {
  kubernetes.clear();
  deploy(settings);
  eks.reset();
  eks.on(DescribeClusterCommand).resolves({ cluster: kubernetes.cluster });
});

const only = async () => (await handler()).workloads[0];

describe('a deployment', () => {
  it('that serves is seen with its counts and its revision', async () => {
    addDeployment(kubernetes, 'erlmcp');
    expect(await handler()).toMatchObject({
      site: 'primary',
      workloads: [
        {
          name: 'erlmcp',
          exists: true,
          wanted: 2,
          ready: 2,
          updated: 2,
          updatedReady: 2,
          revision: '1',
          previousRevision: null,
          revisionAt: '2026-11-01T00:00:00Z',
          stuck: false,
          restarts: 0,
          waiting: [],
          endpoints: null,
          disruptionsAllowed: null,
        },
      ],
    });
  });

  it('that does not exist is seen as such', async () => {
    expect(await only()).toMatchObject({ name: 'erlmcp', exists: false, ready: 0 });
  });

  it('whose newest pods cannot start is seen with what they wait for, not with what older ones wait for', async () => {
    addDeployment(kubernetes, 'erlmcp', {
      stuck: true,
      revisions: [
        { image: 'erlmcp:1', pods: 2, ready: 1, waiting: 'CrashLoopBackOff', restarts: 3 },
        { image: 'erlmcp:2', pods: 1, waiting: 'ImagePullBackOff' },
      ],
    });
    expect(await only()).toMatchObject({
      ready: 1,
      updated: 1,
      updatedReady: 0,
      waiting: ['ImagePullBackOff'],
      restarts: 6,
      stuck: true,
      revision: '2',
      previousRevision: '1',
    });
  });

  it('that was only restarted has no other revision to go back to', async () => {
    addDeployment(kubernetes, 'erlmcp', {
      revisions: [
        { image: 'erlmcp:1', at: '2026-11-02T00:00:00Z' },
        { image: 'erlmcp:1', pods: 2, at: '2026-11-03T00:00:00Z' },
      ],
    });
    expect(await only()).toMatchObject({
      revision: '2',
      previousRevision: null,
      revisionAt: '2026-11-02T00:00:00Z',
    });
  });

  it('that was rolled back has not the revision to go back to that it came from', async () => {
    addDeployment(kubernetes, 'erlmcp', {
      revisions: [{ image: 'erlmcp:0' }, { image: 'erlmcp:2' }, { image: 'erlmcp:1', pods: 2, ready: 2 }],
      annotations: { 'lifeboat/rolled-back-from': 'hash2' },
    });
    expect(await only()).toMatchObject({ previousRevision: '1' });
  });

  it('whose pods fit nowhere is seen as that', async () => {
    addDeployment(kubernetes, 'erlmcp', { revisions: [{ image: 'erlmcp:1', pods: 1 }] });
    const pod = kubernetes.get('pods', 'erlmcp-hash1-0');
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];
    kubernetes.put('pods', { ...pod, ...{ status: { phase: 'Pending', conditions } } });
    expect(await only()).toMatchObject({ waiting: ['Unschedulable'], ready: 0 });
  });
});

describe('what stands around a deployment', () => {
  const service = (name: string, selector: object | null) =>
    kubernetes.put('services', { metadata: { name, uid: name }, ...{ spec: { selector } } });
  const slice = (of: string, ...endpoints: object[]) =>
    kubernetes.put('endpointslices', {
      metadata: { name: `${of}-1`, uid: of, labels: { 'kubernetes.io/service-name': of } },
      ...{ endpoints },
    });
  const budget = (name: string, selector: object | undefined, disruptionsAllowed: number) =>
    kubernetes.put('poddisruptionbudgets', {
      metadata: { name, uid: name },
      ...{ spec: { selector }, status: { disruptionsAllowed } },
    });

  beforeEach(() => addDeployment(kubernetes, 'erlmcp'));

  it('are its own ready addresses, of the service that has fewest', async () => {
    const target = (name: string) => ({ kind: 'Pod', name });
    service('erlmcp', { app: 'erlmcp' });
    service('other', { app: 'other' });
    service('external', null);
    slice(
      'erlmcp',
      { addresses: ['10.0.0.1'], targetRef: target('erlmcp-hash1-0') },
      { addresses: ['10.0.0.2'], conditions: { ready: false }, targetRef: target('erlmcp-hash1-1') },
      { addresses: ['10.0.0.3'], conditions: { ready: true }, targetRef: target('canary-1') },
    );
    expect(await only()).toMatchObject({ endpoints: 1 });
    service('erlmcp-admin', { app: 'erlmcp' });
    expect(await only()).toMatchObject({ endpoints: 0 });
  });

  it.each([
    [{ matchLabels: { app: 'erlmcp' } }, 1],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'erlmcp'] }] }, 1],
    [{ matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, 1],
    [{}, 1],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['erlmcp'] }] }, null],
    [{ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, null],
    [{ matchLabels: { app: 'other' } }, null],
    [undefined, null],
  ])('is its budget when that selects it by %j', async (selector, allowed) => {
    budget('pdb', selector, 1);
    expect(await only()).toMatchObject({ disruptionsAllowed: allowed });
  });

  it('are the last ten warnings about it and its pods, also those that are gone', async () => {
    const event = (kind: string, name: string, minute: number, type = 'Warning') =>
      kubernetes.put('events', {
        metadata: { name: `e${minute}${name}`, uid: '' },
        ...{
          type,
          reason: 'BackOff',
          message: `minute ${minute}`,
          count: 2,
          lastTimestamp: `2026-11-23T10:${String(minute).padStart(2, '0')}:00Z`,
          involvedObject: { kind, name },
        },
      });
    for (let minute = 10; minute < 20; minute++) event('Pod', 'erlmcp-hash1-gone', minute);
    event('Deployment', 'erlmcp', 30);
    event('Pod', 'erlmcp-hash1-0', 31, 'Normal');
    event('Pod', 'other-hash1-0', 32);
    event('Node', 'erlmcp', 33);
    const { warnings = [] } = (await only()) ?? {};
    expect(warnings).toHaveLength(10);
    expect(warnings[0]).toBe('2026-11-23T10:30:00Z Deployment erlmcp BackOff: minute 30 (2 times)');
    expect(warnings.at(-1)).toContain('minute 11');
  });
});

describe('nodes', () => {
  const node = (name: string, status: string, providerID = 'aws:///eu-west-1a/i-0abc') =>
    kubernetes.put('nodes', {
      metadata: { name, uid: name, labels: { 'eks.amazonaws.com/nodegroup': 'workers' } },
      ...{
        spec: { providerID, unschedulable: true },
        status: {
          conditions: [
            { type: 'Ready', status, reason: 'KubeletNotReady', lastTransitionTime: '2026-11-23T10:00:00Z' },
          ],
        },
      },
    });

  it('are seen with their group, their instance and whether they are ready', async () => {
    node('a', 'True');
    node('b', 'False');
    node('c', 'Unknown', 'fargate');
    expect((await handler()).nodes).toEqual([
      {
        name: 'a',
        group: 'workers',
        instanceId: 'i-0abc',
        ready: true,
        since: '2026-11-23T10:00:00Z',
        reason: 'KubeletNotReady',
        cordoned: true,
      },
      expect.objectContaining({ name: 'b', ready: false }),
      expect.objectContaining({ name: 'c', ready: 'unknown', instanceId: null }),
    ]);
  });

  it('are null when the function may not look at them', async () => {
    kubernetes.refusals.set('GET nodes', 403);
    expect((await handler()).nodes).toBeNull();
  });

  it('are not null when the function is not known at all', async () => {
    kubernetes.refusals.set('GET nodes', 401);
    await expect(handler()).rejects.toThrow('it has no access entry');
  });
});

describe('the look', () => {
  it('at fifty deployments asks for each kind once', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `app-${index}`);
    for (const name of names) addDeployment(kubernetes, name);
    surveying(...names);
    const { workloads } = await handler();
    expect(workloads.map(({ ready }) => ready)).toEqual(names.map(() => 2));
    expect(kubernetes.asked.toSorted()).toEqual(
      [
        'deployments',
        'endpointslices',
        'events',
        'nodes',
        'poddisruptionbudgets',
        'pods',
        'replicasets',
        'services',
      ].map((plural) => `GET ${plural}`),
    );
  });

  it('sees what is on later pages', async () => {
    for (const name of ['a', 'b', 'c']) addDeployment(kubernetes, name);
    kubernetes.pageSize = 2;
    surveying('a', 'b', 'c');
    expect((await handler()).workloads.map(({ updatedReady }) => updatedReady)).toEqual([2, 2, 2]);
  });

  it('is tried again when the API has trouble', async () => {
    kubernetes.refusals.set('GET pods', 503);
    await expect(handler()).rejects.toMatchObject({ name: 'TryAgain' });
  });

  it('takes a refusal to list for no empty list', async () => {
    kubernetes.refusals.set('GET deployments', 403);
    await expect(handler()).rejects.toThrow('does not allow it');
  });
});
