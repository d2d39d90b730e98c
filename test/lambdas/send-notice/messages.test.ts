import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subjectLine } from '../../../lambdas/aws/topic.ts';
import type { IncidentRef, Notice, NoticeKind, Severity } from '../../../lambdas/incident/contract.ts';
import { givenUp } from '../../../lambdas/incident/handover.ts';
import { unsent } from '../../../lambdas/incident/telling.ts';
import { messagesOf } from '../../../lambdas/send-notice/messages.ts';
import type { News } from '../../../lambdas/send-notice/news.ts';
import { anIncident, aRecord } from '../bucket.ts';

const minute = 60_000;
const start = Date.parse(anIncident.startedAt);
const kinds = [
  'opened',
  'update',
  'approval',
  'escalation',
  'recovered',
  'planned',
  'joined',
  'ignored',
] as const;
const plan: IncidentRef = { ...anIncident, mode: 'plan' };
const timeline = [
  { at: '2026-11-23T04:00:12.000Z', actor: 'alarm', event: 'the incident was opened' },
  { at: '2026-11-23T04:01:12.000Z', actor: 'assess-primary', event: 'the primary is down' },
];

const news = (kind: NoticeKind, changes: Partial<News> = {}): News => ({
  incident: anIncident,
  kind,
  record: aRecord({ timeline }),
  now: start + 15 * minute,
  application: 'erlmcp',
  publicName: 'erlmcp.company.com',
  contacts: {
    oncall: ['John Doe, +1-555-1234'],
    management: ['CTO'],
    customers: ['support@company.com'],
    partners: ['partners@company.com'],
  },
  ...changes,
});
const to = (audience: string, piece: News) =>
  messagesOf(piece, false).find((message) => message.audience === audience) ?? { subject: '', text: '' };

describe('who hears', () => {
  const all = ['oncall', 'management', 'customers', 'partners'];
  it.each<[NoticeKind, Severity, readonly string[]]>([
    ['opened', 'P0', all],
    ['opened', 'P1', all],
    ['opened', 'P2', ['oncall', 'management']],
    ['opened', 'P3', ['oncall', 'management']],
    ['update', 'P1', all],
    ['update', 'P3', ['oncall', 'management']],
    ['recovered', 'P0', all],
    ['recovered', 'P2', ['oncall', 'management']],
    ['escalation', 'P0', all],
    ['escalation', 'P2', ['oncall', 'management']],
    ['planned', 'P0', ['oncall']],
    ['approval', 'P0', ['oncall']],
    ['ignored', 'P0', ['oncall']],
    ['joined', 'P0', []],
  ])('of %s in %s', (kind, severity, audiences) => {
    const messages = messagesOf(news(kind, { incident: { ...anIncident, severity } }), true);
    expect(messages.filter(({ channel }) => channel === 'sns').map(({ audience }) => audience)).toEqual(
      audiences,
    );
    expect(messages.filter(({ channel }) => channel === 'slack')).toMatchObject([{ audience: 'oncall' }]);
  });

  it.each(kinds)('of %s in a plan: on-call only, with PLAN in the subject', (kind) => {
    const messages = messagesOf(news(kind, { incident: plan }), true);
    for (const { audience, subject } of messages) {
      expect(audience).toBe('oncall');
      expect(subject).toMatch(/^PLAN \[P0\] /);
    }
  });

  it('is nobody on Slack where there is no Slack', () => {
    expect(messagesOf(news('opened'), false).some(({ channel }) => channel === 'slack')).toBe(false);
  });
});

describe('the incident template', () => {
  it('has all its parts for engineers', () => {
    const { subject, text } = to('oncall', news('opened', { now: start }));
    expect(subject).toBe(`[P0] ${anIncident.id}: recovery started`);
    for (const part of [
      `Incident ID: ${anIncident.id}`,
      'Severity: P0 (critical, complete failure)',
      'Start time: 2026-11-23 04:00:12 UTC',
      'Affected systems: erlmcp (erlmcp.company.com) in dev, the primary site',
      'Issue:\nThe primary site appears to be lost. Opened by alarm lifeboat-dev-primary-unhealthy.',
      'Impact:\nUsers of erlmcp.company.com',
      'Current status:\n- assess-primary: the primary is down',
      'Next steps:\n',
      'Estimated time to resolution:\nBy 2026-11-23 05:00:12 UTC: RTO 1 h, RPO 15 min. Next update at 2026-11-23 04:15:12 UTC.',
      'Contact:\n- John Doe, +1-555-1234',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('has all its parts for customers, and nothing from inside', () => {
    const { subject, text } = to('customers', news('opened', { now: start }));
    expect(subject).toBe('erlmcp: service interruption');
    for (const title of [
      'Incident ID',
      'Severity',
      'Start time',
      'Affected systems',
      'Issue',
      'Impact',
      'Current status',
      'Next steps',
      'Estimated time to resolution',
      'Contact',
    ]) {
      expect(text).toContain(`${title}:`);
    }
    expect(text).toContain('restored by 2026-11-23 05:00:12 UTC');
    expect(text).toContain('- support@company.com');
    expect(`${subject}${text}`).not.toMatch(/lifeboat|alarm|standby|assess-primary|John Doe/i);
  });

  it('passes on that no updates will follow', () => {
    expect(to('oncall', news('opened', { detail: 'No updates will follow.' })).text).toContain(
      '- No updates will follow.',
    );
  });
});

describe('an update', () => {
  const told: Notice = {
    at: '2026-11-23T04:00:13.000Z',
    kind: 'opened',
    channel: 'sns',
    audience: 'oncall',
    subject: '',
    delivered: true,
  };

  it('says what changed since the last notice, the step, the clock and when the next comes', () => {
    const { subject, text } = to(
      'oncall',
      news('update', { record: aRecord({ timeline, notices: [told] }) }),
    );
    expect(subject).toBe(`[P0] ${anIncident.id}: update, 45 min of RTO left`);
    expect(text).toContain('15 min of the 1 h RTO are over, 45 min are left (until 2026-11-23 05:00:12 UTC)');
    expect(text).toContain('Since the last notice:\n- 04:01:12 UTC assess-primary: the primary is down\n\n');
    expect(text).toContain('Current step:\n- assess-primary: the primary is down');
    expect(text).toContain('Next update:\nAt 2026-11-23 04:30:12 UTC');
  });

  it('says so when nothing is new, and when nothing is known', () => {
    const notices = [{ ...told, at: '2026-11-23T04:10:00.000Z' }];
    expect(to('oncall', news('update', { record: aRecord({ timeline, notices }) })).text).toContain(
      'Nothing new is on record.',
    );
    expect(to('oncall', news('update', { record: null })).text).toContain('The ledger does not answer');
  });

  it('shows the latest dozen of many entries', () => {
    const many = Array.from({ length: 40 }, (_, index) => ({
      at: timeline[1]!.at,
      actor: 'check-capacity',
      event: `look ${index}.`,
    }));
    const { text } = to('oncall', news('update', { record: aRecord({ timeline: many }) }));
    expect(text).toContain('- 28 earlier entries, on the record\n- 04:01:12 UTC check-capacity: look 28.');
  });

  it('admits that the RTO is missed', () => {
    const late = news('update', { now: start + 70 * minute });
    expect(to('oncall', late).subject).toContain('RTO missed 10 min ago');
    expect(to('oncall', late).text).toContain('1 h 10 min are over: the RTO of 1 h was missed 10 min ago');
    expect(to('customers', late).text).toContain('It takes longer than our target.');
  });
});

describe('a gate that waits for a person', () => {
  const pending = [
    {
      gate: 'promotion',
      question: 'Shall the standby take over?\n- erlmcp: 4 s would be lost.',
      askedAt: '2026-11-23T04:05:00.000Z',
      expiresAt: '2026-11-23T04:35:12.000Z',
    },
  ];
  const record = aRecord({ timeline, pending });

  it('is in every update to engineers: what, until when, what else, and how to answer', () => {
    for (const audience of ['oncall', 'management']) {
      const { text } = to(audience, news('update', { record }));
      expect(text).toContain(
        'A person must decide:\n- promotion, asked at 2026-11-23 04:05:00 UTC: Shall the standby take over? ' +
          'Answer within 20 min, else nothing is done',
      );
      expect(text).toContain(
        `npm run approve -- --env dev --incident ${anIncident.id} --gate promotion --decision approve|reject`,
      );
    }
  });

  it('is nothing to customers, nor to anybody once its time is over', () => {
    expect(to('customers', news('update', { record })).text).not.toMatch(/decide|promotion/);
    const later = news('update', { record, now: start + 35 * minute });
    expect(to('oncall', later).text).not.toContain('A person must decide');
  });
});

describe('damaged data', () => {
  const damaged: IncidentRef = { ...anIncident, scenario: 'data-corruption', severity: 'P1' };
  const record = aRecord({ ref: damaged, timeline });

  it.each(['opened', 'update', 'escalation', 'recovered'] as const)(
    'are told to customers as what they may see, and nothing of the inside: %s',
    (kind) => {
      const { subject, text } = to('customers', news(kind, { incident: damaged, record }));
      expect(`${subject}${text}`).not.toMatch(
        /lifeboat|alarm|standby|second site|replica|restore-|corruption|[{}]/i,
      );
      expect(text).toContain('erlmcp.company.com');
    },
  );

  it('are told to customers with what they may have lost', () => {
    const { subject, text } = to('customers', news('recovered', { incident: damaged, record }));
    expect(subject).toBe('erlmcp: service restored');
    expect(text).toContain('What was entered between that point and the restore may be missing');
  });

  it('are told to engineers with what will be done and what is kept', () => {
    const { text } = to('oncall', news('opened', { incident: damaged, record }));
    expect(text).toContain('Affected systems: erlmcp (erlmcp.company.com) in dev, its databases');
    expect(text).toContain('The damaged databases are kept.');
  });
});

describe('an escalation', () => {
  it('says what has changed, what has not, and what to do', () => {
    const record = givenUp(aRecord({ timeline }), {
      at: '2026-11-23T04:20:00.000Z',
      actor: 'close-incident',
      summary: 'Step check-dns failed.',
      failedStep: 'check-dns',
    })!;
    const { subject, text } = to('oncall', news('escalation', { record }));
    expect(subject).toBe(`[P0] ${anIncident.id}: a person is needed`);
    for (const part of [
      'What happened:\nStep check-dns failed.',
      'What has changed:\n- nothing',
      'What has not changed:\n- scale-nodes',
      "What to do:\n- Ask the zone's name servers",
      `Execution:\n${record.executionArn}`,
    ]) {
      expect(text).toContain(part);
    }
  });

  it('tells customers that people have taken over, and nothing of the inside', () => {
    const { subject, text } = to('customers', news('escalation', { detail: 'Step check-dns failed.' }));
    expect(subject).toMatch(/: service interruption, update$/);
    expect(text).toContain('Our engineers have taken over from the automatic recovery.');
    expect(text).not.toContain('check-dns');
  });

  it('does not claim that nothing has changed when the record cannot be read', () => {
    const { text } = to('oncall', news('escalation', { record: null, detail: 'States.Timeout' }));
    expect(text).toContain('What happened:\nStates.Timeout');
    expect(text).toContain('What has changed:\nNot known: look before you act.');
  });
});

describe('the recovery template', () => {
  const record = aRecord({
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
      { name: 'test/login', held: true, evidence: '200 after 9 ms' },
    ],
  });

  it('has all its parts for engineers', () => {
    const { subject, text } = to('oncall', news('recovered', { record, detail: 'The standby serves.' }));
    expect(subject).toBe(`[P0] ${anIncident.id}: recovered in 5 min 10 s`);
    for (const part of [
      'Resolution time: 2026-11-23 04:03:10 UTC',
      'Systems restored: erlmcp (erlmcp.company.com), served by the standby site',
      'Recovery time: 5 min 10 s from the last time it was seen well; RTO 1 h met',
      'Resolution:\nThe standby serves.',
      'Actions taken:\n- switch-dns: moved the switch',
      'Verification:\n- service at 198.51.100.10: answered 200\n- test/login: 200 after 9 ms\n\n',
      'Next steps:\n- The traffic stays on the standby.',
      'Contact:\n- John Doe',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('has all its parts for customers', () => {
    const { subject, text } = to('customers', news('recovered', { record }));
    expect(subject).toBe('erlmcp: service restored');
    for (const title of [
      'Incident ID',
      'Resolution time',
      'Systems restored',
      'Resolution',
      'Actions taken',
      'Verification',
      'Next steps',
      'Contact',
    ]) {
      expect(text).toContain(`${title}:`);
    }
    expect(text).not.toMatch(/switch-dns|198\.51/);
  });
});

it('a plan lists what a live run would do and what did not hold', () => {
  const record = aRecord({
    ref: plan,
    steps: [{ step: 'switch-dns', status: 'planned', summary: 'would move the switch', before: 0, after: 1 }],
    checks: [{ name: 'dns/erlmcp', held: 'unknown', evidence: 'plan: would wait for this' }],
  });
  const { subject, text } = to('oncall', news('planned', { record, incident: plan }));
  expect(subject).toContain('planned, nothing was changed');
  expect(text).toContain('This is a plan: nothing is changed.');
  expect(text).toContain('What a live run would do:\n- switch-dns: would move the switch');
  expect(text).toContain('What did not hold:\n- dns/erlmcp: plan: would wait for this');
});

describe('the same notice', () => {
  const delivered = (piece: News): Notice[] =>
    messagesOf(piece, true).map(({ kind, key, channel, audience, subject }) => ({
      at: '',
      kind,
      key,
      channel,
      audience,
      subject,
      delivered: true,
    }));
  const again = (first: News, second: News) => unsent(messagesOf(second, true), delivered(first)).length;

  it.each(['opened', 'escalation', 'recovered'] as const)(
    'is %s once per incident, whatever it says',
    (kind) => {
      expect(again(news(kind), news(kind, { detail: 'in other words', now: start + 40 * minute }))).toBe(0);
    },
  );

  it('is an update a second later, but not one cadence later', () => {
    const at = (now: number) => news('update', { now });
    expect(again(at(start + 15 * minute), at(start + 15 * minute + 90_000))).toBe(0);
    expect(again(at(start + 15 * minute), at(start + 30 * minute))).toBe(5);
  });

  it('is a start that joined, if it is the same start', () => {
    expect(again(news('joined', { detail: 'a' }), news('joined', { detail: 'a' }))).toBe(0);
    expect(again(news('joined', { detail: 'a' }), news('joined', { detail: 'b' }))).toBe(1);
  });

  it('is sent again where it has failed', () => {
    const before = delivered(news('opened')).map((notice) => ({
      ...notice,
      delivered: notice.audience !== 'partners',
    }));
    expect(unsent(messagesOf(news('opened'), true), before)).toMatchObject([{ audience: 'partners' }]);
  });
});

it('every notice has a subject and a text, whatever is on the record', () => {
  const anything = fc.record({
    kind: fc.constantFrom(...kinds),
    severity: fc.constantFrom('P0', 'P1', 'P2', 'P3'),
    mode: fc.constantFrom('live', 'plan'),
    detail: fc.option(fc.string(), { nil: undefined }),
    recorded: fc.boolean(),
    lastGoodAt: fc.constantFrom(null, '2026-11-23T03:59:00.000Z'),
    now: fc.integer({ min: start - minute, max: start + 1_500 * minute }),
    evidence: fc.string(),
  });
  fc.assert(
    fc.property(anything, ({ kind, severity, mode, detail, recorded, lastGoodAt, now, evidence }) => {
      const checks = [{ name: 'verify/x', held: 'unknown', evidence }] as const;
      const piece = news(kind, {
        incident: { ...anIncident, severity, mode },
        record: recorded ? aRecord({ lastGoodAt, checks, timeline }) : null,
        now,
        ...(detail === undefined ? {} : { detail }),
      });
      for (const { subject, text } of messagesOf(piece, true)) {
        expect(subjectLine(subject)).toBe(subject);
        expect(text).not.toMatch(/undefined|NaN|\[object/);
      }
    }),
  );
});
