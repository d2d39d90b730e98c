import { describe, expect, it, vi } from 'vitest';
import { incident } from '../memory-ledger.ts';
import { configMap, damagedCluster, good, plan, run, snapshot } from './damaged.ts';

const world = damagedCluster();
const dataOf = (key: string) => world.kubernetes.objects.get(key)?.data;

describe('applying the plan', () => {
  it('brings all back, byte for byte, and nothing else', async () => {
    await run('plan');
    expect(await run('apply')).toMatchObject({
      status: 'changed',
      conflicts: [],
      totals: { bringBack: ['ConfigMap limits'], remove: ['ConfigMap extra'], unchanged: 1, problems: [] },
      after: { bringBack: 0, overwrite: 0, remove: 0, problems: 0 },
    });
    expect(dataOf('configmaps/erlmcp')).toEqual({ pool: '10' });
    expect(world.kubernetes.objects.get('configmaps/erlmcp')?.metadata).toMatchObject({
      labels: { app: 'erlmcp' },
    });
    expect(dataOf('secrets/erlmcp-keys')).toEqual({ token: good });
    expect([...world.kubernetes.objects.keys()].toSorted()).toEqual([
      'configmaps/erlmcp',
      'configmaps/limits',
      'configmaps/same',
      'configmaps/scratch',
      'secrets/erlmcp-keys',
    ]);
    expect(await run('verify')).toMatchObject({ status: 'already-there', totals: { unchanged: 4 } });
  });

  it('a second time changes nothing, and says the same', async () => {
    await run('plan');
    const { totals } = await run('apply');
    world.kubernetes.writes.length = 0;
    expect(await run('apply')).toMatchObject({ status: 'already-there', totals });
    expect(world.kubernetes.writes).toEqual([]);
  });

  it('keeps the name of the snapshot as what stood there before, and no content', async () => {
    await run('plan');
    await run('apply');
    expect(world.ledger.record().preImages).toEqual({ 'restore-objects': { snapshot: plan.snapshot } });
    expect(world.ledger.record().steps).toMatchObject([{ step: 'restore-objects', status: 'changed' }]);
  });

  it('leaves what somebody writes during the restore, and tells', async () => {
    await run('plan');
    configMap(world, 'extra', { data: { by: 'somebody' } });
    world.kubernetes.objects.delete('secrets/erlmcp-keys');
    world.kubernetes.before.set('PUT configmaps/erlmcp', () =>
      configMap(world, 'erlmcp', { data: { pool: '11' } }),
    );
    world.kubernetes.before.set('POST configmaps', () => configMap(world, 'limits', { data: { cpu: '4' } }));
    const output = await run('apply');
    const conflicts = ['ConfigMap erlmcp', 'ConfigMap extra', 'ConfigMap limits', 'Secret erlmcp-keys'];
    expect(output.conflicts.toSorted()).toEqual(conflicts);
    expect([dataOf('configmaps/erlmcp'), dataOf('configmaps/limits'), dataOf('configmaps/extra')]).toEqual([
      { pool: '11' },
      { cpu: '4' },
      { by: 'somebody' },
    ]);
    expect(world.kubernetes.writes).toEqual([]);
    const verified = await run('verify');
    expect(verified).toMatchObject({ status: 'already-there', totals: { overwrite: [], problems: [] } });
    expect(verified.conflicts.toSorted()).toEqual(conflicts);
  });

  it('takes what somebody else has made right for done', async () => {
    await run('plan');
    world.kubernetes.before.set('PUT configmaps/erlmcp', () =>
      configMap(world, 'erlmcp', { metadata: { labels: { app: 'erlmcp' } }, data: { pool: '10' } }),
    );
    world.kubernetes.before.set('DELETE configmaps/extra', () =>
      world.kubernetes.objects.delete('configmaps/extra'),
    );
    expect(await run('apply')).toMatchObject({ conflicts: [], totals: { problems: [] } });
  });

  it.each(['POST configmaps', 'PUT configmaps/erlmcp', 'DELETE configmaps/extra'])(
    'finds what it has done when the answer to %s is lost',
    async (call) => {
      await run('plan');
      world.kubernetes.lostAnswers.add(call);
      expect(await run('apply')).toMatchObject({ status: 'changed', conflicts: [] });
      expect(await run('verify')).toMatchObject({ status: 'already-there' });
    },
  );

  it('keeps finalizers, which are of whoever put them there', async () => {
    configMap(world, 'erlmcp', { metadata: { finalizers: ['a/b'] }, data: { pool: '99' } });
    snapshot(world);
    await run('plan');
    await run('apply');
    expect(world.kubernetes.objects.get('configmaps/erlmcp')).toMatchObject({
      metadata: { finalizers: ['a/b'] },
      data: { pool: '10' },
    });
  });

  it.each([
    [413, 'it is too large for the cluster (413)'],
    [422, 'the cluster refuses it: 422 Invalid (data FieldValueTooLong)'],
    [403, 'the cluster forbids it (403): the access of this function, a quota or an admission policy does'],
  ])('goes on with the others when the cluster answers %d, and names the one', async (status, problem) => {
    await run('plan');
    world.kubernetes.refusals.set('PUT secrets/erlmcp-keys', status);
    const output = await run('apply');
    expect(output.totals.problems).toEqual([{ key: 'Secret erlmcp-keys', problem }]);
    expect(output.totals.overwrite).toEqual(['ConfigMap erlmcp']);
    expect(dataOf('configmaps/erlmcp')).toEqual({ pool: '10' });
    expect(await run('verify')).toMatchObject({
      status: 'refused',
      totals: { overwrite: ['Secret erlmcp-keys'] },
      conflicts: [],
    });
    expect(world.ledger.record().checks).toMatchObject([
      { name: 'verify/the cluster of the primary', held: false },
    ]);
  });

  it('does what can be done, and asks to be called again, when the cluster fails for one', async () => {
    await run('plan');
    world.kubernetes.refusals.set('PUT secrets/erlmcp-keys', 503);
    await expect(run('apply')).rejects.toMatchObject({
      name: 'TryAgain',
      message: expect.stringMatching(/^3 of 4 objects are done; Secret erlmcp-keys: PUT .*503/),
    });
    world.kubernetes.refusals.clear();
    expect(await run('apply')).toMatchObject({
      totals: { overwrite: ['ConfigMap erlmcp', 'Secret erlmcp-keys'] },
    });
  });

  it('stops beginning when its time is up, and goes on when it is called again', async () => {
    await run('plan');
    const start = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: start });
    world.kubernetes.before.set('GET namespace', () => vi.setSystemTime(start + 30_000));
    await expect(run('apply')).rejects.toMatchObject({
      name: 'TryAgain',
      message: expect.stringContaining('0 of 4 objects are done'),
    });
    expect(await run('apply')).toMatchObject({ status: 'changed' });
    vi.useRealTimers();
  });

  it('is refused without a plan, and to an incident that has lost the lock', async () => {
    await expect(run('apply')).rejects.toMatchObject({ name: 'UnsafePlan' });
    await expect(run('apply', { ...incident, epoch: 2 })).rejects.toMatchObject({ name: 'LockLost' });
    expect(world.kubernetes.writes).toEqual([]);
  });
});
