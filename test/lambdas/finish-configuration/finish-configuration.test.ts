import { beforeEach, describe, expect, it } from 'vitest';
import type {
  AppliedChunk,
  ConfigurationRecovery,
  PlanTotals,
} from '../../../lambdas/configuration/contract.ts';
import { handler } from '../../../lambdas/finish-configuration/handler.ts';
import type { Output as Planned } from '../../../lambdas/plan-objects/contract.ts';
import { deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

const none = { objects: 0, bytes: 0 };
const clean: PlanTotals = { bringBack: none, overwrite: none, remove: none, unchanged: none, problems: 0 };
const plan = {
  id: 'dev-1',
  site: 'primary' as const,
  recoveryPoint: '2026-11-23T11:50:00.000Z',
  exportKey: null,
  snapshot: 'before-dev-1',
};
const planned = (totals: Partial<PlanTotals>, chunks: readonly number[]): Planned => ({
  bucket: 'config',
  done: true,
  totals: { ...clean, ...totals },
  chunks,
  problems: [],
  conflicts: 0,
  summary: '',
});
const applied = (more: Partial<AppliedChunk>): AppliedChunk => ({
  restored: none,
  removed: 0,
  alreadyThere: 0,
  conflicts: [],
  failures: [],
  ...more,
});
let ledger: MemoryLedger;

beforeEach(() => {
  ledger = memoryLedger();
  deploy({ environment: 'dev', ledgerBucket: 'ledger', ledgerRegion: 'eu-central-1' });
  ledger.write('configuration/primary.json', { ...plan, incidents: [], begunAt: '', phase: 'begun' });
});

const phase = () => ledger.read<ConfigurationRecovery>('configuration/primary.json').phase;
const finish = (totals: Partial<PlanTotals>, chunks: readonly number[], left: Partial<PlanTotals> = {}) =>
  handler({
    incident,
    plan,
    phase: 'applied',
    planned: [planned(totals, chunks)],
    verified: [planned(left, [])],
  });

describe('what became of a restore', () => {
  it('is told by bucket, once, and brings the recovery forward', async () => {
    ledger.write(
      'restores/dev-1/config/applied/000000.json',
      applied({ restored: { objects: 2, bytes: 9 } }),
    );
    ledger.write('restores/dev-1/config/applied/000001.json', applied({ removed: 1, conflicts: ['a/b'] }));
    const totals = { overwrite: { objects: 3, bytes: 9 }, remove: { objects: 1, bytes: 0 } };
    const { summary, conflicts } = await finish(totals, [0, 1]);
    expect(summary).toContain('config: 2 objects (9 bytes) restored, 1 removed');
    expect(summary).toContain('1 written by somebody else meanwhile and left alone (a/b)');
    expect(summary).toContain('snapshot before-dev-1');
    expect(conflicts).toBe(1);
    await finish(totals, [0, 1]);
    expect(ledger.record().steps).toHaveLength(1);
    expect(phase()).toBe('applied');
  });

  it.each([
    [
      'an object failed',
      applied({ failures: [{ key: 'x', problem: 'AccessDenied' }] }),
      {},
      'config/x: AccessDenied',
    ],
    ['a chunk was never applied', null, {}, '1 objects of config were planned and are not told of'],
    [
      'something differs after all',
      applied({ restored: { objects: 1, bytes: 1 } }),
      { overwrite: { objects: 1, bytes: 1 } },
      '1 objects of config still differ',
    ],
  ])('is refused when %s, and what was restored stays', async (_, chunk, left, why) => {
    if (chunk) ledger.write('restores/dev-1/config/applied/000000.json', chunk);
    await expect(finish({ overwrite: { objects: 1, bytes: 1 } }, [0], left)).rejects.toMatchObject({
      name: 'RestoreFailed',
      message: expect.stringContaining(why) as string,
    });
    expect(phase()).toBe('begun');
    expect(ledger.record().steps[0]?.status).toBe('refused');
  });

  it('makes room for the next one at its end', async () => {
    await handler({ incident, plan, phase: 'done' });
    expect(phase()).toBe('done');
    await handler({ incident, plan, phase: 'done' });
    expect(phase()).toBe('done');
  });

  it('needs the lock', async () => {
    ledger.write('lock.json', { state: 'free', incidentId: incident.id, epoch: incident.epoch });
    await expect(handler({ incident, plan, phase: 'done' })).rejects.toMatchObject({ name: 'LockLost' });
    expect(phase()).toBe('begun');
  });
});
