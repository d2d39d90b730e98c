import { beforeEach, describe, expect, it, vi } from 'vitest';
import { incident } from '../memory-ledger.ts';
import { bad, damagedCluster, good, planFile, run, snapshot, snapshotFile } from './damaged.ts';

const world = damagedCluster();
const dataOf = (key: string) => world.kubernetes.objects.get(key)?.data;

describe('what is immutable', () => {
  beforeEach(() => {
    world.kubernetes.put('secrets', 'erlmcp-keys', { type: 'Opaque', immutable: true, data: { token: bad } });
    snapshot(world);
  });
  const restored = () => dataOf('secrets/erlmcp-keys');

  it('is deleted and created', async () => {
    await run('plan');
    expect(await run('apply')).toMatchObject({ totals: { problems: [] } });
    expect(restored()).toEqual({ token: good });
  });

  it('is checked before it is deleted: what would be refused stays', async () => {
    await run('plan');
    world.kubernetes.refusals.set('POST secrets', 422);
    expect((await run('apply')).totals.problems).toMatchObject([{ key: 'Secret erlmcp-keys' }]);
    expect(restored()).toEqual({ token: bad });
  });

  it('and was deleted when the restore was killed is created by the next run', async () => {
    await run('plan');
    world.kubernetes.objects.delete('secrets/erlmcp-keys');
    expect(await run('plan')).toMatchObject({
      conflicts: [],
      totals: { overwrite: ['ConfigMap erlmcp', 'Secret erlmcp-keys'] },
    });
    expect(await run('apply')).toMatchObject({ conflicts: [] });
    expect(restored()).toEqual({ token: good });
  });

  it.each(['DELETE secrets/erlmcp-keys', 'POST secrets'])('survives a lost answer to %s', async (call) => {
    await run('plan');
    world.kubernetes.before.set('DELETE secrets/erlmcp-keys', () => world.kubernetes.lostAnswers.add(call));
    expect(await run('apply')).toMatchObject({ conflicts: [], totals: { problems: [] } });
    expect(restored()).toEqual({ token: good });
  });

  it('and is held by a finalizer is a problem, until it is let go', async () => {
    const held = { metadata: { finalizers: ['a/b'] }, type: 'Opaque', immutable: true, data: { token: bad } };
    world.kubernetes.put('secrets', 'erlmcp-keys', held);
    snapshot(world);
    await run('plan');
    expect((await run('apply')).totals.problems).toEqual([
      {
        key: 'Secret erlmcp-keys',
        problem: 'it is being deleted, and waits for its finalizers (a/b)',
      },
    ]);
    world.kubernetes.objects.delete('secrets/erlmcp-keys');
    await run('apply');
    expect(restored()).toEqual({ token: good });
  });

  it('counts also for the type of a Secret', async () => {
    world.kubernetes.put('secrets', 'erlmcp-keys', {
      type: 'world.kubernetes.io/tls',
      data: { token: good },
    });
    snapshot(world);
    await run('plan');
    await run('apply');
    expect(world.kubernetes.objects.get('secrets/erlmcp-keys')).toMatchObject({ type: 'Opaque' });
  });
});

describe('a restore that is killed', () => {
  /** Calls of the cluster that plan, apply and verify make together. */
  const points = Array.from({ length: 18 }, (_, index) => index + 1);

  it.each(points)(
    'at its call %d, and run again, ends in the same state with the snapshot intact',
    async (at) => {
      vi.spyOn(Math, 'random').mockReturnValue(0);
      world.kubernetes.put('secrets', 'fixed', { type: 'Opaque', immutable: true, data: { token: bad } });
      world.kubernetes.put('secrets', 'erlmcp-keys', {
        type: 'Opaque',
        immutable: true,
        data: { token: bad },
      });
      snapshot(world);
      const kept = world.ledger.read(snapshotFile);
      world.kubernetes.callsLeft = at;
      await run('plan')
        .then(() => run('apply'))
        .then(() => run('verify'))
        .catch((error: unknown) => {
          expect(error).toMatchObject({ name: 'TryAgain' });
        });
      expect(world.kubernetes.callsLeft).toBeLessThanOrEqual(0);
      world.kubernetes.callsLeft = Infinity;
      await run('plan');
      expect(await run('apply')).toMatchObject({
        conflicts: [],
        totals: {
          bringBack: ['ConfigMap limits'],
          overwrite: ['ConfigMap erlmcp', 'Secret erlmcp-keys'],
          remove: ['ConfigMap extra', 'Secret fixed'],
          unchanged: 1,
          problems: [],
        },
      });
      expect(await run('verify')).toMatchObject({ status: 'already-there', conflicts: [] });
      expect(dataOf('secrets/erlmcp-keys')).toEqual({ token: good });
      expect([...world.kubernetes.objects.keys()].toSorted()).toEqual([
        ...['configmaps/erlmcp', 'configmaps/limits', 'configmaps/same', 'configmaps/scratch'],
        'secrets/erlmcp-keys',
      ]);
      expect(world.ledger.read(snapshotFile)).toEqual(kept);
    },
  );
});

it('says nothing of what a Secret holds: not in outputs, errors, logs or on the ledger', async () => {
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
  const texts: string[] = [];
  const keepWords = async (phase: 'plan' | 'apply' | 'verify') => {
    try {
      texts.push(JSON.stringify(await run(phase)));
    } catch (error) {
      const { message, stack, cause } = error as Error;
      texts.push(message, stack ?? '', String(cause));
    }
  };
  await keepWords('plan');
  for (const status of [400, 403, 409, 413, 422, 500]) {
    world.kubernetes.refusals.set('PUT secrets/erlmcp-keys', status);
    await keepWords('apply');
    await keepWords('verify');
  }
  world.kubernetes.refusals.clear();
  await keepWords('apply');
  await keepWords('verify');
  write.mockRestore();
  const onLedger = [planFile, `incidents/${incident.id}.json`].map(
    (key) => world.ledger.objects.get(key)?.text,
  );
  for (const text of [...lines, ...texts, ...onLedger]) {
    for (const value of [good, bad, 'hunter2', 'swordfish']) expect(text).not.toContain(value);
  }
  expect(dataOf('secrets/erlmcp-keys')).toEqual({ token: good });
});
