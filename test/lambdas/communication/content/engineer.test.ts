import { describe, expect, it } from 'vitest';
import type { IncidentRef } from '../../../../lambdas/incident/contract.ts';
import { givenUp } from '../../../../lambdas/incident/handover.ts';
import { anIncident, aRecord } from '../../bucket.ts';
import { after, kinds, incidentOf, minute, openRecord, part, start, text, timeline, told } from './news.ts';

const plan: IncidentRef = { ...anIncident, mode: 'plan' };
const links = (kind: Parameters<typeof told>[0], changes = {}) => told(kind, 'oncall', changes).links;

describe('the first word', () => {
  const opened = told('opened', 'oncall', { now: start, nextUpdateAt: after(15) });

  it('says what it is about, and what comes', () => {
    expect(opened.subject).toBe(`[P0] ${anIncident.id}: recovery started`);
    expect(part(opened, 'Severity')).toBe('P0 (critical, complete failure)');
    expect(part(opened, 'Affected systems')).toBe('erlmcp (erlmcp.company.com) in dev, the primary site');
    expect(part(opened, 'Issue')).toBe(
      'The primary site appears to be lost. Opened by alarm lifeboat-dev-primary-unhealthy.',
    );
    expect(part(opened, 'Impact')).toMatch(/^Users of erlmcp\.company\.com may/);
    expect(part(opened, 'Estimated time to resolution')).toBe(
      'By 2026-11-23 05:00:12 UTC: RTO 1 h, RPO 15 min. Next update at 2026-11-23 04:15:12 UTC.',
    );
    expect(part(opened, 'Contact')).toBe('John Doe, +15555551234');
  });

  it('passes on that no updates will follow', () => {
    const detail = 'No updates will follow.';
    expect(part(told('opened', 'oncall', { detail }), 'Current status')).toContain(detail);
    expect(text(told('opened', 'oncall', { nextUpdateAt: null }))).not.toContain('Next update');
  });
});

describe('an update', () => {
  it('says what changed since the last word, the step, the next one, the clock and when the next comes', () => {
    const update = told('update', 'oncall', { since: after(1) });
    expect(update.subject).toBe(`[P0] ${anIncident.id}: update, 45 min of RTO left`);
    expect(part(update, 'Time')).toBe(
      '15 min of the 1 h RTO are over, 45 min are left (until 2026-11-23 05:00:12 UTC)',
    );
    expect(part(update, 'Since the last notice')).toBe(
      '04:02:12 UTC check-standby: the standby is fit\n04:03:12 UTC scale-nodes: changed: raised workers to 6 nodes',
    );
    expect(part(update, 'Current step')).toBe(
      'scale-nodes: changed: raised workers to 6 nodes (2026-11-23 04:03:12 UTC)',
    );
    expect(part(update, 'Next step')).toBe('Next, it is weighed what a promotion would lose.');
    expect(part(update, 'Next update')).toBe('At 2026-11-23 04:30:12 UTC, or when it is over.');
    expect(part(update, 'Acknowledged by')).toBe('nobody yet');
    expect(update.unchanged).toBe(false);
  });

  it('says in one sentence that nothing has changed, and all else as ever', () => {
    const update = told('update', 'oncall', { since: after(10) });
    expect(update.unchanged).toBe(true);
    expect(part(update, 'Since the last notice')).toBe('Nothing has changed since 2026-11-23 04:10:12 UTC.');
    for (const title of ['Time', 'Current step', 'Next step', 'Next update', 'Contact']) {
      expect(part(update, title)).toMatch(/\w{2}/);
    }
  });

  it('does not take an incident that joined for a step, though it has happened', () => {
    const joined = { at: after(12), actor: 'alarm', event: 'joined the incident' };
    const update = told('update', 'oncall', {
      since: after(10),
      record: openRecord({ timeline: [...timeline, joined] }),
    });
    expect(update.unchanged).toBe(false);
    expect(part(update, 'Since the last notice')).toContain('joined the incident');
    expect(part(update, 'Current step')).toMatch(/^scale-nodes:/);
  });

  it('admits that nothing is known when the ledger is silent', () => {
    const update = told('update', 'oncall', { record: null });
    expect(part(update, 'Since the last notice')).toContain('The ledger does not answer');
    expect(part(update, 'Acknowledged by')).toBe('not known');
    expect(update.unchanged).not.toBe(true);
  });

  it('shows the latest dozen of many entries', () => {
    const many = Array.from({ length: 40 }, (_, index) => ({
      at: after(1),
      actor: 'check-capacity',
      event: `look ${index}.`,
    }));
    const said = part(
      told('update', 'oncall', { record: openRecord({ timeline: many }) }),
      'Since the last notice',
    );
    expect(said).toMatch(/^28 earlier entries, on the record\n04:01:12 UTC check-capacity: look 28\./);
  });

  it('admits that the RTO is missed', () => {
    const late = told('update', 'oncall', { now: start + 70 * minute });
    expect(late.subject).toContain('RTO missed 10 min ago');
    expect(part(late, 'Time')).toBe('1 h 10 min are over: the RTO of 1 h was missed 10 min ago');
  });
});

describe('a gate that waits for a person', () => {
  const pending = [
    {
      gate: 'promotion',
      question: 'Shall the standby take over?\n- erlmcp: 4 s would be lost.',
      askedAt: after(5),
      expiresAt: after(35),
    },
  ];
  const record = openRecord({ pending });
  const asked = {
    ...pending[0]!,
    evidence: 'The copy is 4 s behind.',
    approveUrl: 'https://answer.example/?decision=approve',
    rejectUrl: 'https://answer.example/?decision=reject',
  };
  const command = (decision: string) =>
    `npm run approve -- --env dev --incident ${anIncident.id} --gate promotion --decision ${decision} --reason "why"`;

  it('is asked with its evidence, until when, and every way to answer', () => {
    const approval = told('approval', 'oncall', { record, asked });
    expect(approval.subject).toBe(
      `[P0] ${anIncident.id}: a person must decide on the promotion by 04:35:12 UTC`,
    );
    expect(part(approval, 'Question (promotion)')).toBe(asked.question);
    expect(part(approval, 'Evidence')).toBe(asked.evidence);
    expect(text(approval)).toContain(
      'Answer by 2026-11-23 04:35:12 UTC, in 20 min. If nobody does, nothing is done',
    );
    expect(part(approval, 'Or on the command line')).toBe(`${command('approve')}\n${command('reject')}`);
    expect(approval.links).toEqual([
      { label: 'Approve the promotion', url: asked.approveUrl },
      { label: 'Reject the promotion', url: asked.rejectUrl },
    ]);
    expect(text(approval)).toContain('do not forward it');
  });

  it('is asked by the command line alone where there are no links', () => {
    const { gate, question, evidence, askedAt, expiresAt } = asked;
    const without = { gate, question, evidence, askedAt, expiresAt };
    const approval = told('approval', 'oncall', { record, asked: without });
    expect(approval.links).toEqual([]);
    expect(part(approval, 'On the command line')).toContain(command('reject'));
    expect(text(approval)).not.toContain('forward');
  });

  it('is asked by what the record knows when the question cannot be read', () => {
    const approval = told('approval', 'oncall', { record });
    expect(part(approval, 'A person must decide')).toContain('Shall the standby take over?');
  });

  it.each(['opened', 'update', 'milestone', 'unacknowledged'] as const)(
    'is in every %s until its time is over',
    (kind) => {
      const said = part(told(kind, 'oncall', { record }), 'A person must decide');
      expect(said).toContain(
        'promotion, asked at 2026-11-23 04:05:12 UTC: Shall the standby take over? Answer within 20 min',
      );
      expect(said).toContain('--decision approve|reject');
      const later = told(kind, 'oncall', { record, now: start + 36 * minute });
      expect(part(later, 'A person must decide')).toBeUndefined();
    },
  );
});

describe('who has the call', () => {
  const acknowledged = { at: after(4), by: 'Jane', via: 'Slack' };

  it('is asked of the second on call, with every way to take it', () => {
    const acknowledgeUrl = 'https://call.example/?signature=x';
    const record = openRecord({ channelRefs: { slack: '1.2' } });
    const content = told('unacknowledged', 'oncall-secondary', { record, acknowledgeUrl });
    expect(content.subject).toBe(`[P0] ${anIncident.id}: nobody has taken the call`);
    expect(content.short).toContain('Nobody has taken the call for 15 min.');
    expect(part(content, 'What is asked of you')).toBe(
      'Nobody has acknowledged this incident for 15 min: take over from the first on call. Take the call by the link, ' +
        `or in Slack, or with npm run acknowledge -- --env dev --incident ${anIncident.id} --by "your name".`,
    );
    expect(content.links).toEqual([{ label: 'Take the call', url: acknowledgeUrl }]);
  });

  it('is asked by no way that there is not', () => {
    const said = part(told('unacknowledged', 'oncall-secondary'), 'What is asked of you');
    expect(said).not.toMatch(/link|Slack/);
  });

  it.each([
    ['arn:aws:iam::111111111111:user/people/ada', 'ada'],
    ['arn:aws:sts::111111111111:assumed-role/OnCall/ada@company.com', 'ada@company.com'],
    ['arn:aws:iam::111111111111:root', 'root'],
    ['Ada (user/ada)', 'Ada (user/ada)'],
  ])('calls %s in the subject %s, and by the whole name in the text', (by, name) => {
    const record = openRecord({ acknowledged: { ...acknowledged, by } });
    const { subject, short } = told('acknowledged', 'oncall', { record });
    expect(subject.endsWith(`: ${name} has the call`)).toBe(true);
    expect(short).toContain(by);
  });

  it('is said when it is taken, and in every update', () => {
    const record = openRecord({ acknowledged });
    expect(told('acknowledged', 'oncall', { record }).subject).toBe(
      `[P0] ${anIncident.id}: Jane has the call`,
    );
    expect(part(told('update', 'oncall', { record }), 'Acknowledged by')).toBe(
      'Jane, 2026-11-23 04:04:12 UTC (Slack)',
    );
  });

  it('can be taken from every notice but the one that says who has it', () => {
    const acknowledgeUrl = 'https://call.example/';
    expect(links('opened', { acknowledgeUrl })).toEqual([{ label: 'Take the call', url: acknowledgeUrl }]);
    expect(links('acknowledged', { acknowledgeUrl })).toEqual([]);
  });
});

describe('a milestone', () => {
  it.each([
    [50, '50 % of the RTO are over', 'progress'],
    [80, '80 % of the RTO are over', 'progress'],
    [100, 'the RTO is missed', 'trouble'],
  ] as const)('of %i %% says: %s', (percent, words, tone) => {
    const content = told('milestone', 'oncall', { percent });
    expect(content.subject).toContain(words);
    expect(content.tone).toBe(tone);
    expect(part(content, 'Next step')).toMatch(/^Next, /);
  });
});

it('what a channel does not take is said with the channel, the reason and what to do', () => {
  const detail =
    'slack to oncall: update was not taken (token_revoked); sms to oncall: opened was not taken (throttled)';
  const content = told('undelivered', 'oncall', { detail });
  expect(content.subject).toContain('a channel does not take its notices');
  expect(part(content, 'What was not taken')).toBe(detail.replace('; ', '\n'));
  expect(part(content, 'What to do')).toContain('Tell those people yourself');
});

it('a note says who wrote it, also when the name has a colon', () => {
  const by = 'arn:aws:iam::1:user/jane';
  const record = openRecord({ notes: [{ at: after(5), by, text: 'The rack: dark.', via: 'command line' }] });
  const content = told('note', 'oncall', { record, detail: `${by}: The rack: dark.` });
  expect(content.subject).toBe(`[P0] ${anIncident.id}: note by ${by}`);
  expect(text(content)).toContain('The rack: dark.');
});

it.each(['joined', 'ignored'] as const)('%s says what came', (kind) => {
  expect(text(told(kind, 'oncall', { detail: 'alarm lifeboat-dev-nodes-unhealthy' }))).toContain(
    'alarm lifeboat-dev-nodes-unhealthy',
  );
});

describe('an escalation', () => {
  const end = {
    at: after(20),
    actor: 'close-incident',
    summary: 'Step check-dns failed.',
    failedStep: 'check-dns',
  };

  it('says what has changed, what has not, and what to do', () => {
    const record = givenUp(openRecord(), end)!;
    const content = told('escalation', 'oncall', { record });
    expect(content.subject).toBe(`[P0] ${anIncident.id}: a person is needed`);
    expect(part(content, 'What happened')).toBe('Step check-dns failed.');
    expect(part(content, 'What has changed')).toBe('nothing');
    expect(part(content, 'What has not changed')).toMatch(/^scale-nodes/);
    expect(part(content, 'What to do')).toMatch(/^Ask the zone's name servers/);
    expect(part(content, 'Execution')).toBe(record.executionArn);
    expect(text(content)).not.toContain('never confirmed');
  });

  it('says that the failure was never confirmed, where it was not', () => {
    const record = givenUp(aRecord({ timeline }), end)!;
    expect(text(told('escalation', 'oncall', { record }))).toContain(
      'It was never confirmed that the failure is real: find out first.',
    );
  });

  it('does not claim that nothing has changed when the record cannot be read', () => {
    const content = told('escalation', 'oncall', { record: null, detail: 'States.Timeout' });
    expect(part(content, 'What happened')).toBe('States.Timeout');
    expect(part(content, 'What has changed')).toBe('Not known: look before you act.');
    expect(text(content)).not.toContain('never confirmed');
  });
});

describe('the recovery', () => {
  const record = openRecord({
    state: 'closed',
    outcome: 'recovered',
    closedAt: '2026-11-23T04:03:10.000Z',
    lastGoodAt: '2026-11-23T03:58:00.000Z',
    nextSteps: ['The traffic stays on the standby.'],
    steps: [{ step: 'switch-dns', status: 'changed', summary: 'moved the switch', before: 0, after: 1 }],
    checks: [
      { name: 'verify/service at 198.51.100.10', held: 'unknown', evidence: 'no answer' },
      { name: 'go/primary-down', held: true, evidence: 'down' },
      { name: 'verify/service at 198.51.100.10', held: true, evidence: 'answered 200' },
      { name: 'test/login', held: false, evidence: '500 after 9 ms' },
    ],
  });
  const recovered = told('recovered', 'oncall', { record, detail: 'The standby serves.' });

  it('says what was done, what proves it, and what is left', () => {
    expect(recovered.subject).toBe(`[P0] ${anIncident.id}: recovered in 5 min 10 s`);
    expect(part(recovered, 'Systems restored')).toBe(
      'erlmcp (erlmcp.company.com), served by the standby site',
    );
    expect(part(recovered, 'Recovery time')).toBe(
      '5 min 10 s from the last time it was seen well; RTO 1 h met',
    );
    expect(part(recovered, 'Resolution')).toBe('The standby serves.');
    expect(part(recovered, 'Actions taken')).toBe('switch-dns: moved the switch');
    expect(part(recovered, 'Verification')).toBe(
      'service at 198.51.100.10: answered 200\nnot held: test/login: 500 after 9 ms',
    );
    expect(part(recovered, 'Next steps')).toBe('The traffic stays on the standby.');
  });

  it('leads to the report, once it is written', () => {
    const reportUrl = 'https://us-east-2.console.aws.amazon.com/s3/object/ledger?prefix=report.html';
    expect(links('recovered', { record, reportUrl })).toEqual([{ label: 'Read the report', url: reportUrl }]);
  });

  it('says that nothing was done or proven, where nothing was', () => {
    const content = told('recovered', 'oncall', { record: { ...record, steps: [], checks: [] } });
    expect(part(content, 'Actions taken')).toBe('Nothing had to be changed.');
    expect(part(content, 'Verification')).toBe('Nothing is on the record: look yourself.');
  });

  it('says how many of many it leaves out', () => {
    const many = <T>(of: (index: number) => T) => Array.from({ length: 20 }, (_, index) => of(index));
    const content = told('recovered', 'oncall', {
      record: {
        ...record,
        steps: many((index) => ({
          step: 's',
          status: 'changed',
          summary: `did ${index}`,
          before: 0,
          after: 1,
        })),
        checks: many((index) => ({ name: `test/${index}`, held: true, evidence: 'fine' })),
      },
    });
    expect(part(content, 'Actions taken')).toMatch(/^8 earlier ones, on the record\ns: did 8\n/);
    expect(part(content, 'Verification')).toMatch(/\n8 more, on the record$/);
  });
});

describe('a plan', () => {
  it.each(kinds)('says so in the subject and the text of %s', (kind) => {
    const content = told(kind, 'oncall', { incident: plan, record: openRecord({ ref: plan }) });
    expect(content.subject).toMatch(/^PLAN \[P0\] /);
    expect(text(content)).toContain('This is a plan: nothing is changed.');
  });

  it('lists what a live run would do and what did not hold', () => {
    const record = aRecord({
      ref: plan,
      steps: [
        { step: 'switch-dns', status: 'planned', summary: 'would move the switch', before: 0, after: 1 },
      ],
      checks: [{ name: 'dns/erlmcp', held: 'unknown', evidence: 'plan: would wait for this' }],
    });
    const content = told('planned', 'oncall', { record, incident: plan });
    expect(content.subject).toContain('planned, nothing was changed');
    expect(content.tone).toBe('plan');
    expect(part(content, 'What a live run would do')).toBe('switch-dns: would move the switch');
    expect(part(content, 'What did not hold')).toBe('dns/erlmcp: plan: would wait for this');
    expect(
      part(
        told('planned', 'oncall', { record: aRecord({ ref: plan }), incident: plan }),
        'What a live run would do',
      ),
    ).toBe('Change nothing.');
  });

  it('that stops says that a live run would, too', () => {
    const content = told('escalation', 'oncall', { incident: plan, record: openRecord({ ref: plan }) });
    expect(content.subject).toContain('the plan stopped, nothing was changed');
    expect(text(content)).toContain('A live run would stop here, and ask a person.');
  });
});

it('damaged data are told with what will be done and what is kept', () => {
  const content = told('opened', 'oncall', { incident: incidentOf('data-corruption') });
  expect(part(content, 'Affected systems')).toBe('erlmcp (erlmcp.company.com) in dev, its databases');
  expect(part(content, 'Next steps')).toContain('The damaged databases are kept.');
});
