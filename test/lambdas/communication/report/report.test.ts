import { describe, expect, it } from 'vitest';
import { outputOf } from '../../../../lambdas/close-incident/decide.ts';
import type { Outcome } from '../../../../lambdas/incident/contract.ts';
import { after, entry, failover, notice, now, record, reportOn, start } from './records.ts';

const at = (label: string, of = failover) => reportOn(of).moments.find((moment) => moment.label === label);
const fact = (label: string, of = failover) => reportOn(of).facts.find(([name]) => name === label)?.[1];

describe('the recovery time', () => {
  it('runs from the last time the service was seen well to the close', () => {
    expect(reportOn(failover).rto).toMatchObject({ target: '1 h', value: '26 min', verdict: 'met' });
  });

  it('runs from the start when it is unknown when the service was seen well, and says so', () => {
    const { rto } = reportOn({ ...failover, lastGoodAt: null });
    expect(rto.value).toBe('25 min');
    expect(rto.explanation[0]).toContain('it is unknown when the service was last seen well');
  });

  it.each([
    [3_540, 'met'],
    [3_541, 'missed'],
  ])('is held against the RTO: %i s is %s', (seconds, verdict) => {
    expect(reportOn({ ...failover, closedAt: after(seconds) }).rto.verdict).toBe(verdict);
  });

  it('says how long a person was waited for', () => {
    expect(reportOn(failover).rto.explanation).toContain('for 10 min of these a person was waited for');
  });

  it.each([
    ['escalated', 'missed', 'not recovered by the automation'],
    ['awaiting-approval', 'missed', 'not recovered by the automation'],
    ['planned', 'not measured', 'not measured'],
  ] as const)('of an incident that ended %s is %s', (outcome, verdict, value) => {
    expect(reportOn({ ...failover, outcome }).rto).toMatchObject({ verdict, value });
  });

  it('of an open incident is unknown while there is time, and missed when there is none', () => {
    const { outcome, closedAt, ...rest } = failover;
    expect([outcome, closedAt]).toBeDefined();
    const open = { ...rest, state: 'open' as const };
    expect(reportOn(open, start + 600_000).rto.verdict).toBe('unknown');
    expect(reportOn(open, start + 3_600_000).rto.verdict).toBe('missed');
  });

  it.each<[Outcome, number, string | null]>([
    ['recovered', 1_500, after(-60)],
    ['recovered', 3_541, after(-60)],
    ['recovered', 100, null],
    ['escalated', 100, null],
  ])('agrees with what the state machine hears: %s after %i s', (outcome, seconds, lastGoodAt) => {
    const closed = { ...failover, outcome, lastGoodAt, closedAt: after(seconds) };
    const { recoverySeconds, withinRto } = outputOf(closed, { incident: closed.ref, outcome, summary: '' });
    const { rto, span } = reportOn(closed);
    expect((span.end - span.from) / 1_000).toBe(recoverySeconds);
    expect(rto.verdict === 'met').toBe(withinRto);
  });
});

describe('what was seen when', () => {
  it('is read from the timeline', () => {
    expect(reportOn(failover).moments.map(({ label, after: seconds }) => [label, seconds])).toEqual([
      ['Last seen well', -60],
      ['Detected', 0],
      ['Those on call told', 2],
      ['Call taken', 90],
      ['Failure confirmed', 20],
      ['Decided', 30],
      ['First change', 40],
      ['Last change', 1_100],
      ['Verified', 1_400],
      ['Closed', 1_500],
    ]);
  });

  it('is unknown where nobody wrote it down', () => {
    const { moments } = reportOn(record());
    expect(moments.filter(({ at: time }) => time !== null).map(({ label }) => label)).toEqual(['Detected']);
  });

  it('does not take for a decision what was decided after the first change', () => {
    expect(at('Decided')).toMatchObject({ after: 30, note: 'by decide-failover' });
    const stopped = record({ timeline: [entry(5, 'decide-failover', 'stop: the standby is not fit')] });
    expect(at('Decided', stopped)).toMatchObject({ at: null });
  });

  it('is drawn as phases without gaps', () => {
    const { phases } = reportOn(failover);
    expect(phases.map(({ name }) => name)).toEqual([
      'detection',
      'confirmation',
      'decision',
      'recovery',
      'verification',
    ]);
    phases.slice(1).forEach((phase, index) => expect(phase.from).toBe(phases[index]?.to));
    expect(phases.at(-1)?.to).toBe(start + 1_500_000);
  });

  it('goes on while the incident is open', () => {
    const { phases } = reportOn(record({ timeline: [entry(5, 'assess-primary', 'the primary is down')] }));
    expect(phases).toEqual([{ name: 'going on', from: start, to: now, unfinished: true }]);
  });
});

describe('decisions', () => {
  it('are those of the gates and of people, with their reasons', () => {
    expect(
      reportOn(failover).decisions.map(({ by, what, why }) => [by.split('/').at(-1), what, why]),
    ).toEqual([
      ['alarm', 'the incident was opened', 'opened by alarm lifeboat-dev-primary-unhealthy'],
      ['assess-primary', 'the primary is down', ''],
      ['decide-failover', 'go', 'neither probe nor checkers reach the primary'],
      ['decide-promotion', 'ask', "the environment wants a person's word for P0"],
      ['request-approval', 'asks a person about the promotion', 'Shall the databases take over?'],
      ['ada', 'took the call (Slack)', ''],
      ['ada', 'approved the promotion (link)', 'the region will not be back today'],
      ['close-incident', 'the incident was closed: recovered', 'The standby serves the users.'],
    ]);
  });

  it('are there when a person says no, or too late', () => {
    const { decisions } = reportOn(
      record({
        timeline: [
          entry(5, 'ada', 'rejected the restore (command line)', 'the data are right'),
          entry(
            9,
            'answer-approval',
            'the question about the restore was answered too late',
            'nothing was done',
          ),
        ],
      }),
    );
    expect(decisions.map(({ what }) => what)).toEqual([
      'rejected the restore (command line)',
      'the question about the restore was answered too late',
    ]);
  });
});

describe('who was told', () => {
  it('is counted per audience and channel, with what failed', () => {
    const { readers } = reportOn(failover).told;
    expect(
      readers.map(({ audience, channel, delivered, failed }) => [audience, channel, delivered, failed]),
    ).toEqual([
      ['oncall', 'email', 3, 0],
      ['oncall', 'slack', 1, 1],
      ['oncall-secondary', 'sms', 1, 0],
      ['management', 'email', 1, 0],
      ['public', 'statuspage', 0, 1],
    ]);
    expect(readers.find(({ channel }) => channel === 'slack')).toMatchObject({
      lastFailure: 'HTTP 503: no service',
      endedUntold: true,
      retried: 1,
    });
  });

  it('and who was called further, each time once', () => {
    expect(reportOn(failover).escalations.map(({ what, to }) => [what, to])).toEqual([
      ['nobody had taken the call', 'oncall-secondary (sms)'],
      ['slack did not take what it should carry', 'oncall (email)'],
      ['50 % of the RTO were over', 'management (email)'],
    ]);
  });

  it('says who has the call, or that nobody has', () => {
    expect(fact('Call taken')).toBe(
      'by arn:aws:iam::111111111111:user/ada at 2026-11-23 12:04:35 UTC, 1 min 30 s after the start (Slack)',
    );
    expect(fact('Call taken', record())).toBe('by nobody');
  });
});

describe('what changed', () => {
  it('is what steps changed, and what they found as it should be is not', () => {
    const { changed, unchanged } = reportOn(failover);
    expect(changed).toEqual(['scale-nodes: raised workers to 6 nodes']);
    expect(unchanged).toEqual(['swap-database, already there: the secret says the standby already']);
  });

  it('is what the hand-over says, when the automation has given up', () => {
    const given = {
      ...failover,
      outcome: 'escalated',
      changed: ['half of it'],
      unchanged: ['the rest'],
    } as const;
    expect(reportOn(given)).toMatchObject({ changed: ['half of it'], unchanged: ['the rest'] });
  });
});

describe('what to follow up', () => {
  it('is what the automation leaves, and what the record itself leaves open', () => {
    expect(reportOn(failover).followUps).toEqual([
      'Find out why the primary failed.',
      'statuspage took nothing for public: mend it (HTTP 401).',
    ]);
    const worse = { ...failover, closedAt: after(7_200), checks: [] };
    const { acknowledged, ...nobody } = worse;
    expect(acknowledged).toBeDefined();
    expect(reportOn(nobody).followUps.join('\n')).toMatch(
      /The RTO of 1 h was missed[^]*unknown whether data were lost[^]*Nobody has taken the call/,
    );
  });

  it('is nothing of its own for a plan', () => {
    const plan = record({ state: 'closed', outcome: 'planned', closedAt: after(60) }, { mode: 'plan' });
    expect(reportOn(plan).followUps).toEqual([]);
  });
});

it('puts what did not hold first', () => {
  expect(reportOn(failover).checks.map(({ held }) => held)).toEqual(['not held', 'unknown', 'held', 'held']);
});

it('shows each check as it was last seen', () => {
  const checks = [
    { name: 'dns/x', held: false, evidence: 'not yet' },
    { name: 'dns/x', held: true, evidence: 'now' },
  ] as const;
  expect(reportOn(record({ checks })).checks).toEqual([{ name: 'dns/x', held: 'held', evidence: 'now' }]);
});

it('is the same report of the same record, whenever it is made, once the incident is over', () => {
  expect(reportOn(failover, now)).toEqual(reportOn(failover, now + 86_400_000));
  expect(reportOn(record({ notices: [notice(2)] }), now).asOf).toBe(new Date(now).toISOString());
});
