import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { due, type Due, type Event } from '../../../lambdas/communication/due.ts';
import type { Notice, IncidentRecord } from '../../../lambdas/incident/contract.ts';
import { minute, openRecord, routing, start } from './routing.ts';

const hour = 60 * minute;
const iso = (at: number) => new Date(at).toISOString();

const noticeOf = (each: Due, at: number, delivered = true): Notice => ({
  at: iso(at),
  kind: each.kind,
  channel: each.channel,
  audience: each.audience,
  subject: each.kind,
  key: each.key,
  delivered,
  ...(delivered ? {} : { failure: 'HTTP 503' }),
});

interface Life {
  readonly record: IncidentRecord;
  readonly looks: number;
  readonly ended: number;
}

/**
 * An incident from its opening on: what is due is told, a second later, by channels that may fail; then the next look is when it was
 * said to be.
 */
function live(
  record: IncidentRecord,
  options: {
    readonly fails?: (each: Due, at: number) => boolean;
    /** What happens meanwhile, by time. */
    readonly happens?: (record: IncidentRecord, now: number) => IncidentRecord;
    readonly until?: number;
  } = {},
): Life {
  const {
    fails = () => false,
    happens = (same: IncidentRecord) => same,
    until = start + 48 * hour,
  } = options;
  let current = record;
  let now = start;
  let looks = 0;
  for (;;) {
    looks += 1;
    current = happens(current, now);
    for (let round = 0; round < 3; round++) {
      const { now: owed } = due(current, routing, now);
      const broken = new Set<string>();
      for (const each of owed) {
        const pair = `${each.audience} ${each.channel}`;
        if (broken.has(pair)) continue;
        const failed = fails(each, now);
        if (failed) broken.add(pair);
        current = { ...current, notices: [...current.notices, noticeOf(each, now + 1_000, !failed)] };
      }
    }
    const { nextAt } = due(current, routing, now + 1_000);
    if (nextAt === null || nextAt > until) return { record: current, looks, ended: now };
    expect(nextAt).toBeGreaterThan(now);
    now = nextAt;
  }
}

const closedAt =
  (at: number, outcome: 'recovered' | 'escalated' = 'recovered') =>
  (record: IncidentRecord, now: number): IncidentRecord =>
    now < at || record.state !== 'open'
      ? record
      : { ...record, state: outcome === 'recovered' ? 'closed' : 'escalated', outcome, closedAt: iso(at) };

const confirmedAt =
  (at: number) =>
  (record: IncidentRecord, now: number): IncidentRecord =>
    now < at || record.confirmedAt !== undefined ? record : { ...record, confirmedAt: iso(at) };

const both =
  (...changes: ((record: IncidentRecord, now: number) => IncidentRecord)[]) =>
  (record: IncidentRecord, now: number) =>
    changes.reduce((current, change) => change(current, now), record);

/** What a reader got, as `kind` or `kind@minute`, in order. */
const heard = ({ notices }: IncidentRecord, audience: string, channel: string) =>
  notices
    .filter((notice) => notice.delivered && notice.audience === audience && notice.channel === channel)
    .map(({ key, at }) => `${key}@${Math.round((Date.parse(at) - start) / minute)}`);

describe('a recovery of several hours', () => {
  const end = start + 3 * hour + 10 * minute;
  const { record } = live(openRecord(), { happens: both(confirmedAt(start + 90_000), closedAt(end)) });

  it('is told to customers from when it is confirmed, on every beat, and once at its end', () => {
    const beats = Array.from({ length: 12 }, (_, index) => `update ${index + 1}@${(index + 1) * 15}`);
    expect(heard(record, 'customers-enterprise', 'email')).toEqual(['opened@2', ...beats, 'recovered@190']);
    expect(heard(record, 'public', 'statuspage')).toEqual(['opened@2', ...beats, 'recovered@190']);
  });

  it('calls the second on call when nobody has answered, and management by the RTO', () => {
    expect(heard(record, 'oncall-secondary', 'sms')).toEqual(['unacknowledged@5', 'recovered@190']);
    expect(heard(record, 'management', 'sms')).toEqual([
      'milestone 50@30',
      'milestone 80@48',
      'milestone 100@60',
      'recovered@190',
    ]);
    expect(heard(record, 'oncall', 'pagerduty')).toEqual(['opened@0', 'recovered@190']);
    expect(heard(record, 'oncall', 'ticket')).toEqual(['opened@0', 'recovered@190']);
  });

  it('is told to whoever acts from its first moment', () => {
    expect(heard(record, 'oncall', 'slack').slice(0, 3)).toEqual([
      'opened@0',
      'unacknowledged@5',
      'update 1@15',
    ]);
    expect(heard(record, 'oncall', 'sms')[0]).toBe('opened@0');
  });
});

describe('the cadence', () => {
  it.each([
    ['P0', 900, 26 * 4],
    ['P1', 1_800, 26 * 2],
    ['P2', 7_200, 13],
    ['P3', 14_400, 6],
  ] as const)('of %s is exact over 26 hours, and ends with the incident', (severity, every, beats) => {
    const end = start + 26 * hour + 7 * minute;
    const opened = openRecord({ severity, updateEverySeconds: every, rtoSeconds: 86_400 });
    const { record, looks, ended } = live(opened, { happens: both(confirmedAt(start), closedAt(end)) });
    const updates = record.notices.filter(
      ({ kind, audience, channel }) => kind === 'update' && audience === 'oncall' && channel === 'slack',
    );
    expect(updates.map(({ at }) => Date.parse(at) - start - 1_000)).toEqual(
      Array.from({ length: beats }, (_, index) => (index + 1) * every * 1_000),
    );
    expect(record.notices.filter(({ at }) => Date.parse(at) > end + 6 * minute)).toEqual([]);
    expect(ended).toBeLessThanOrEqual(end + 5 * minute);
    // Step Functions keeps 25,000 events of an execution, and a look is nine of them.
    expect(looks * 9).toBeLessThan(25_000 / 2);
  });

  it('says nothing twice when it is asked all the time', () => {
    let record = openRecord();
    for (let now = start; now < start + 2 * hour; now += 7_000) {
      const { now: owed } = due(record, routing, now);
      record = { ...record, notices: [...record.notices, ...owed.map((each) => noticeOf(each, now))] };
    }
    const keys = record.notices.map(({ key, channel, audience }) => `${key} ${channel} ${audience}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(heard(record, 'management', 'email').filter((each) => each.startsWith('update'))).toHaveLength(7);
  });
});

describe('channels that fail half of the time', () => {
  it('keep nobody uninformed, tell nobody twice, and mix up no order', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.boolean()), fc.integer({ min: 10, max: 150 }), (coin, minutes) => {
        const coins = coin[Symbol.iterator]();
        const end = start + minutes * minute;
        const { record } = live(openRecord(), {
          fails: () => coins.next().value as boolean,
          happens: both(confirmedAt(start + minute), closedAt(end)),
        });
        const told = record.notices.filter(({ delivered }) => delivered);
        const keys = told.map(({ key, channel, audience }) => `${key} ${channel} ${audience}`);
        expect(new Set(keys).size).toBe(keys.length);
        for (const channel of ['email', 'slack', 'statuspage'] as const) {
          const audience =
            channel === 'slack' ? 'oncall' : channel === 'email' ? 'customers-standard' : 'public';
          const all = heard(record, audience, channel).map((each) => each.split('@')[0]);
          const words = all.filter((key) => /^(opened|update|recovered)/.test(key ?? ''));
          if (words.length === 0) continue;
          expect(words[0]).toMatch(/^opened|^recovered/);
          const beats = words.flatMap((key) => (key?.startsWith('update ') ? [Number(key.slice(7))] : []));
          expect(beats).toEqual(beats.toSorted((a, b) => a - b));
          if (words.includes('recovered')) expect(all.at(-1)).toMatch(/recovered|undelivered/);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are told by the others, once for each time that they fail', () => {
    const down = (at: number) => at >= start + 10 * minute && at < start + 70 * minute;
    const { record } = live(openRecord(), {
      fails: ({ channel }, at) => channel === 'slack' && down(at),
      happens: closedAt(start + 2 * hour),
    });
    const other = heard(record, 'oncall', 'email').filter((each) => each.startsWith('undelivered slack'));
    expect(other).toHaveLength(1);
    expect(
      heard(record, 'oncall', 'pagerduty').filter((each) => each.startsWith('undelivered')),
    ).toHaveLength(1);
    expect(heard(record, 'oncall', 'slack').filter((each) => each.startsWith('undelivered'))).toEqual([]);
    const tries = record.notices.filter(({ channel, delivered }) => channel === 'slack' && !delivered);
    expect(tries.length).toBeLessThan(20);
    expect(heard(record, 'oncall', 'slack').at(-1)).toBe('recovered@120');
  });

  it('are tried for an hour after the end, and no longer', () => {
    const { record, ended } = live(openRecord(), {
      fails: ({ channel }) => channel === 'slack',
      happens: closedAt(start + 20 * minute),
    });
    expect(heard(record, 'oncall', 'slack')).toEqual([]);
    expect(ended).toBeGreaterThan(start + 60 * minute);
    expect(ended).toBeLessThanOrEqual(start + 85 * minute);
  });
});

describe('who has the call', () => {
  const acknowledged = { at: iso(start + 2 * minute), by: 'Jane', via: 'Slack' };
  const taken = (record: IncidentRecord, now: number) =>
    now >= start + 2 * minute ? { ...record, acknowledged } : record;

  it('is seen where it is shown, and the second on call sleeps on', () => {
    const { record } = live(openRecord(), { happens: both(taken, closedAt(start + 30 * minute)) });
    expect(heard(record, 'oncall-secondary', 'email')).toEqual([]);
    expect(heard(record, 'oncall', 'pagerduty')).toContain('acknowledged@2');
    expect(heard(record, 'oncall', 'slack')).toContain('acknowledged@2');
  });

  it('is told to the second on call who was called before', () => {
    const late = (record: IncidentRecord, now: number) =>
      now >= start + 12 * minute ? { ...record, acknowledged } : record;
    const { record } = live(openRecord(), { happens: both(late, closedAt(start + 30 * minute)) });
    expect(heard(record, 'oncall-secondary', 'email')).toEqual([
      'unacknowledged@5',
      'acknowledged@15',
      'recovered@30',
    ]);
  });
});

describe('what is not sure', () => {
  it('is told to customers after five minutes, confirmed or not', () => {
    const { record } = live(openRecord(), { happens: closedAt(start + 20 * minute) });
    expect(heard(record, 'customers-enterprise', 'email')).toEqual([
      'opened@5',
      'update 1@15',
      'recovered@20',
    ]);
  });

  it('is never told to them when it was nothing', () => {
    const { record } = live(openRecord(), { happens: closedAt(start + 3 * minute, 'escalated') });
    expect(heard(record, 'customers-enterprise', 'email')).toEqual([]);
    expect(heard(record, 'public', 'page')).toEqual([]);
    expect(heard(record, 'oncall', 'email').at(-1)).toBe('escalation@3');
    expect(heard(record, 'oncall-secondary', 'sms')).toEqual(['escalation@3']);
  });
});

describe('a question', () => {
  const question = {
    gate: 'promotion',
    question: 'Promote?',
    askedAt: iso(start + 3 * minute),
    expiresAt: iso(start + 33 * minute),
  };

  it('reaches those on call once, by every way, and not when it has run out', () => {
    const asked = (record: IncidentRecord, now: number) =>
      now >= start + 3 * minute ? { ...record, pending: [question] } : record;
    const { record } = live(openRecord(), { happens: both(asked, closedAt(start + hour)) });
    const key = `approval promotion ${question.askedAt}`;
    for (const channel of ['email', 'sms', 'slack', 'pagerduty']) {
      expect(heard(record, 'oncall', channel).filter((each) => each.startsWith(key))).toEqual([`${key}@3`]);
    }
    const { now: owed } = due({ ...openRecord(), pending: [question] }, routing, start + 40 * minute);
    expect(owed.filter(({ kind }) => kind === 'approval')).toEqual([]);
  });
});

describe('at night', () => {
  const quiet = { severities: ['P3'] as const, from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };
  // The incident begins at 13:03 in Berlin; this one ten hours later.
  const shift = 10 * hour;
  const night = openRecord({
    severity: 'P3',
    startedAt: iso(start + shift),
    updateEverySeconds: 14_400,
    rtoSeconds: 86_400,
  });
  const at = (record: IncidentRecord, now: number, event?: Event) =>
    due(record, { ...routing, quiet }, now, event);

  it('what is small waits until morning where it would make a sound', () => {
    const plan = at(night, start + shift);
    expect(plan.now.map(({ channel }) => channel).toSorted()).toEqual(['slack', 'ticket']);
    const morning = Date.parse('2026-11-24T06:00:00.000Z');
    expect(at(night, morning).now.map(({ channel }) => channel)).toContain('email');
    expect(at(night, morning - minute).now.map(({ channel }) => channel)).not.toContain('email');
  });

  it('what needs a person does not wait', () => {
    const over = {
      ...night,
      state: 'escalated' as const,
      outcome: 'escalated' as const,
      closedAt: iso(start + shift),
    };
    expect(at(over, start + shift + minute).now.map(({ channel }) => channel)).toContain('sms');
  });

  it('how it ended is told in the morning', () => {
    const over = {
      ...night,
      state: 'closed' as const,
      outcome: 'recovered' as const,
      closedAt: iso(start + shift + hour),
    };
    const plan = at(over, start + shift + hour);
    expect(plan.now.map(({ channel }) => channel)).not.toContain('email');
    expect(iso(plan.nextAt ?? 0)).toBe('2026-11-24T06:00:00.000Z');
  });
});

describe('a plan', () => {
  it('is nobody’s business but theirs who are on call', () => {
    const { now: owed } = due(openRecord({ mode: 'plan' }), routing, start);
    expect(owed.map(({ audience, channel }) => `${audience} ${channel}`)).toEqual([
      'oncall email',
      'oncall slack',
    ]);
  });
});

describe('a close that is not on the record', () => {
  it('is told when the machine says so', () => {
    const { now: owed } = due(openRecord({}, { confirmedAt: iso(start) }), routing, start + minute, {
      kind: 'escalation',
      detail: 'the ledger does not take it',
    });
    expect(owed.filter(({ kind }) => kind === 'escalation').map(({ audience }) => audience)).toContain(
      'partners',
    );
    expect(owed.find(({ kind }) => kind === 'escalation')?.detail).toBe('the ledger does not take it');
  });
});

describe('one start more', () => {
  it('that joins is for the thread, and one that waits is for those on call', () => {
    const joined = due(openRecord(), routing, start + minute, { kind: 'joined', detail: 'again' }).now;
    expect(joined.filter(({ kind }) => kind === 'joined').map(({ channel }) => channel)).toEqual(['slack']);
    const ignored = due(openRecord(), routing, start + minute, { kind: 'ignored', detail: 'other' }).now;
    expect(ignored.filter(({ kind }) => kind === 'ignored').map(({ channel }) => channel)).toEqual([
      'email',
      'slack',
    ]);
  });
});
