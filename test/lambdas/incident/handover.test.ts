import { describe, expect, it } from 'vitest';
import type { StepResult, StepStatus } from '../../../lambdas/incident/contract.ts';
import { fullStory, givenUp, handover } from '../../../lambdas/incident/handover.ts';
import { anIncident, aRecord } from '../bucket.ts';

const step = (name: string, status: StepStatus, summary: string = status): StepResult => ({
  step: name,
  status,
  summary,
  before: null,
  after: null,
});

const notReached = (...names: readonly string[]) => names.map((name) => `${name}: was not reached`);
const databases = ['fence-primary', 'promote-database', 'swap-database'] as const;

describe('what has changed', () => {
  it.each([
    [
      'nothing was reached',
      aRecord(),
      [],
      notReached('scale-nodes', ...databases, 'scale-workloads', 'switch-dns'),
    ],
    [
      'a step changed something, and a retry found it there',
      aRecord({
        steps: [step('scale-nodes', 'changed', 'raised to 4'), step('scale-nodes', 'already-there')],
      }),
      ['scale-nodes: raised to 4'],
      notReached(...databases, 'scale-workloads', 'switch-dns'),
    ],
    [
      'a step began and did not report',
      aRecord({ steps: [step('scale-nodes', 'already-there', 'enough')], preImages: { 'switch-dns': {} } }),
      ['switch-dns: may have changed something (it began and did not report)'],
      ['scale-nodes: enough', ...notReached(...databases, 'scale-workloads')],
    ],
    [
      'a retry found there what the first try had done',
      aRecord({
        steps: [step('switch-dns', 'already-there', 'on standby')],
        preImages: { 'switch-dns': {} },
      }),
      ['switch-dns: may have changed something (an earlier try did, or it was so before: on standby)'],
      notReached('scale-nodes', ...databases, 'scale-workloads'),
    ],
    [
      'a plan would have changed it',
      aRecord({ steps: [step('switch-dns', 'planned', 'would move')] }),
      [],
      [...notReached('scale-nodes', ...databases, 'scale-workloads'), 'switch-dns: would move'],
    ],
    [
      'a step did the same for several databases',
      aRecord({
        steps: [
          step('promote-database', 'changed', 'erlmcp promoted'),
          step('promote-database', 'already-there', 'erlmcp is promoted'),
          step('promote-database', 'changed', 'audit promoted'),
        ],
      }),
      ['promote-database: erlmcp promoted', 'promote-database: audit promoted'],
      notReached('scale-nodes', 'fence-primary', 'swap-database', 'scale-workloads', 'switch-dns'),
    ],
    [
      'a runbook within the runbook restored what the standby had no replica of',
      aRecord({ steps: [step('start-restore', 'changed', 'erlmcp-r1 is being restored')] }),
      ['start-restore: erlmcp-r1 is being restored'],
      notReached('scale-nodes', ...databases, 'scale-workloads', 'switch-dns'),
    ],
    [
      'data were damaged and nothing was reached',
      aRecord({ ref: { ...anIncident, scenario: 'data-corruption' } }),
      [],
      [
        'the damaged databases and their backups: a restore is made beside them, and nothing deletes them',
        ...notReached('set-writers', 'start-restore', 'align-settings', 'swap-database'),
      ],
    ],
  ])('is told when %s', (_, record, changed, unchanged) => {
    expect(handover(record, undefined)).toMatchObject({ changed, unchanged });
  });
});

describe('what to do', () => {
  it('comes from the step that stopped, if it says so', () => {
    const { nextSteps } = handover(aRecord(), 'decide-failover', ['Mend the standby.']);
    expect(nextSteps[0]).toBe('Mend the standby.');
  });

  it.each(['scale-nodes', 'check-capacity', 'switch-dns', 'verify-service'])(
    'has a first look for %s',
    (failed) => {
      const { nextSteps } = handover(aRecord(), failed);
      expect(nextSteps).toHaveLength(3);
      expect(nextSteps[1]).toContain('start lifeboat-dev-incident again with {"scenario":"site-failure"}');
      expect(nextSteps[2]).toContain('incidents/dev-20261123T040012-site-failure.json');
    },
  );

  it('is there for a step nobody knows', () => {
    expect(handover(aRecord(), 'constructor').nextSteps).toHaveLength(2);
  });
});

describe('an incident that is given up', () => {
  const end = { at: '2026-11-23T04:10:00.000Z', actor: 'close-incident', summary: 'Step check-dns failed.' };

  it('says all of it in one text', () => {
    const record = givenUp(aRecord({ steps: [step('scale-nodes', 'changed', 'raised to 4')] }), end);
    const story = fullStory(record!);
    for (const part of [
      'Step check-dns failed.',
      'Changed:\n- scale-nodes: raised to 4',
      'Not changed:',
      'What to do:',
    ]) {
      expect(story).toContain(part);
    }
    expect(record).toMatchObject({ state: 'escalated', outcome: 'escalated', closedAt: end.at });
  });

  it.each(['closed', 'escalated'] as const)('stays as it ended when it is %s already', (state) => {
    expect(givenUp(aRecord({ state }), end)).toBeUndefined();
  });
});
