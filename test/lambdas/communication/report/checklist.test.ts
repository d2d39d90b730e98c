import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { partsOf } from '../../../../lambdas/communication/report/checklist-items.ts';
import { checklistMarkdown } from '../../../../lambdas/communication/report/checklist.ts';
import type { IncidentRecord, Scenario } from '../../../../lambdas/incident/contract.ts';
import { after, entry, failover, record } from './records.ts';

const scenarios: readonly Scenario[] = [
  'site-failure',
  'data-corruption',
  'configuration-loss',
  'application-failure',
  'hardware-failure',
];
const about = { application: 'erlmcp', environment: 'dev' };
const ticked = (of: IncidentRecord) =>
  checklistMarkdown({ ...about, scenario: of.ref.scenario }, of)
    .split('\n')
    .filter((line) => line.startsWith('- [x]'));
const ticks = (of: IncidentRecord, item: string) => ticked(of).some((line) => line.includes(item));

describe.each(scenarios)('the checklist of %s', (scenario) => {
  const empty = checklistMarkdown({ ...about, scenario });

  it('has boxes for before, during, verification, communication and what comes after, all empty', () => {
    expect(empty.match(/^## /gm)).toHaveLength(5);
    expect(empty.match(/^- \[ \] /gm)?.length).toBeGreaterThan(20);
    expect(empty).not.toContain('[x]');
    for (const title of ['Before anything moves', 'The recovery', 'Verified', 'Communication']) {
      expect(empty).toContain(`## ${title}`);
    }
  });

  it('names each item once', () => {
    const items = partsOf(scenario).flatMap((part) => part.items.map(({ text }) => text));
    expect(new Set(items).size).toBe(items.length);
  });

  it('ticks by tasks that exist', () => {
    const folder = path.join(import.meta.dirname, '..', '..', '..', '..', 'lambdas');
    const steps = partsOf(scenario).flatMap(({ items }) =>
      items.flatMap(({ proof = [] }) =>
        proof.flatMap((each) => {
          if ('step' in each) return each.step;
          if (!('actor' in each) || each.actor.source === '.') return [];
          return [each.actor.source.slice(1, -1)];
        }),
      ),
    );
    expect(steps.length).toBeGreaterThan(2);
    for (const step of steps) {
      expect(readFileSync(path.join(folder, step, 'handler.ts'), 'utf8')).toBeTruthy();
    }
  });

  it('ticks nothing but that it was opened, of an incident in which nothing has happened', () => {
    expect(ticked(record({}, { scenario }))).toHaveLength(1);
  });
});

describe('a failover', () => {
  it('ticks what its record shows, with the time and who it was', () => {
    expect(ticked(failover)).toContain(
      '- [x] One person has the call, and says so. (2026-11-23 12:04:35 UTC, arn:aws:iam::111111111111:user/ada)',
    );
    for (const item of [
      'The standby is fit to take over. (2026-11-23 12:03:30 UTC, check-standby)',
      'approved the promotion where one must. (2026-11-23 12:14:00 UTC, arn',
      'Nothing can write to the old primary',
      'have taken over and can be written to',
      'DNS is moved to the standby.',
      'as a user sees it.',
      'The tests of the environment pass',
      'Those on call and management know how it ended.',
    ]) {
      expect(ticked(failover).join('\n')).toContain(item);
    }
  });

  it('leaves open what nobody wrote down', () => {
    expect(ticks(failover, 'The application finds its databases')).toBe(false);
    expect(ticks(failover, 'Partners know.')).toBe(false);
    expect(ticks(failover, 'The status page says so.')).toBe(false);
    expect(ticks(failover, 'The cause of the failure is found')).toBe(false);
  });
});

describe('nothing is ticked', () => {
  const of = (...timeline: IncidentRecord['timeline']) => record({ timeline });

  it('by a standby that is not fit', () => {
    expect(ticks(of(entry(1, 'check-standby', 'the standby is not fit')), 'fit to take over')).toBe(false);
  });

  it.each(['planned: would move the switch', 'refused: the lock is lost'])('by a step that %s', (event) => {
    expect(ticks(of(entry(1, 'switch-dns', event)), 'DNS is moved')).toBe(false);
  });

  it('by a step that was done and is no longer', () => {
    const undone = of(entry(1, 'switch-dns', 'changed: moved it'), entry(2, 'switch-dns', 'refused: no'));
    expect(ticks(undone, 'DNS is moved')).toBe(false);
  });

  it('by a look that did not hold', () => {
    const looks = [
      entry(1, 'verify-service', 'look 1: not verified yet: x'),
      entry(2, 'run-tests', 'look 1: 1 of 3 tests fails: home'),
    ];
    expect(ticks(of(...looks), 'as a user sees it')).toBe(false);
    expect(ticks(of(...looks), 'pass from outside')).toBe(false);
  });

  it('by a question, or a no', () => {
    const asked = [
      entry(1, 'decide-promotion', 'ask: why'),
      entry(2, 'ada', 'rejected the promotion (link)', 'no'),
    ];
    expect(ticks(of(...asked), 'measured and weighed')).toBe(false);
  });

  it('by a notice that nobody took', () => {
    const lost = record({
      notices: [
        {
          at: after(1),
          kind: 'opened',
          channel: 'email',
          audience: 'partners',
          subject: 's',
          delivered: false,
        },
      ],
    });
    expect(ticks(lost, 'Partners know.')).toBe(false);
  });
});

it('of a restore the writers are ticked apart when they stop and when they start', () => {
  const data = { scenario: 'data-corruption' } as const;
  const stopped = record(
    { timeline: [entry(1, 'set-writers', 'changed: stopped the writers; there were erlmcp 6')] },
    data,
  );
  expect([ticks(stopped, 'writers are stopped'), ticks(stopped, 'started again')]).toEqual([true, false]);
  const both = {
    ...stopped,
    timeline: [...stopped.timeline, entry(9, 'set-writers', 'changed: started erlmcp with 6')],
  };
  expect([ticks(both, 'writers are stopped'), ticks(both, 'started again')]).toEqual([true, true]);
});

it('a person of any name breaks no line of it', () => {
  const of = { ...failover, acknowledged: { at: after(1), by: 'a\n- [x] *b* <i>', via: 'x' } };
  expect(ticked(of).join('\n')).toContain('a - \\[x\\] \\*b\\* &lt;i&gt;)');
});
