import { describe, expect, it } from 'vitest';
import { delays } from '../../../../drill/cloud/delays.ts';
import { deployment, mergePatch, pass, startWorld, type World } from './world.ts';

const podReady = delays.podReady / 1000 + 1;
const pods = '/api/v1/namespaces/erlmcp/pods';
const bad = 'registry.company.com/erlmcp:2.0.0';

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly containerStatuses: readonly {
      readonly restartCount: number;
      readonly ready: boolean;
      readonly state: { readonly waiting?: { readonly reason: string }; readonly running?: object };
      readonly lastState: { readonly terminated?: { readonly exitCode: number } };
    }[];
  };
}

const podsOf = async ({ call }: World) => (await call('GET', pods)).body['items'] as readonly Pod[];
const containers = async (world: World) =>
  (await podsOf(world)).flatMap(({ status }) => status.containerStatuses);
const template = (more: object) => ({ body: { spec: { template: more } }, type: mergePatch });
const restart = template({ metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } });
const release = (image: string) => template({ spec: { containers: [{ name: 'erlmcp', image }] } });
const ready = ({ cluster }: World) => cluster.deployment('erlmcp', 'erlmcp')?.ready;
const log = async ({ call }: World, pod: string, query = '') => {
  const { status, text } = await call('GET', `${pods}/${pod}/log${query}`);
  return { status, text };
};

describe('a deployment that wedges', () => {
  it('runs on and is not ready, and a restart of its pods heals it', async () => {
    const world = await startWorld();
    world.cluster.wedgeDeployment('erlmcp', 'erlmcp', { says: 'ERROR pool exhausted' });
    await pass(world.clock, 600);
    expect(ready(world)).toBe(0);
    const [pod] = await podsOf(world);
    expect(pod?.status.containerStatuses).toMatchObject([{ ready: false, restartCount: 0, lastState: {} }]);
    expect(pod?.status.containerStatuses[0]?.state).toHaveProperty('running');
    expect((await log(world, pod?.metadata.name ?? '', '?tailLines=1')).text).toContain('pool exhausted');
    await world.call('PATCH', deployment, restart);
    await pass(world.clock, 3 * podReady);
    expect(ready(world)).toBe(2);
    expect(world.cluster.deployment('erlmcp', 'erlmcp')?.pods).toBe(2);
  });

  it('crashes again and again with rising restarts when told to, until its pods are replaced', async () => {
    const world = await startWorld();
    world.cluster.wedgeDeployment('erlmcp', 'erlmcp', { fate: 'crashes', says: 'FATAL index is damaged' });
    await pass(world.clock, 1);
    const first = await containers(world);
    expect(first[0]).toMatchObject({
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1 } },
    });
    await pass(world.clock, 600);
    const later = await containers(world);
    expect(later[0]?.restartCount).toBeGreaterThan(first[0]?.restartCount ?? 0);
    const [pod] = await podsOf(world);
    expect((await log(world, pod?.metadata.name ?? '', '?previous=true')).text).toContain('index is damaged');
    await world.call('PATCH', deployment, restart);
    await pass(world.clock, 3 * podReady);
    expect(ready(world)).toBe(2);
  });

  it('is not a rollout that failed', async () => {
    const world = await startWorld();
    world.cluster.wedgeDeployment('erlmcp', 'erlmcp');
    await pass(world.clock, 900);
    expect((await world.call('GET', deployment)).body).toMatchObject({
      status: { conditions: [{ type: 'Available', status: 'False' }, { reason: 'NewReplicaSetAvailable' }] },
    });
  });
});

describe('a bad release', () => {
  it('never becomes ready and leaves the old pods, and going back is a new revision of the old set', async () => {
    const world = await startWorld();
    world.cluster.spoilImage(bad);
    const before = (await world.call('GET', deployment)).body as { spec: { template: object } };
    await world.call('PATCH', deployment, release(bad));
    await pass(world.clock, 700);
    expect(ready(world)).toBe(2);
    expect((await world.call('GET', deployment)).body).toMatchObject({
      metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' } },
      status: { conditions: [{}, { status: 'False', reason: 'ProgressDeadlineExceeded' }] },
    });
    await world.call('PATCH', deployment, template(before.spec.template));
    await pass(world.clock, 2 * podReady);
    expect((await world.call('GET', deployment)).body).toMatchObject({
      metadata: { annotations: { 'deployment.kubernetes.io/revision': '3' } },
      status: { conditions: [{}, { status: 'True', reason: 'NewReplicaSetAvailable' }], replicas: 2 },
    });
    const sets = (await world.call('GET', '/apis/apps/v1/namespaces/erlmcp/replicasets')).body['items'];
    expect(sets).toHaveLength(2);
    expect(sets).toContainEqual(
      expect.objectContaining({
        metadata: expect.objectContaining({
          annotations: {
            'deployment.kubernetes.io/revision': '3',
            'deployment.kubernetes.io/revision-history': '1',
          },
        }) as object,
      }),
    );
  });

  it('comes up by itself once its image is good', async () => {
    const world = await startWorld();
    world.cluster.spoilImage(bad, { fate: 'cannot-pull' });
    await world.call('PATCH', deployment, release(bad));
    await pass(world.clock, 60);
    const waiting = (await containers(world)).map(({ state }) => state.waiting?.reason);
    expect(waiting).toContain('ImagePullBackOff');
    world.cluster.mendImage(bad);
    await pass(world.clock, 4 * podReady);
    expect(world.cluster.deployment('erlmcp', 'erlmcp')).toMatchObject({ ready: 2, updated: 2, pods: 2 });
  });

  it('can be told by anything about its pods', async () => {
    const world = await startWorld();
    const end = world.cluster.ailPods(({ metadata }) => metadata.annotations?.['release'] === '7');
    await world.call('PATCH', deployment, template({ metadata: { annotations: { release: '7' } } }));
    await pass(world.clock, 60);
    expect(world.cluster.deployment('erlmcp', 'erlmcp')).toMatchObject({ ready: 2, updated: 1 });
    end();
    await pass(world.clock, 4 * podReady);
    expect(world.cluster.deployment('erlmcp', 'erlmcp')).toMatchObject({ ready: 2, updated: 2 });
  });
});

describe('a log', () => {
  it('is cut to the lines and bytes asked for', async () => {
    const world = await startWorld();
    const [pod] = await podsOf(world);
    const name = pod?.metadata.name ?? '';
    const whole = (await log(world, name)).text;
    expect(whole.trim().split('\n').length).toBeGreaterThan(2);
    expect((await log(world, name, '?tailLines=1')).text).toBe(`${whole.trim().split('\n').at(-1) ?? ''}\n`);
    expect((await log(world, name, '?limitBytes=10')).text).toBe(whole.slice(0, 10));
  });

  it.each([
    ['of a run that was not', '?previous=true', 'previous terminated container'],
    ['of a container that is not', '?container=sidecar', 'container sidecar is not valid for pod'],
  ])('%s is refused', async (_, query, message) => {
    const world = await startWorld();
    const [pod] = await podsOf(world);
    const { status, text } = await log(world, pod?.metadata.name ?? '', query);
    expect(status).toBe(400);
    expect(text).toContain(message);
  });

  it('of a container whose image cannot be pulled says that it waits', async () => {
    const world = await startWorld();
    world.cluster.spoilImage(bad, { fate: 'cannot-pull' });
    await world.call('PATCH', deployment, release(bad));
    await pass(world.clock, 60);
    const waiting = (await podsOf(world)).find(({ status }) => status.containerStatuses[0]?.state.waiting);
    const { status, text } = await log(world, waiting?.metadata.name ?? '');
    expect({ status, text }).toEqual({
      status: 400,
      text: expect.stringContaining('is waiting to start: ImagePullBackOff') as string,
    });
  });
});

describe('events', () => {
  it('that happen again are counted, and are selected by what they are about', async () => {
    const world = await startWorld();
    world.cluster.wedgeDeployment('erlmcp', 'erlmcp', { fate: 'crashes' });
    await pass(world.clock, 300);
    const [pod] = await podsOf(world);
    const query = `fieldSelector=involvedObject.name=${pod?.metadata.name ?? ''},reason=BackOff,type=Warning`;
    const { body } = await world.call('GET', `/api/v1/namespaces/erlmcp/events?${query}`);
    const items = body['items'] as { count: number }[];
    expect(items).toHaveLength(1);
    expect(items[0]?.count).toBeGreaterThan(2);
  });
});
