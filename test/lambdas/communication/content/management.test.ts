import { describe, expect, it } from 'vitest';
import { anIncident } from '../../bucket.ts';
import {
  after,
  incidentOf,
  kinds,
  minute,
  openRecord,
  part,
  scenarios,
  start,
  text,
  timeline,
  told,
} from './news.ts';

const to = 'management';
const pending = [
  {
    gate: 'promotion',
    question: "Shall the standby's databases take over?\n- erlmcp: its replica would be promoted.",
    askedAt: after(5),
    expiresAt: after(35),
  },
];

describe('management', () => {
  it.each(scenarios.flatMap((scenario) => kinds.map((kind) => [scenario, kind] as const)))(
    'reads how it stands, without databases, tasks and addresses of %s, %s',
    (scenario, kind) => {
      const incident = incidentOf(scenario);
      const content = told(kind, to, {
        incident,
        record: openRecord({
          ref: incident,
          pending,
          summary: 'erlmcp is served by erlmcp-prod-standby',
          nextSteps: ['preImages in incidents/x.json on the ledger'],
          steps: [{ step: 'switch-dns', status: 'changed', summary: 'moved', before: 0, after: 1 }],
          checks: [{ name: 'verify/service at 198.51.100.10', held: true, evidence: '200' }],
        }),
        since: after(0.5),
        percent: 50,
      });
      expect(content.subject).toMatch(/^\[P0\] dev-20261123T040012: /);
      expect(text(content)).not.toMatch(
        /erlmcp-prod|preImages|[a-z]+-dns|assess-|198\.51|npm run|arn:|lifeboat-|undefined|NaN/,
      );
      // What fits on the screen of a telephone, and is read there.
      expect(text(content).length).toBeLessThan(2_000);
    },
  );

  it('reads what has changed since, what comes, and how it stands against the RTO', () => {
    const record = openRecord({
      acknowledged: { at: after(4), by: 'Jane', via: 'Slack' },
      timeline: [
        ...timeline,
        { at: after(4), actor: 'Jane', event: 'took the call (Slack)' },
        { at: after(8), actor: 'Jane', event: 'approved the promotion (Slack)', detail: 'why' },
      ],
    });
    const content = told('update', to, { record, since: after(0.5) });
    expect(part(content, 'Since the last notice')).toBe(
      [
        'The failure is confirmed.',
        'Jane took the call.',
        'A person approved the promotion.',
        "The recovery has come so far: the standby's nodes are scaled up.",
      ].join('\n'),
    );
    expect(part(content, 'Time')).toContain('15 min of the 1 h RTO are over, 45 min are left');
    expect(part(content, 'Next steps')).toBe('Next, it is weighed what a promotion would lose.');
    expect(part(content, 'Next update')).toContain('2026-11-23 04:30:12 UTC');
    expect(content.unchanged).toBe(false);
  });

  it('reads in one sentence that nothing has changed', () => {
    const content = told('update', to, { since: after(10) });
    expect(content.unchanged).toBe(true);
    expect(part(content, 'Since the last notice')).toBe('Nothing has changed since 2026-11-23 04:10:12 UTC.');
  });

  it('reads which decisions are open, and that the recovery waits for them', () => {
    const content = told('update', to, { record: openRecord({ pending }) });
    expect(part(content, 'Decisions open')).toBe(
      "The people on call decide about the promotion by 2026-11-23 04:35:12 UTC: Shall the standby's databases take over?",
    );
    expect(part(content, 'Current status')).toContain('the recovery waits for a decision');
    const later = told('update', to, { record: openRecord({ pending }), now: start + 36 * minute });
    expect(part(later, 'Decisions open')).toBeUndefined();
    expect(part(later, 'Current status')).toContain('is running by itself');
  });

  it.each([
    [50, 'Be reachable', '50 % of the RTO are over'],
    [80, 'Be reachable', '80 % of the RTO are over'],
    [100, 'Tell whom you have promised the RTO to.', 'the RTO is missed'],
  ] as const)('is asked something at %i %%', (percent, asked, subject) => {
    const content = told('milestone', to, { percent });
    expect(content.subject).toContain(subject);
    expect(part(content, 'Next steps')).toContain(asked);
    expect(part(content, 'Current status')).toMatch(
      percent < 100 ? /of the time that was promised/ : /RTO is missed/,
    );
  });

  it('reads no time that has passed as the time when it will be over', () => {
    const late = told('update', to, { now: start + 70 * minute });
    expect(part(late, 'Estimated time to resolution')).toBe(
      'Not known: it should have been by 2026-11-23 05:00:12 UTC (RTO 1 h, RPO 15 min).',
    );
    const sharp = told('milestone', to, { percent: 100, now: start + 60 * minute });
    expect(sharp.short).toContain('1 h are over: the RTO of 1 h is missed.');
  });

  it('is told by whom it was opened when that was a person, for an alarm has a name from inside', () => {
    expect(part(told('opened', to), 'Issue')).toContain('An alarm opened the incident.');
    const startedBy = 'a person: users call';
    expect(part(told('opened', to, { incident: { ...anIncident, startedBy } }), 'Issue')).toContain(
      'Opened by a person: users call.',
    );
  });

  it('is told that an escalation was never confirmed, and no time that nobody knows', () => {
    const { confirmedAt: confirmed, ...record } = openRecord();
    expect(confirmed).toBeDefined();
    const content = told('escalation', to, { record });
    expect(part(content, 'Current status')).toContain('It was never confirmed that the failure is real.');
    expect(part(content, 'Estimated time to resolution')).toMatch(/^Not known/);
    expect(text(told('escalation', to))).not.toContain('never confirmed');
  });

  it('does not read of actions that nobody has taken', () => {
    const content = told('recovered', to, { record: openRecord({ steps: [] }) });
    expect(part(content, 'Actions taken')).toBe('Nothing had to be changed.');
    expect(text(content)).not.toContain('traffic was moved');
  });

  it('is led to the report', () => {
    const reportUrl = 'https://report.example/';
    expect(told('recovered', to, { reportUrl }).links).toEqual([
      { label: 'Read the report', url: reportUrl },
    ]);
    expect(told('update', to, { acknowledgeUrl: 'https://call.example/' }).links).toEqual([]);
  });
});
