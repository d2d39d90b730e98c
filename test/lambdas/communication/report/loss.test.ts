import { describe, expect, it } from 'vitest';
import { decide as assessConfiguration } from '../../../../lambdas/assess-configuration/decide.ts';
import { dataLossOf } from '../../../../lambdas/communication/report/loss.ts';
import type { QueryAnswer, Recovery } from '../../../../lambdas/database/contract.ts';
import { decidePromotion } from '../../../../lambdas/decide-promotion/decide.ts';
import { describeFinished } from '../../../../lambdas/finish-recovery/decide.ts';
import type {
  Check,
  IncidentRecord,
  Scenario,
  TimelineEntry,
} from '../../../../lambdas/incident/contract.ts';
import { checkOf, lossOf, reasonOf, type Sight } from '../../../../lambdas/measure-loss/decide.ts';
import { goReason } from '../../../../lambdas/plan-restore/wording.ts';
import { judgeCopy } from '../../../../lambdas/validate-copy/decide.ts';
import { erlmcp } from '../../promotion-settings.ts';
import { after, entry, record } from './records.ts';

/** The sentences are made by the tasks themselves, so that the report cannot drift away from them. */

function lossIn(
  scenario: Scenario,
  {
    checks = [],
    timeline = [],
  }: { readonly checks?: readonly Check[]; readonly timeline?: readonly TimelineEntry[] },
  rpoSeconds = 900,
) {
  const of: IncidentRecord = record({ checks, timeline }, { scenario, rpoSeconds });
  return dataLossOf(of);
}

describe('of a promotion', () => {
  const answer: QueryAnswer = {
    reachable: true,
    evidence: '10.0.3.7:5432, PostgreSQL 18.4',
    at: after(0),
    heartbeat: { at: after(-42) },
    state: { writable: false, inRecovery: true, lagSeconds: 3, replicas: null },
  };
  const sight: Sight = {
    settings: erlmcp,
    copy: { seen: true, value: { status: 'available', role: 'replica', instances: 1 } },
    backups: null,
    primaryHealthy: null,
    lease: { holder: 'primary', epoch: 4, renewedAt: after(0), ttlSeconds: 30, heartbeat: { at: after(0) } },
    recovery: null,
    answer,
    publishedLag: 11,
    trafficOn: 'primary',
    obstacle: null,
  };
  const gate = (sights: readonly Sight[]) => {
    const losses = sights.map(lossOf);
    return {
      checks: [
        ...losses.map(checkOf),
        ...decidePromotion({
          losses,
          databases: losses.map(({ database }) => ({ name: database, after: [] })),
          severity: 'P0',
          rpoSeconds: 900,
          approval: 'person',
          approvalSeconds: 3_600,
          mode: 'live',
        }).checks,
      ],
      timeline: [entry(30, 'measure-loss', reasonOf(losses))],
    };
  };
  const unknown = { ...sight, lease: null };
  const billing = { ...sight, settings: { ...erlmcp, name: 'billing' } };

  it('is what was measured before it, and says when', () => {
    const loss = lossIn('site-failure', gate([sight]));
    expect(loss).toMatchObject({ target: '15 min', value: '42 s', verdict: 'met' });
    expect(loss.explanation.at(-1)).toBe(
      'measured at 2026-11-23 12:03:35 UTC, before the databases took over',
    );
  });

  it('is that of the database that loses most', () => {
    const worse = { ...billing, answer: { ...answer, heartbeat: { at: after(-901) } } };
    expect(lossIn('site-failure', gate([sight, worse]))).toMatchObject({
      value: '15 min 1 s',
      verdict: 'missed',
    });
  });

  it('is unknown when it is unknown of one database, and says the least that it is', () => {
    expect(lossIn('site-failure', gate([unknown]))).toMatchObject({ value: 'unknown', verdict: 'unknown' });
    expect(lossIn('site-failure', gate([{ ...billing, lease: null }, sight]))).toMatchObject({
      value: 'unknown, at least 42 s',
      verdict: 'unknown',
    });
  });

  it('is missed by one that is past the RPO, whatever is unknown of another', () => {
    const worse = { ...billing, answer: { ...answer, heartbeat: { at: after(-901) } } };
    expect(lossIn('site-failure', gate([unknown, worse])).verdict).toBe('missed');
  });

  it('is read from what measured it when the gate was never asked', () => {
    const loss = lossOf(sight);
    expect(lossIn('site-failure', { checks: [checkOf(loss)] }).value).toBe('42 s');
    expect(lossIn('site-failure', { checks: [checkOf(lossOf(unknown))] }).value).toBe('unknown');
  });

  it('is nothing in a switchover', () => {
    const settings = { ...erlmcp, globalCluster: { identifier: 'global' } } as unknown as Sight['settings'];
    const loss = lossOf({ ...sight, settings, primaryHealthy: true });
    expect(loss.by).toBe('switchover-global');
    expect(lossIn('site-failure', { checks: [checkOf(loss)] })).toMatchObject({
      value: '0 s',
      verdict: 'met',
    });
  });

  it('is not a question of an environment without databases', () => {
    const timeline = [entry(30, 'measure-loss', reasonOf([]))];
    expect(lossIn('site-failure', { timeline })).toMatchObject({
      value: 'no databases',
      verdict: 'not measured',
    });
  });
});

describe('of a restore', () => {
  const recovery: Recovery = {
    kind: 'restore',
    database: 'erlmcp',
    site: 'primary',
    incidents: ['dev-1'],
    startedAt: after(60),
    restoredAt: after(600),
    recoveryPoint: after(-140),
    phase: 'finished',
    source: erlmcp.primary,
    target: { region: 'eu-west-1', identifier: 'erlmcp-r1' },
    updatedAt: after(700),
  };
  const finished = [
    entry(
      700,
      'finish-recovery',
      [recovery, { ...recovery, database: 'billing', recoveryPoint: after(-841) }]
        .map(describeFinished)
        .join('; '),
    ),
  ];
  const copy = (heartbeat: string | undefined) =>
    judgeCopy({
      plan: { database: 'erlmcp', recoveryPoint: after(-140) },
      answer: {
        reachable: true,
        evidence: 'it answers',
        at: after(600),
        consistency: [],
        state: { writable: true, inRecovery: false, lagSeconds: null, replicas: 0 },
        ...(heartbeat === undefined ? {} : { heartbeat: { at: heartbeat } }),
      },
      acknowledged: { at: after(50) },
      rpoSeconds: 900,
    }).checks;

  it('is what its copy was found to lack', () => {
    const loss = lossIn('data-corruption', { checks: copy(after(-140)), timeline: finished });
    expect(loss).toMatchObject({ value: '3 min 10 s', verdict: 'met' });
    expect(loss.explanation[0]).toContain('erlmcp: 190.0 s: acknowledged until');
  });

  it('is the time it went back, when the copy does not tell', () => {
    expect(lossIn('data-corruption', { checks: copy(undefined), timeline: finished })).toMatchObject({
      value: '15 min 1 s',
      verdict: 'missed',
    });
  });

  it('is what the plan said, while it is not finished', () => {
    const plan = {
      database: 'erlmcp',
      recoveryPoint: after(-140),
      foundBy: 'the newest check that held',
      lossSeconds: 193,
      target: recovery.target,
      resumed: false,
    };
    const reason = goReason([plan as unknown as Parameters<typeof goReason>[0][number]], [], {
      incident: { severity: 'P0', rpoSeconds: 900, deadline: after(3_600) },
      databases: [{ name: 'billing', after: ['erlmcp'] }],
      approvalSeconds: 3_600,
      expectedSeconds: 2_700,
      late: false,
    });
    expect(
      lossIn('data-corruption', { timeline: [entry(30, 'plan-restore', `go: ${reason}`)] }),
    ).toMatchObject({
      value: '3 min 13 s',
      verdict: 'met',
    });
  });

  it('says how many rows only the damaged one has', () => {
    const { summary } = compareNothing();
    const timeline = [...finished, entry(701, 'compare-writes', summary)];
    expect(lossIn('data-corruption', { timeline }).explanation.at(-1)).toBe(summary);
  });

  it('is unknown when nothing on the record says it', () => {
    expect(lossIn('data-corruption', {})).toMatchObject({ value: 'unknown', verdict: 'unknown' });
  });
});

function compareNothing() {
  return { summary: 'erlmcp: no table is counted, so it is not known what was lost' };
}

describe('of a configuration', () => {
  const none = { configuration: null, application: null, nodes: null };
  const assess = (failing: boolean) => {
    const verdict = assessConfiguration({
      now: after(0),
      planning: false,
      site: 'primary',
      request: failing ? undefined : { recoverTo: after(-3_600) },
      snapshotAt: null,
      snapshots: [],
      watch: {
        at: after(-30),
        site: 'primary',
        lastGood: { ...none, configuration: after(-270) },
        failingSince: { ...none, configuration: after(-210) },
        failures: [],
      },
      recovery: null,
    });
    return [{ name: 'assess/the configuration', held: false, evidence: verdict.reason }] as const;
  };

  it('is from the last test that passed to the first that failed', () => {
    expect(lossIn('configuration-loss', { checks: assess(true) })).toMatchObject({
      value: '1 min',
      verdict: 'met',
    });
  });

  it('is unknown when a person gave the time', () => {
    expect(lossIn('configuration-loss', { checks: assess(false) })).toMatchObject({ value: 'unknown' });
  });
});

it.each(['application-failure', 'hardware-failure'] as const)(
  'of a recovery from %s is said not to be measured, never to be nothing',
  (scenario) => {
    expect(lossIn(scenario, {})).toMatchObject({ value: 'not measured', verdict: 'not measured' });
  },
);
