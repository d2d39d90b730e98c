import { beforeEach, describe, expect, it } from 'vitest';
import type { Recovery, RestoreHistory } from '../../../lambdas/database/contract.ts';
import { handler } from '../../../lambdas/finish-recovery/handler.ts';
import { LockLost, UnsafePlan } from '../../../lambdas/incident/errors.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

const region = 'eu-central-1';
const swapped: Recovery = {
  kind: 'restore',
  database: 'erlmcp',
  site: 'primary',
  incidents: [incident.id],
  startedAt: '2026-11-23T12:05:00Z',
  restoredAt: '2026-11-23T12:35:00Z',
  updatedAt: '2026-11-23T12:36:00Z',
  phase: 'swapped',
  source: { region, identifier: 'erlmcp' },
  target: { region, identifier: 'erlmcp-r20261123115500' },
  recoveryPoint: '2026-11-23T11:55:00Z',
};
const key = 'recoveries/erlmcp.json';
const restores = 'databases/erlmcp/restores.json';
let ledger: MemoryLedger;
const finish = (names = ['erlmcp'], of = incident) => handler({ incident: of, databases: names });

beforeEach(() => {
  ledger = memoryLedger();
  deploy({ environment: 'dev', ledgerBucket: 'ledger' });
  ledger.write(key, swapped);
});

describe('finish-recovery', () => {
  it('closes the recovery and says what the users have now', async () => {
    const { summary } = await finish();
    expect(summary).toBe(
      'erlmcp is back from 2026-11-23T11:55:00Z as erlmcp-r20261123115500, 600 s before its restore began, ' +
        'which took 1800 s; the damaged one is kept as erlmcp',
    );
    expect(ledger.read<Recovery>(key).phase).toBe('finished');
    expect(ledger.record().timeline.at(-1)).toMatchObject({ actor: 'finish-recovery', event: summary });
  });

  it('remembers how long it took, with the size that was kept in good times', async () => {
    ledger.write('databases/erlmcp/settings.json', { described: { AllocatedStorage: 100 } });
    await finish();
    expect(ledger.read<RestoreHistory>(restores)).toEqual({
      restores: [{ at: swapped.restoredAt, seconds: 1_800, allocatedGiB: 100 }],
    });
  });

  it('changes nothing the second time', async () => {
    await finish();
    await finish();
    expect(ledger.read<RestoreHistory>(restores).restores).toHaveLength(1);
    expect(ledger.written.filter((each) => each === key)).toHaveLength(1);
  });

  it('keeps the newest 50', async () => {
    const old = Array.from({ length: 50 }, (_, n) => ({ at: `t${n}`, seconds: n, allocatedGiB: null }));
    ledger.write(restores, { restores: old });
    await finish();
    const all = ledger.read<RestoreHistory>(restores).restores;
    expect(all).toHaveLength(50);
    expect(all[0]).toMatchObject({ seconds: 1_800, allocatedGiB: null });
    expect(all.at(-1)).toMatchObject({ at: 't48' });
  });

  it.each(['restored', 'swapping', 'abandoned'] as const)('refuses one that is %s', async (phase) => {
    ledger.write(key, { ...swapped, phase });
    await expect(finish()).rejects.toThrow(UnsafePlan);
    expect(ledger.read<Recovery>(key).phase).toBe(phase);
    expect(ledger.objects.has(restores)).toBe(false);
  });

  it('refuses one that was never begun, and what is finished before it is told by the next run', async () => {
    await expect(finish(['orders'])).rejects.toThrow('the recovery of orders is not begun');
  });

  it('refuses without the lock', async () => {
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: 4 });
    await expect(finish()).rejects.toThrow(LockLost);
    expect(ledger.read<Recovery>(key).phase).toBe('swapped');
  });

  it('does not speak of a damaged one where a lost region was restored elsewhere', async () => {
    ledger.write(key, { ...swapped, site: 'standby' });
    expect((await finish()).summary).toMatch(/which took 1800 s$/);
  });

  it('measures no promotion', async () => {
    ledger.write(key, { ...swapped, kind: 'promotion', site: 'standby', phase: 'swapped' });
    expect((await finish()).summary).toBe('erlmcp is served by erlmcp-r20261123115500');
    expect(ledger.objects.has(restores)).toBe(false);
  });

  it('changes nothing in mode plan', async () => {
    await finish(['erlmcp'], planOnly);
    expect(ledger.written).toEqual([]);
  });
});
