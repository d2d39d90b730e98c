import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatabaseAssessment } from '../../../lambdas/assess-data/contract.ts';
import type { DatabaseSettings, Recovery } from '../../../lambdas/database/contract.ts';
import { UnsafePlan } from '../../../lambdas/incident/errors.ts';
import { planRestore, type Candidate, type Circumstances } from '../../../lambdas/plan-restore/plan.ts';
import { inSeconds } from '../../../lambdas/plan-restore/recovery-point.ts';

const region = 'eu-central-1';
const from = Date.parse('2026-11-16T02:00:00Z');
const now = Date.parse('2026-11-23T12:00:00Z');
const to = now - 300_000;
const good = '2026-11-23T11:55:10.250Z';

function settingsOf(name: string, after: readonly string[] = []): DatabaseSettings {
  return {
    name,
    kind: 'instance',
    primary: { region, identifier: name },
    standby: { region: 'eu-west-1', identifier: `${name}-standby`, from: 'backups' },
    after,
    identity: { by: 'secret', secret: { primary: 'a', standby: 'b' } },
    expectedSeconds: 1_800,
    budgetSeconds: 7_200,
  };
}

function assessed(database: string, lastGoodAt: string | null = good): DatabaseAssessment {
  return {
    database,
    status: 'available',
    reachable: true,
    consistency: [],
    verdict: 'damaged',
    lastGoodAt,
    firstBadAt: null,
    evidence: '',
  };
}

function candidate(
  name = 'erlmcp',
  more: Partial<Candidate> & { readonly after?: readonly string[] } = {},
): Candidate {
  const { after = [], ...rest } = more;
  return {
    settings: settingsOf(name, after),
    source: { region, identifier: name },
    recovery: null,
    window: { from, to },
    allocatedGiB: null,
    restores: { restores: [] },
    assessed: assessed(name),
    ...rest,
  };
}

function plan(candidates: readonly Candidate[], more: Partial<Circumstances> = {}, incident: object = {}) {
  return planRestore({
    candidates,
    site: 'primary',
    databases: candidates.map(({ settings }) => settings),
    ask: 'beyond-rpo',
    approvalSeconds: 3_600,
    now,
    ...more,
    incident: {
      mode: 'live',
      severity: 'P1',
      rpoSeconds: 900,
      deadline: inSeconds(now + 4 * 3_600_000),
      ...incident,
    },
  });
}

function begun(phase: Recovery['phase'], more: Partial<Recovery> = {}): Recovery {
  return {
    kind: 'restore',
    database: 'erlmcp',
    site: 'primary',
    incidents: ['dev-1'],
    startedAt: inSeconds(now - 1_200_000),
    updatedAt: inSeconds(now - 600_000),
    phase,
    source: { region, identifier: 'erlmcp' },
    target: { region, identifier: 'erlmcp-r20261123110000' },
    recoveryPoint: '2026-11-23T11:00:00Z',
    ...more,
  };
}

describe('a damaged database', () => {
  it('is restored beside itself to the newest check that held, and it is said what that costs', () => {
    const output = plan([candidate()]);
    expect(output).toMatchObject({ decision: 'go', question: '', expectedSeconds: 1_800, swapped: [] });
    expect(output.waves).toEqual([
      [
        {
          database: 'erlmcp',
          site: 'primary',
          source: { region, identifier: 'erlmcp' },
          target: { region, identifier: 'erlmcp-r20261123115510' },
          recoveryPoint: '2026-11-23T11:55:10Z',
          foundBy: 'the newest check that held',
          lossSeconds: 290,
          expectedSeconds: 1_800,
          budgetSeconds: 7_200,
          resumed: false,
        },
      ],
    ]);
    expect(output.reason).toContain('what was written in the 290 s since is lost');
    expect(output.reason).toContain('the restore is expected to take 1800 s');
  });

  it('is restored to the time that a person gave, even when the checks know another', () => {
    const output = plan([candidate()], {}, { restore: { recoverTo: '2026-11-23T12:50:00+01:00' } });
    expect(output.waves[0]![0]).toMatchObject({
      recoveryPoint: '2026-11-23T11:50:00Z',
      foundBy: 'given by a person',
      lossSeconds: 600,
    });
  });

  it('that would not be back by the deadline is restored all the same, and that is said', () => {
    const output = plan([candidate()], {}, { deadline: '2026-11-23T12:10:00Z' });
    expect(output.decision).toBe('go');
    expect(output.reason).toContain('past the deadline of the incident (2026-11-23T12:10:00Z)');
  });

  it.each([
    ['has no good check', { assessed: assessed('erlmcp', null) }, {}, 'no scheduled check of erlmcp'],
    ['was not assessed', { assessed: null }, {}, 'no scheduled check of erlmcp'],
    ['has no backups', { window: { missing: 'there is no erlmcp in x' } }, {}, 'there is no erlmcp'],
    [
      'is to go into the future',
      {},
      { restore: { recoverTo: '2026-11-24T00:00:00Z' } },
      'recoverTo: got 2026-11-24',
    ],
    [
      'is to go before its backups',
      {},
      { restore: { recoverTo: '2026-11-01T00:00:00Z' } },
      'before the backups',
    ],
    ['is to go to no time', {}, { restore: { recoverTo: 'ten o’clock' } }, 'which is no time with a zone'],
  ])('that %s stops, and says what a person should do', (_, more, incident, problem) => {
    const output = plan([candidate('erlmcp', more), candidate('orders')], {}, incident);
    expect(output).toMatchObject({ decision: 'stop', waves: [], swapped: [] });
    expect(output.reason).toContain(problem);
    expect(output.nextSteps.length).toBeGreaterThan(0);
  });

  it('is found by nobody: then there is nothing to restore', () => {
    expect(plan([])).toMatchObject({ decision: 'stop', reason: 'there is no database to restore' });
  });
});

describe('the gate', () => {
  const old = candidate('erlmcp', { assessed: assessed('erlmcp', inSeconds(now - 901_000)) });

  it('asks when more would be lost than the RPO allows, with all that a person needs', () => {
    const output = plan([old]);
    expect(output).toMatchObject({ decision: 'ask', approvalSeconds: 3_600 });
    expect(output.reason).toContain('erlmcp would lose 901 s of writes, the RPO is 900 s');
    for (const text of [
      'Shall erlmcp go back',
      '901 s',
      '1800 s',
      'are kept',
      'within 3600 s, nothing is changed',
    ]) {
      expect(output.question).toContain(text);
    }
  });

  it('does not ask when exactly the RPO is lost', () => {
    const exact = candidate('erlmcp', { assessed: assessed('erlmcp', inSeconds(now - 900_000)) });
    expect(plan([exact]).decision).toBe('go');
  });

  it('asks in every case when the environment wants it', () => {
    const output = plan([candidate()], { ask: 'always' });
    expect(output).toMatchObject({
      decision: 'ask',
      reason: expect.stringContaining("a person's word for P1"),
    });
  });

  it('never asks in a plan, but says that a live run would', () => {
    const output = plan([old], {}, { mode: 'plan' });
    expect(output).toMatchObject({ decision: 'go', question: '' });
    expect(output.reason).toMatch(/^plan: a live run would ask a person: erlmcp would lose 901 s/);
    expect(plan([candidate()], {}, { mode: 'plan' }).reason).toMatch(/^plan: a live run would go on: /);
  });

  it('asks for the newly damaged, not for what goes on', () => {
    const output = plan([candidate('erlmcp', { recovery: begun('restoring') })], { ask: 'always' });
    expect(output).toMatchObject({ decision: 'go' });
    expect(output.waves[0]![0]).toMatchObject({ resumed: true, lossSeconds: 3_600 });
  });
});

describe('several databases', () => {
  it('come back in the order of what they build on, and independent ones at once', () => {
    const output = plan([
      candidate('reports', { after: ['orders', 'erlmcp'] }),
      candidate('orders', { after: ['erlmcp'] }),
      candidate('erlmcp'),
      candidate('mail'),
    ]);
    expect(output.waves.map((wave) => wave.map(({ database }) => database))).toEqual([
      ['erlmcp', 'mail'],
      ['orders'],
      ['reports'],
    ]);
    expect(output.expectedSeconds).toBe(3 * 1_800);
  });

  it('that belong together come back from the earliest time of them, the others from their own', () => {
    const output = plan([
      candidate('erlmcp'),
      candidate('orders', { after: ['erlmcp'], assessed: assessed('orders', '2026-11-23T11:50:00Z') }),
      candidate('mail'),
    ]);
    const points = Object.fromEntries(output.waves.flat().map((each) => [each.database, each.recoveryPoint]));
    expect(points).toEqual({
      erlmcp: '2026-11-23T11:50:00Z',
      orders: '2026-11-23T11:50:00Z',
      mail: '2026-11-23T11:55:10Z',
    });
    expect(output.reason).toContain('the time of orders, with which it belongs together');
  });

  it('are not restored when one of them cannot go back as far as the others must', () => {
    const output = plan([
      candidate('erlmcp', { window: { from: Date.parse('2026-11-23T11:52:00Z'), to } }),
      candidate('orders', { after: ['erlmcp'], assessed: assessed('orders', '2026-11-23T11:50:00Z') }),
    ]);
    expect(output).toMatchObject({
      decision: 'stop',
      reason: expect.stringContaining('its backups begin later'),
    });
  });

  it('that build on what goes back are named when they stay as they are', () => {
    const output = plan([candidate()], {
      databases: [settingsOf('erlmcp'), settingsOf('orders', ['erlmcp'])],
    });
    expect(output.reason).toContain('orders, which builds on these, stays as it is and will be newer');
  });

  it('that belong together are of one time, whatever their checks say; no loss is understated', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const dependencies = fc.array(fc.nat({ max: 30 }), { minLength: 5, maxLength: 5 });
    const ages = fc.array(fc.integer({ min: 300, max: 86_400 }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(dependencies, ages, (bits, seconds) => {
        const candidates = names.map((name, index) =>
          candidate(name, {
            after: names.slice(0, index).filter((_, bit) => ((bits[index] ?? 0) >> bit) % 2 === 1),
            assessed: assessed(name, inSeconds(now - (seconds[index] ?? 0) * 1_000)),
          }),
        );
        const plans = plan(candidates).waves.flat();
        expect(plans.map(({ database }) => database).toSorted()).toEqual(names);
        const wave = (name: string) =>
          plan(candidates).waves.findIndex((each) => each.some(({ database }) => database === name));
        for (const { settings, assessed: found } of candidates) {
          const mine = plans.find(({ database }) => database === settings.name)!;
          expect(Date.parse(mine.recoveryPoint)).toBeLessThanOrEqual(Date.parse(found!.lastGoodAt!));
          expect(mine.lossSeconds).toBe((now - Date.parse(mine.recoveryPoint)) / 1_000);
          for (const other of settings.after) {
            expect(plans.find(({ database }) => database === other)!.recoveryPoint).toBe(mine.recoveryPoint);
            expect(wave(other)).toBeLessThan(wave(settings.name));
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a restore that an earlier incident began', () => {
  it('goes on to the same time into the same target, whatever the checks say now', () => {
    const output = plan([
      candidate('erlmcp', { recovery: begun('restored'), window: { missing: 'renamed' } }),
    ]);
    expect(output.waves[0]![0]).toMatchObject({
      target: { identifier: 'erlmcp-r20261123110000' },
      recoveryPoint: '2026-11-23T11:00:00Z',
      foundBy: 'begun by dev-1',
      resumed: true,
    });
    expect(output.waves[0]![0]!.endpoint).toBeUndefined();
  });

  it('goes on when a person gives the same time again, in another form', () => {
    const incident = { restore: { recoverTo: '2026-11-23T12:00+01:00' } };
    expect(plan([candidate('erlmcp', { recovery: begun('restoring') })], {}, incident).decision).toBe('go');
  });

  it.each(['2026-11-23T10:30:00Z', 'nonsense'])('stops when a person gives another time: %s', (recoverTo) => {
    const output = plan(
      [candidate('erlmcp', { recovery: begun('restoring') })],
      {},
      { restore: { recoverTo } },
    );
    expect(output.decision).toBe('stop');
    expect(output.reason).toContain('set "phase" to "abandoned" in recoveries/erlmcp.json');
    expect(output.nextSteps[0]).toContain('Finish or abandon the restore of erlmcp');
  });

  it('goes straight to the swap when that has begun', () => {
    const endpoint = { host: 'restored.rds.test', port: 5432 };
    const output = plan([candidate('erlmcp', { recovery: begun('swapping', { endpoint }) })]);
    expect(output.waves[0]![0]).toMatchObject({ endpoint, resumed: true });
  });

  it('is not done again when it is swapped in, but what follows is', () => {
    const output = plan([
      candidate('erlmcp', { recovery: begun('swapped') }),
      candidate('orders', { after: ['erlmcp'], recovery: begun('restored', { database: 'orders' }) }),
    ]);
    expect(output.decision).toBe('go');
    expect(output.waves.map((wave) => wave.map(({ database }) => database))).toEqual([['orders']]);
    expect(output.swapped.map(({ database }) => database)).toEqual(['erlmcp']);
    expect(output.reason).toContain('erlmcp is back from 2026-11-23T11:00:00Z already');
  });

  it('sets the time of those that belong with it', () => {
    const output = plan([
      candidate('erlmcp', { recovery: begun('restoring') }),
      candidate('orders', { after: ['erlmcp'] }),
    ]);
    expect(output.waves.flat().map(({ recoveryPoint }) => recoveryPoint)).toEqual([
      '2026-11-23T11:00:00Z',
      '2026-11-23T11:00:00Z',
    ]);
  });

  it('stops when one that belongs with it was wrong by then', () => {
    const output = plan([
      candidate('erlmcp', { recovery: begun('restoring') }),
      candidate('orders', { after: ['erlmcp'], assessed: assessed('orders', '2026-11-23T10:00:00Z') }),
    ]);
    expect(output).toMatchObject({ decision: 'stop', reason: expect.stringContaining('has begun') });
  });

  it.each(['finished', 'abandoned'] as const)('and that is %s is over: another may begin', (phase) => {
    expect(plan([candidate('erlmcp', { recovery: begun(phase) })]).waves[0]![0]).toMatchObject({
      resumed: false,
      recoveryPoint: '2026-11-23T11:55:10Z',
    });
  });
});

describe('a database that was promoted to the standby', () => {
  const promotion = { kind: 'promotion', site: 'standby' } as const;
  it.each(['promoting', 'promoted', 'swapped', 'finished'] as const)(
    'and is %s is not restored at the primary',
    (phase) => {
      const restore = () => plan([candidate('erlmcp', { recovery: begun(phase, promotion) })]);
      expect(restore).toThrow(UnsafePlan);
      expect(restore).toThrow(phase === 'finished' ? /would leave two databases/ : /is not over/);
    },
  );

  it('from copied backups is not restored at the primary either', () => {
    const recovery = begun('finished', { site: 'standby' });
    expect(() => plan([candidate('erlmcp', { recovery })])).toThrow(/lives at the standby/);
  });

  it('may be restored when the promotion was abandoned', () => {
    expect(plan([candidate('erlmcp', { recovery: begun('abandoned', promotion) })]).decision).toBe('go');
  });
});

describe('a standby that restores from copied backups', () => {
  const copied = candidate('erlmcp', {
    backupsArn: 'arn:backup',
    window: { from, to: to + 250 },
    assessed: null,
  });

  it('takes the newest of them, without asking again what the promotion has asked', () => {
    const output = plan([copied], { site: 'standby', now: now + 86_400_000, ask: 'always' });
    expect(output.decision).toBe('go');
    expect(output.waves[0]![0]).toMatchObject({
      site: 'standby',
      backupsArn: 'arn:backup',
      source: { region, identifier: 'erlmcp' },
      target: { region: 'eu-west-1', identifier: 'erlmcp-r20261123115500' },
      recoveryPoint: '2026-11-23T11:55:00Z',
      lossSeconds: 86_700,
    });
  });

  it('stops without them', () => {
    const none = candidate('erlmcp', { window: { missing: 'no backups of erlmcp are copied to eu-west-1' } });
    expect(plan([none], { site: 'standby' })).toMatchObject({
      decision: 'stop',
      reason: expect.stringContaining('no backups of erlmcp are copied'),
    });
  });

  it('does not begin while a restore at the primary is not over', () => {
    const restore = () => plan([{ ...copied, recovery: begun('restoring') }], { site: 'standby' });
    expect(restore).toThrow(UnsafePlan);
  });

  it('goes on with what was begun', () => {
    const recovery = begun('restoring', {
      site: 'standby',
      target: { region: 'eu-west-1', identifier: 'erlmcp-r1' },
    });
    expect(plan([{ ...copied, recovery }], { site: 'standby' }).waves[0]![0]).toMatchObject({
      target: { identifier: 'erlmcp-r1' },
      recoveryPoint: '2026-11-23T11:00:00Z',
      backupsArn: 'arn:backup',
      resumed: true,
    });
  });
});
