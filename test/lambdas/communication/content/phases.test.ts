import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  begunSince,
  isStep,
  nextStepOf,
  publicChanges,
  publicNext,
  publicStanding,
} from '../../../../lambdas/communication/content/phases.ts';
import type { IncidentRecord, Scenario } from '../../../../lambdas/incident/contract.ts';
import { after, incidentOf, minute, openRecord, scenarios, start, timeline } from './news.ts';

/** The state machines of each scenario: a runbook, and the runbooks within it. */
const machines: Readonly<Record<Scenario, readonly string[]>> = {
  'site-failure': ['site-failover', 'database-promotion', 'database-copy'],
  'data-corruption': ['database-restore', 'database-copy'],
  'configuration-loss': ['config-restore', 'objects-copy'],
  'application-failure': ['application-restart'],
  'hardware-failure': ['hardware-failure'],
};
/** Not functions but machines, or what ends a runbook, which is not a step of a recovery any more. */
const besides = new Set([
  ...['database-promotion', 'database-copy', 'objects-copy'],
  ...['close-incident', 'finish-recovery', 'finish-configuration', 'compare-writes'],
  // Asks a task of another region in the name of it; what it was is on the timeline under its own name.
  'call-site',
]);

/** Functions that a machine names, in the order of its file. */
function tasksOf(machine: string): readonly string[] {
  const asl = readFileSync(new URL(`../../../../statemachines/${machine}.asl.json`, import.meta.url), 'utf8');
  const names = [...asl.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) =>
    name.replace(/(?!^)([A-Z])/g, '-$1').toLowerCase(),
  );
  return [...new Set(names)].filter((name) => !besides.has(name));
}

function recordOf(scenario: Scenario, actors: readonly string[]): IncidentRecord {
  return openRecord({
    ref: incidentOf(scenario),
    timeline: actors.map((actor, index) => ({ at: after(index), actor, event: 'something' })),
  });
}

describe.each(scenarios)('the next step of %s', (scenario) => {
  const [runbook = '', ...within] = machines[scenario];

  it('is known after every task of its runbooks', () => {
    const first = nextStepOf(recordOf(scenario, []), start);
    for (const task of [...tasksOf(runbook), ...within.flatMap(tasksOf)]) {
      // Writers that are stopped are started again at the end; in a failover they are not waited for.
      if (task === 'set-writers' && scenario === 'site-failure') continue;
      expect(isStep({ at: '', actor: task, event: '' })).toBe(true);
      expect(nextStepOf(recordOf(scenario, [task]), start), task).not.toBe(first);
    }
  });

  it('never goes back along the runbook', () => {
    const order = tasksOf(runbook);
    const steps = order.map((_, index) => nextStepOf(recordOf(scenario, order.slice(0, index + 1)), start));
    const distinct = steps.filter((step, index) => step !== steps[index - 1]);
    expect(new Set(distinct).size).toBe(distinct.length);
    expect(distinct.length).toBeGreaterThan(2);
  });

  it('is that the incident is closed, once the service was tested', () => {
    expect(nextStepOf(recordOf(scenario, ['run-tests']), start)).toBe('Next, the incident is closed.');
  });

  it('has words for customers in every phase, with nothing from inside', () => {
    for (const task of tasksOf(runbook).filter((each) => each !== 'set-writers')) {
      const standing = publicStanding(recordOf(scenario, [task]));
      expect(standing).toMatch(/^We are .*\.$/);
      expect(standing).not.toMatch(/database|standby|node|DNS|workload|writer|replica|RTO/i);
    }
    expect(publicStanding(recordOf(scenario, []))).toBeUndefined();
  });
});

describe('where a recovery stands', () => {
  it('is not taken back by a step that is done again', () => {
    const actors = ['assess-data', 'plan-restore', 'set-writers', 'swap-database', 'set-writers'];
    expect(nextStepOf(recordOf('data-corruption', actors), start)).toBe(
      'Next, the service is verified as a user would see it.',
    );
  });

  it('waits for the answer of a person', () => {
    const pending = [{ gate: 'promotion', question: 'Shall it?', askedAt: after(4), expiresAt: after(34) }];
    const record = openRecord({
      pending,
      timeline: [...timeline, { at: after(4), actor: 'request-approval', event: 'asks a person' }],
    });
    expect(nextStepOf(record, start + 5 * minute)).toBe(
      "A person decides about the promotion; with a yes, the standby's databases take over.",
    );
    expect(nextStepOf(record, start + 35 * minute)).toBe("Next, the standby's databases take over.");
  });

  it('is told by what was begun since a time', () => {
    expect(begunSince(openRecord(), after(1))).toEqual([
      'it is decided whether the standby takes over',
      "the standby's nodes are scaled up",
    ]);
    expect(begunSince(openRecord(), after(3))).toEqual([]);
    expect(begunSince(openRecord(), undefined)).toHaveLength(3);
  });

  it('is told to customers as what is done, what we do and what comes', () => {
    expect(publicChanges(openRecord(), after(0.5))).toEqual([
      'Done: finding out what is wrong.',
      'Done: making sure that our second site can take over.',
    ]);
    expect(publicStanding(openRecord())).toBe('We are getting our second site ready.');
    expect(publicNext(openRecord())).toBe('After that, we will be moving the service to our second site.');
    expect(publicNext(recordOf('site-failure', ['verify-service']))).toBe(
      'When that is done, we will write that the service is restored.',
    );
    expect(publicChanges(recordOf('site-failure', ['assess-primary']), after(-1))).toEqual([
      'We have begun.',
    ]);
    expect(publicChanges(openRecord(), after(3))).toEqual([]);
  });

  it('is not changed by what happens beside it', () => {
    for (const [actor, event] of [
      ['alarm', 'joined the incident'],
      ['alarm', 'reported another trouble'],
      ['Jane', 'took the call (Slack)'],
      ['Jane', 'wrote a note (Slack)'],
    ] as const) {
      expect(isStep({ at: '', actor, event })).toBe(false);
    }
    expect(isStep({ at: '', actor: 'Jane', event: 'approved the promotion (Slack)' })).toBe(true);
  });
});
