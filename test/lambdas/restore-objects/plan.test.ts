import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { handler } from '../../../lambdas/restore-objects/handler.ts';
import { awsError, deploy, incident, planOnly } from '../memory-ledger.ts';
import {
  configMap,
  damagedCluster,
  exportKey,
  good,
  plan,
  planFile,
  run,
  settings,
  snapshot,
  snapshotFile,
} from './damaged.ts';

const world = damagedCluster();

describe('a plan', () => {
  it('says by name what would be brought back, overwritten and deleted, and changes nothing', async () => {
    expect(await run('plan')).toMatchObject({
      status: 'planned',
      totals: {
        bringBack: ['ConfigMap limits'],
        overwrite: ['ConfigMap erlmcp', 'Secret erlmcp-keys'],
        remove: ['ConfigMap extra'],
        unchanged: 1,
        problems: [],
      },
      conflicts: [],
      summary: 'ConfigMaps and Secrets: 1 to bring back, 2 to overwrite, 1 to delete, 1 unchanged',
    });
    expect(world.kubernetes.writes).toEqual([]);
    expect(world.ledger.written).toEqual([planFile]);
  });

  it('is refused before what is there now is kept', async () => {
    world.ledger.objects.delete(snapshotFile);
    await expect(run('plan')).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringContaining('Nothing was changed: what is there now must be kept'),
    });
  });

  it('leaves alone what somebody has written since the snapshot', async () => {
    configMap(world, 'erlmcp', { data: { pool: '11' } });
    configMap(world, 'brand-new');
    const output = await run('plan');
    expect(output.conflicts).toEqual(['ConfigMap erlmcp', 'ConfigMap brand-new']);
    expect(output.totals.overwrite).toEqual(['Secret erlmcp-keys']);
    expect(output.totals.remove).toEqual(['ConfigMap extra']);
    expect(output.summary).toContain('written by somebody since the snapshot, and left as they are');
  });

  it('of a plan only needs no snapshot and leaves nothing behind', async () => {
    world.ledger.objects.delete(snapshotFile);
    for (const phase of ['plan', 'apply'] as const) {
      expect(await run(phase, planOnly)).toMatchObject({ status: 'planned', conflicts: [] });
    }
    expect([world.ledger.written, world.kubernetes.writes]).toEqual([[], []]);
  });

  it('leaves alone what was there then and was not exported, whoever owns it now', async () => {
    configMap(world, 'adopted');
    snapshot(world);
    expect((await run('plan')).totals.remove).toEqual(['ConfigMap extra']);
  });

  it('that stands is gone on with: what was written after it is told, not planned anew', async () => {
    await run('plan');
    configMap(world, 'erlmcp', { data: { pool: '11' } });
    expect(await run('plan')).toMatchObject({ conflicts: ['ConfigMap erlmcp'] });
    expect(world.ledger.written).toEqual([planFile]);
  });

  it.each<[string, object, string]>([
    [
      'a controller makes now',
      { metadata: { ownerReferences: [{ kind: 'Operator', name: 'o' }] } },
      'Operator o makes it',
    ],
    [
      'is on its way out',
      { metadata: { deletionTimestamp: '2026-11-23T11:00:00Z', finalizers: ['a/b'] } },
      'it is being deleted, and waits for its finalizers (a/b)',
    ],
  ])('has a problem with an object that %s', async (_, is, problem) => {
    configMap(world, 'erlmcp', is);
    expect((await run('plan')).totals.problems).toEqual([
      { key: 'ConfigMap erlmcp', problem: expect.stringContaining(problem) as string },
    ]);
  });

  it('of more than a state can name is refused', async () => {
    for (let index = 0; index < 3_000; index++)
      configMap(world, `a-rather-long-name-of-a-config-map-${index}`);
    snapshot(world);
    await expect(run('plan')).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringMatching(/^3004 objects .* more than are restored in one go/),
    });
  });
});

describe('what a restore reads', () => {
  it('nothing of, when nothing was exported by then', async () => {
    const output = await handler({ incident, plan: { ...plan, exportKey: null }, phase: 'plan' });
    expect(output).toMatchObject({ status: 'already-there', totals: { bringBack: [], unchanged: 0 } });
    expect(world.kubernetes.calls).toEqual([]);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'an export that is gone',
      () => world.ledger.objects.delete(exportKey),
      /^exports\/primary\/.* is not in exports any more/,
    ],
    [
      'an export that is damaged',
      () => world.ledger.write(exportKey, { ...world.ledger.read<object>(exportKey), configMaps: [] }),
      /is damaged: what it holds is not what its hash says/,
    ],
    [
      'an export that is cut off',
      () => world.ledger.objects.set(exportKey, { text: `{"secrets":"${good}`, etag: '"1"' }),
      /is damaged/,
    ],
    [
      'an export of another namespace',
      () => deploy({ ...settings, cluster: { ...settings.cluster, namespace: 'other' } }),
      /is of the namespace erlmcp, and this environment has other now/,
    ],
    [
      'a namespace that is gone',
      () => (world.kubernetes.namespace = null),
      /namespace erlmcp of cluster erlmcp-primary does not exist. Nothing was changed. Create it/,
    ],
    [
      'a namespace that is being deleted',
      () => (world.kubernetes.namespace = 'Terminating'),
      /is being deleted, and takes nothing new. Nothing was changed/,
    ],
  ])('is refused with what to do: %s', async (_, damage, message) => {
    damage();
    const refused = run('plan');
    await expect(refused).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringMatching(message) as string,
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining(good) as string });
    expect(world.ledger.written).toEqual([]);
  });

  it.each(['AccessDenied', 'KMS.DisabledException'])('is refused when S3 answers %s', async (name) => {
    const ledgers = world.ledger.objects;
    mockClient(S3Client)
      .on(GetObjectCommand)
      .callsFake(({ Bucket, Key }: { Bucket: string; Key: string }) => {
        if (Bucket === 'exports') throw awsError(name, 'the key does not decrypt', 403);
        const found = ledgers.get(Key);
        return { ETag: found?.etag, Body: { transformToString: () => Promise.resolve(found?.text) } };
      });
    await expect(run('plan')).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringMatching(/Nothing was changed. Let this function's role use .* the KMS key/),
    });
  });
});
