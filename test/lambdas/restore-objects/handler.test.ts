import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { exported } from '../../../lambdas/configuration/cluster-objects.ts';
import type { ClusterExport, ExportedObject, RestorePlan } from '../../../lambdas/configuration/contract.ts';
import { exportHash } from '../../../lambdas/configuration/export-hash.ts';
import type { IncidentRef } from '../../../lambdas/incident/contract.ts';
import type { Settings } from '../../../lambdas/restore-objects/contract.ts';
import { handler } from '../../../lambdas/restore-objects/handler.ts';
import { loopbackObjects, type LoopbackObjects } from '../loopback-objects.ts';
import { awsError, deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

const eks = mockClient(EKSClient);
let kubernetes: LoopbackObjects;
let ledger: MemoryLedger;

const settings: Settings = {
  environment: 'dev',
  site: 'primary',
  ledgerBucket: 'ledger',
  ledgerRegion: 'eu-central-1',
  exportsBucket: 'exports',
  exportsRegion: 'eu-central-1',
  cluster: { region: 'eu-west-1', name: 'erlmcp-primary', namespace: 'erlmcp' },
  exclude: ['scratch'],
};
const plan: RestorePlan = {
  id: incident.id,
  site: 'primary',
  recoveryPoint: '2026-11-23T11:00:00.000Z',
  exportKey: 'exports/primary/2026-11-23T10-00-00Z.json',
  snapshot: `before-${incident.id}`,
};
const good = Buffer.from('hunter2 is no password').toString('base64');
const bad = Buffer.from('swordfish is no password').toString('base64');
const planFile = `restores/${plan.id}/cluster.json`;

const object = (name: string, content: object, labels?: Record<string, string>): ExportedObject => ({
  metadata: { name, ...(labels && { labels }) },
  content: { ...content },
});
const keep = (key: string, configMaps: readonly ExportedObject[], secrets: readonly ExportedObject[]) => {
  const content = { site: 'primary', namespace: 'erlmcp', configMaps, secrets, deployments: [] } as const;
  const kept: ClusterExport = { at: '2026-11-23T10:00:00.000Z', ...content, hash: exportHash(content) };
  ledger.write(key, kept);
};
/** What export-objects does before a plan is made. */
const snapshot = () => {
  const of = (plural: string) =>
    [...kubernetes.objects].flatMap(([key, each]) => (key.startsWith(`${plural}/`) ? [exported(each)] : []));
  keep(`snapshots/${plan.snapshot}.json`, of('configmaps'), of('secrets'));
};
const run = (phase: 'plan' | 'apply' | 'verify', by: IncidentRef = incident) =>
  handler({ incident: by, plan, phase });
const configMap = (name: string, content: object = { data: { pool: '99' } }) =>
  kubernetes.put('configmaps', name, content);
const dataOf = (key: string) => kubernetes.objects.get(key)?.data;

beforeAll(async () => {
  kubernetes = await loopbackObjects();
});
afterAll(() => kubernetes.close());
beforeEach(() => {
  ledger = memoryLedger();
  deploy(settings);
  kubernetes.reset();
  eks.reset();
  eks.on(DescribeClusterCommand).resolves({ cluster: kubernetes.cluster });
  keep(
    plan.exportKey ?? '',
    [
      object('erlmcp', { data: { pool: '10' } }, { app: 'erlmcp' }),
      object('limits', { data: { cpu: '2' } }),
      object('same', { data: { a: '1' } }),
    ],
    [object('erlmcp-keys', { type: 'Opaque', data: { token: good } })],
  );
  // A bad deploy: one is overwritten, one deleted, one new, and a Secret has another value.
  configMap('erlmcp');
  configMap('same', { data: { a: '1' } });
  configMap('extra');
  configMap('scratch');
  kubernetes.put('secrets', 'erlmcp-keys', { type: 'Opaque', data: { token: bad } });
  snapshot();
});

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
    expect(kubernetes.writes).toEqual([]);
    expect(ledger.written).toEqual([planFile]);
  });

  it('is refused before what is there now is kept', async () => {
    ledger.objects.delete(`snapshots/${plan.snapshot}.json`);
    await expect(run('plan')).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringContaining('Nothing was changed: what is there now must be kept'),
    });
  });

  it('leaves alone what somebody has written since the snapshot', async () => {
    configMap('erlmcp', { data: { pool: '11' } });
    configMap('brand-new');
    const output = await run('plan');
    expect(output.conflicts).toEqual(['ConfigMap erlmcp', 'ConfigMap brand-new']);
    expect(output.totals.overwrite).toEqual(['Secret erlmcp-keys']);
    expect(output.totals.remove).toEqual(['ConfigMap extra']);
    expect(output.summary).toContain('written by somebody since the snapshot, and left as they are');
  });

  it('of a plan only needs no snapshot and leaves nothing behind', async () => {
    ledger.objects.delete(`snapshots/${plan.snapshot}.json`);
    for (const phase of ['plan', 'apply'] as const) {
      expect(await run(phase, planOnly)).toMatchObject({ status: 'planned', conflicts: [] });
    }
    expect([ledger.written, kubernetes.writes]).toEqual([[], []]);
  });

  it('that stands is gone on with: what was written after it is told, not planned anew', async () => {
    await run('plan');
    configMap('erlmcp', { data: { pool: '11' } });
    expect(await run('plan')).toMatchObject({ conflicts: ['ConfigMap erlmcp'] });
    expect(ledger.written).toEqual([planFile]);
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
    configMap('erlmcp', is);
    expect((await run('plan')).totals.problems).toEqual([
      { key: 'ConfigMap erlmcp', problem: expect.stringContaining(problem) as string },
    ]);
  });

  it('of more than a state can name is refused', async () => {
    for (let index = 0; index < 3_000; index++) configMap(`a-rather-long-name-of-a-config-map-${index}`);
    snapshot();
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
    expect(kubernetes.calls).toEqual([]);
  });

  it.each<[string, () => void, RegExp]>([
    [
      'an export that is gone',
      () => ledger.objects.delete(plan.exportKey ?? ''),
      /^exports\/primary\/.* is not in exports any more/,
    ],
    [
      'an export that is damaged',
      () =>
        ledger.write(plan.exportKey ?? '', { ...ledger.read<object>(plan.exportKey ?? ''), configMaps: [] }),
      /is damaged: what it holds is not what its hash says/,
    ],
    [
      'an export that is cut off',
      () => ledger.objects.set(plan.exportKey ?? '', { text: `{"secrets":"${good}`, etag: '"1"' }),
      /is damaged/,
    ],
    [
      'an export of another namespace',
      () => deploy({ ...settings, cluster: { ...settings.cluster, namespace: 'other' } }),
      /is of the namespace erlmcp, and this environment has other now/,
    ],
    [
      'a namespace that is gone',
      () => (kubernetes.namespace = null),
      /namespace erlmcp of cluster erlmcp-primary does not exist. Nothing was changed. Create it/,
    ],
    [
      'a namespace that is being deleted',
      () => (kubernetes.namespace = 'Terminating'),
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
    expect(ledger.written).toEqual([]);
  });

  it.each(['AccessDenied', 'KMS.DisabledException'])('is refused when S3 answers %s', async (name) => {
    const ledgers = ledger.objects;
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
    expect(kubernetes.objects.get('configmaps/erlmcp')?.metadata).toMatchObject({
      labels: { app: 'erlmcp' },
    });
    expect(dataOf('secrets/erlmcp-keys')).toEqual({ token: good });
    expect([...kubernetes.objects.keys()].toSorted()).toEqual([
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
    kubernetes.writes.length = 0;
    expect(await run('apply')).toMatchObject({ status: 'already-there', totals });
    expect(kubernetes.writes).toEqual([]);
  });

  it('keeps the name of the snapshot as what stood there before, and no content', async () => {
    await run('plan');
    await run('apply');
    expect(ledger.record().preImages).toEqual({ 'restore-objects': { snapshot: plan.snapshot } });
    expect(ledger.record().steps).toMatchObject([{ step: 'restore-objects', status: 'changed' }]);
  });

  it('leaves what somebody writes during the restore, and tells', async () => {
    await run('plan');
    configMap('extra', { data: { by: 'somebody' } });
    kubernetes.objects.delete('secrets/erlmcp-keys');
    kubernetes.before.set('PUT configmaps/erlmcp', () => configMap('erlmcp', { data: { pool: '11' } }));
    kubernetes.before.set('POST configmaps', () => configMap('limits', { data: { cpu: '4' } }));
    const output = await run('apply');
    const conflicts = ['ConfigMap erlmcp', 'ConfigMap extra', 'ConfigMap limits', 'Secret erlmcp-keys'];
    expect(output.conflicts.toSorted()).toEqual(conflicts);
    expect([dataOf('configmaps/erlmcp'), dataOf('configmaps/limits'), dataOf('configmaps/extra')]).toEqual([
      { pool: '11' },
      { cpu: '4' },
      { by: 'somebody' },
    ]);
    expect(kubernetes.writes).toEqual([]);
    const verified = await run('verify');
    expect(verified).toMatchObject({ status: 'already-there', totals: { overwrite: [], problems: [] } });
    expect(verified.conflicts.toSorted()).toEqual(conflicts);
  });

  it('takes what somebody else has made right for done', async () => {
    await run('plan');
    kubernetes.before.set('PUT configmaps/erlmcp', () =>
      configMap('erlmcp', { metadata: { labels: { app: 'erlmcp' } }, data: { pool: '10' } }),
    );
    kubernetes.before.set('DELETE configmaps/extra', () => kubernetes.objects.delete('configmaps/extra'));
    expect(await run('apply')).toMatchObject({ conflicts: [], totals: { problems: [] } });
  });

  it.each(['POST configmaps', 'PUT configmaps/erlmcp', 'DELETE configmaps/extra'])(
    'finds what it has done when the answer to %s is lost',
    async (call) => {
      await run('plan');
      kubernetes.lostAnswers.add(call);
      expect(await run('apply')).toMatchObject({ status: 'changed', conflicts: [] });
      expect(await run('verify')).toMatchObject({ status: 'already-there' });
    },
  );

  it('keeps finalizers, which are of whoever put them there', async () => {
    configMap('erlmcp', { metadata: { finalizers: ['a/b'] }, data: { pool: '99' } });
    snapshot();
    await run('plan');
    await run('apply');
    expect(kubernetes.objects.get('configmaps/erlmcp')).toMatchObject({
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
    kubernetes.refusals.set('PUT secrets/erlmcp-keys', status);
    const output = await run('apply');
    expect(output.totals.problems).toEqual([{ key: 'Secret erlmcp-keys', problem }]);
    expect(output.totals.overwrite).toEqual(['ConfigMap erlmcp']);
    expect(dataOf('configmaps/erlmcp')).toEqual({ pool: '10' });
    expect(await run('verify')).toMatchObject({
      status: 'refused',
      totals: { overwrite: ['Secret erlmcp-keys'] },
      conflicts: [],
    });
    expect(ledger.record().checks).toMatchObject([
      { name: 'verify/the cluster of the primary', held: false },
    ]);
  });

  it('does what can be done, and asks to be called again, when the cluster fails for one', async () => {
    await run('plan');
    kubernetes.refusals.set('PUT secrets/erlmcp-keys', 503);
    await expect(run('apply')).rejects.toMatchObject({
      name: 'TryAgain',
      message: expect.stringMatching(/^3 of 4 objects are done; Secret erlmcp-keys: PUT .*503/),
    });
    kubernetes.refusals.clear();
    expect(await run('apply')).toMatchObject({
      totals: { overwrite: ['ConfigMap erlmcp', 'Secret erlmcp-keys'] },
    });
  });

  it('stops beginning when its time is up, and goes on when it is called again', async () => {
    await run('plan');
    const start = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: start });
    kubernetes.before.set('GET namespace', () => vi.setSystemTime(start + 30_000));
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
    expect(kubernetes.writes).toEqual([]);
  });
});

describe('what is immutable', () => {
  beforeEach(() => {
    kubernetes.put('secrets', 'erlmcp-keys', { type: 'Opaque', immutable: true, data: { token: bad } });
    snapshot();
  });
  const restored = () => dataOf('secrets/erlmcp-keys');

  it('is deleted and created', async () => {
    await run('plan');
    expect(await run('apply')).toMatchObject({ totals: { problems: [] } });
    expect(restored()).toEqual({ token: good });
  });

  it('is checked before it is deleted: what would be refused stays', async () => {
    await run('plan');
    kubernetes.refusals.set('POST secrets', 422);
    expect((await run('apply')).totals.problems).toMatchObject([{ key: 'Secret erlmcp-keys' }]);
    expect(restored()).toEqual({ token: bad });
  });

  it('and was deleted when the restore was killed is created by the next run', async () => {
    await run('plan');
    kubernetes.objects.delete('secrets/erlmcp-keys');
    expect(await run('plan')).toMatchObject({
      conflicts: [],
      totals: { overwrite: ['ConfigMap erlmcp', 'Secret erlmcp-keys'] },
    });
    expect(await run('apply')).toMatchObject({ conflicts: [] });
    expect(restored()).toEqual({ token: good });
  });

  it.each(['DELETE secrets/erlmcp-keys', 'POST secrets'])('survives a lost answer to %s', async (call) => {
    await run('plan');
    kubernetes.before.set('DELETE secrets/erlmcp-keys', () => kubernetes.lostAnswers.add(call));
    expect(await run('apply')).toMatchObject({ conflicts: [], totals: { problems: [] } });
    expect(restored()).toEqual({ token: good });
  });

  it('and is held by a finalizer is a problem, until it is let go', async () => {
    const held = { metadata: { finalizers: ['a/b'] }, type: 'Opaque', immutable: true, data: { token: bad } };
    kubernetes.put('secrets', 'erlmcp-keys', held);
    snapshot();
    await run('plan');
    expect((await run('apply')).totals.problems).toEqual([
      {
        key: 'Secret erlmcp-keys',
        problem: 'it is being deleted, and waits for its finalizers (a/b)',
      },
    ]);
    kubernetes.objects.delete('secrets/erlmcp-keys');
    await run('apply');
    expect(restored()).toEqual({ token: good });
  });

  it('counts also for the type of a Secret', async () => {
    kubernetes.put('secrets', 'erlmcp-keys', { type: 'kubernetes.io/tls', data: { token: good } });
    snapshot();
    await run('plan');
    await run('apply');
    expect(kubernetes.objects.get('secrets/erlmcp-keys')).toMatchObject({ type: 'Opaque' });
  });
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
    kubernetes.refusals.set('PUT secrets/erlmcp-keys', status);
    await keepWords('apply');
    await keepWords('verify');
  }
  kubernetes.refusals.clear();
  await keepWords('apply');
  await keepWords('verify');
  write.mockRestore();
  const onLedger = [planFile, `incidents/${incident.id}.json`].map((key) => ledger.objects.get(key)?.text);
  for (const text of [...lines, ...texts, ...onLedger]) {
    for (const value of [good, bad, 'hunter2', 'swordfish']) expect(text).not.toContain(value);
  }
  expect(dataOf('secrets/erlmcp-keys')).toEqual({ token: good });
});
