import { beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseSettings, Recovery } from '../../../lambdas/database/contract.ts';
import { currentPlace, describeUnfinished, recoveryKey } from '../../../lambdas/database/recovery-state.ts';
import {
  advanceRecovery,
  beginRecovery,
  finishRecovery,
  readRecovery,
  type Begun,
} from '../../../lambdas/database/recovery.ts';
import { UnsafePlan } from '../../../lambdas/incident/errors.ts';
import { openLedger } from '../../../lambdas/incident/ledger.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

const region = 'eu-central-1';
const begun: Begun = {
  kind: 'restore',
  database: 'erlmcp',
  site: 'primary',
  source: { region, identifier: 'erlmcp' },
  target: { region, identifier: 'erlmcp-r20261123100000' },
  recoveryPoint: '2026-11-23T10:00:00Z',
};
const other: Begun = { ...begun, target: { region, identifier: 'erlmcp-r20261123110000' } };
const promotion: Begun = {
  ...begun,
  kind: 'promotion',
  site: 'standby',
  target: { region, identifier: 'replica' },
};
const next = { ...incident, id: 'dev-20261123-130000', epoch: 4 };
const endpoint = { host: 'restored.rds.test', port: 5432 };
const now = '2026-11-23T12:10:00.000Z';
const later = '2026-11-23T12:20:00.000Z';
const key = recoveryKey('erlmcp');

let bucket: MemoryLedger;
const ledger = () => openLedger('ledger');
const stored = () => bucket.read<Recovery>(key);

beforeEach(() => {
  bucket = memoryLedger();
  deploy({});
});

describe('a recovery that begins', () => {
  it('is on the ledger, planned, with its incident', async () => {
    await beginRecovery(ledger(), incident, begun, now);
    expect(stored()).toEqual({
      ...begun,
      incidents: [incident.id],
      startedAt: now,
      phase: 'planned',
      updatedAt: now,
    });
    expect(await readRecovery(ledger(), 'erlmcp')).toEqual(stored());
  });

  it('is the same one when its answer was lost', async () => {
    await beginRecovery(ledger(), incident, begun, now);
    await beginRecovery(ledger(), incident, begun, later);
    expect(stored()).toMatchObject({ startedAt: now, updatedAt: now, incidents: [incident.id] });
  });

  it('goes on with what an earlier incident began, and both are on it', async () => {
    await beginRecovery(ledger(), incident, begun, now);
    await advanceRecovery(ledger(), incident, 'erlmcp', 'restored', { endpoint }, now);
    const found = await beginRecovery(ledger(), next, begun, later);
    expect(found).toMatchObject({ phase: 'restored', endpoint, incidents: [incident.id, next.id] });
    expect(found.startedAt).toBe(now);
  });

  it.each([
    ['another time', other, '{"scenario":"data-corruption","recoverTo":"2026-11-23T10:00:00Z"}'],
    ['a promotion', promotion, '"phase" to "abandoned" in recoveries/erlmcp.json'],
    [
      'another site',
      { ...begun, site: 'standby' } as const,
      'erlmcp-r20261123100000 stays until you delete it',
    ],
  ])('is refused while one of %s is not over, saying what to do', async (_, wanted, sentence) => {
    await beginRecovery(ledger(), incident, begun, now);
    const before = stored();
    const refused = beginRecovery(ledger(), next, wanted, later);
    await expect(refused).rejects.toThrow(UnsafePlan);
    await expect(refused).rejects.toThrow(sentence);
    expect(stored()).toEqual(before);
  });

  it.each(['finished', 'abandoned'] as const)('takes the place of one that is %s', async (phase) => {
    await beginRecovery(ledger(), incident, begun, now);
    await advanceRecovery(ledger(), incident, 'erlmcp', phase, {}, now);
    await beginRecovery(ledger(), next, other, later);
    expect(stored()).toMatchObject({ ...other, incidents: [next.id], phase: 'planned', startedAt: later });
  });

  it('is not begun again by a late retry of the incident that has finished it', async () => {
    await beginRecovery(ledger(), incident, begun, now);
    await finishRecovery(ledger(), incident, 'erlmcp', now);
    expect(await beginRecovery(ledger(), incident, begun, later)).toMatchObject({ phase: 'finished' });
  });

  it('writes nothing in mode plan, and says what would be there', async () => {
    expect(await beginRecovery(ledger(), planOnly, begun, now)).toMatchObject({ phase: 'planned' });
    expect(bucket.written).toEqual([]);
  });
});

describe('a phase', () => {
  beforeEach(async () => {
    await beginRecovery(ledger(), incident, begun, now);
  });

  it('advances, and keeps what became known', async () => {
    await advanceRecovery(ledger(), incident, 'erlmcp', 'restored', { endpoint }, later);
    expect(stored()).toMatchObject({ phase: 'restored', endpoint, restoredAt: later, updatedAt: later });
  });

  it('never goes back, and an earlier step takes no knowledge away', async () => {
    await advanceRecovery(ledger(), incident, 'erlmcp', 'swapped', { endpoint }, now);
    const written = bucket.written.length;
    await advanceRecovery(
      ledger(),
      incident,
      'erlmcp',
      'restored',
      { endpoint: { host: 'old', port: 1 } },
      later,
    );
    expect(stored()).toMatchObject({ phase: 'swapped', endpoint, updatedAt: now });
    expect(bucket.written).toHaveLength(written);
  });

  it('of an earlier step still adds what nobody knew', async () => {
    await advanceRecovery(ledger(), incident, 'erlmcp', 'validated', {}, now);
    await advanceRecovery(ledger(), incident, 'erlmcp', 'restored', { endpoint }, later);
    expect(stored()).toMatchObject({ phase: 'validated', endpoint });
  });

  it('has the incident that went on with it', async () => {
    await advanceRecovery(ledger(), next, 'erlmcp', 'planned', {}, later);
    expect(stored().incidents).toEqual([incident.id, next.id]);
  });

  it('of a recovery that a person has abandoned is refused', async () => {
    await advanceRecovery(ledger(), incident, 'erlmcp', 'abandoned', {}, now);
    await expect(advanceRecovery(ledger(), incident, 'erlmcp', 'swapping')).rejects.toThrow(
      /abandoned by a person/,
    );
    expect(stored().phase).toBe('abandoned');
  });

  it('of a recovery that was never begun is refused', async () => {
    await expect(advanceRecovery(ledger(), incident, 'orders', 'restored')).rejects.toThrow(UnsafePlan);
  });

  it('stays as it is in mode plan', async () => {
    await advanceRecovery(ledger(), planOnly, 'erlmcp', 'restored', { endpoint }, later);
    expect(stored().phase).toBe('planned');
  });
});

describe('an unfinished recovery', () => {
  it('is not to be abandoned once users may be between the two', () => {
    const recovery: Recovery = {
      ...begun,
      incidents: ['a'],
      startedAt: now,
      updatedAt: now,
      phase: 'swapping',
    };
    expect(describeUnfinished(recovery)).toContain('Do not abandon it');
    expect(describeUnfinished({ ...recovery, phase: 'restoring' })).toContain('To abandon it');
  });

  it('of a promotion is finished by another site failure', () => {
    const recovery: Recovery = {
      ...promotion,
      incidents: ['a'],
      startedAt: now,
      updatedAt: now,
      phase: 'promoting',
    };
    expect(describeUnfinished(recovery)).toContain('{"scenario":"site-failure"}');
  });
});

describe('the place that a site uses', () => {
  const database: Pick<DatabaseSettings, 'primary' | 'standby' | 'identity'> = {
    primary: { region, identifier: 'erlmcp' },
    standby: { region: 'eu-west-1', identifier: 'replica', from: 'replica' },
    identity: { by: 'secret', secret: { primary: 'a', standby: 'b' } },
  };
  const at = (phase: Recovery['phase'], more: Partial<Recovery> = {}): Recovery => ({
    ...begun,
    incidents: ['a'],
    startedAt: now,
    updatedAt: now,
    phase,
    ...more,
  });
  it.each([
    ['the environment’s when nothing was restored', 'primary', null, 'erlmcp'],
    ['the source until the swap is done', 'primary', at('swapping'), 'erlmcp'],
    ['the restored one after the swap', 'primary', at('swapped'), 'erlmcp-r20261123100000'],
    ['the restored one when it is over', 'primary', at('finished'), 'erlmcp-r20261123100000'],
    [
      'the one before when it was abandoned',
      'primary',
      at('abandoned', { source: { region, identifier: 'second' } }),
      'second',
    ],
    ['the environment’s at the other site', 'standby', at('finished'), 'replica'],
    ['what was promoted from, at the primary', 'primary', at('promoted', promotion), 'erlmcp'],
  ] as const)('is %s', (_, site, recovery, identifier) => {
    expect(currentPlace(database, site, recovery).identifier).toBe(identifier);
  });

  it('keeps its name when the restored one takes it over', () => {
    const renamed = {
      ...database,
      identity: {
        by: 'rename',
        host: { primary: 'primary.rds.amazonaws.com', standby: 'standby.rds.amazonaws.com' },
      } as const,
    };
    expect(currentPlace(renamed, 'primary', at('finished'))).toEqual({ region, identifier: 'erlmcp' });
  });
});
