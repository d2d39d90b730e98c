import { describe, expect, it } from 'vitest';
import { due } from '../../../lambdas/communication/due.ts';
import type { IncidentRecord, Notice } from '../../../lambdas/incident/contract.ts';
import { overdueOf } from '../../../lambdas/watch-updates/decide.ts';
import { minute, openRecord, routing, start } from '../communication/routing.ts';
import { incident } from '../memory-ledger.ts';

/** A P0: an update is due every 15 minutes. */
const beat = 15 * minute;
const notice = (at: number, changes: Partial<Notice> = {}): Notice => ({
  at: new Date(start + at).toISOString(),
  kind: 'update',
  channel: 'email',
  audience: 'oncall',
  subject: 'an update',
  delivered: true,
  ...changes,
});
const opened = (at: number, changes: Partial<Notice> = {}) => notice(at, { kind: 'opened', ...changes });
const overdue = (at: number, notices: readonly Notice[], changes: Partial<IncidentRecord> = {}) =>
  overdueOf({ ...openRecord(), notices, ...changes }, start + at);

describe('the first word', () => {
  it('is not missed for two minutes', () => {
    expect(overdue(2 * minute, [])).toEqual([]);
  });

  it('is missed after that', () => {
    expect(overdue(2 * minute + 1_000, [])).toEqual([
      `${incident.id} has been open for 2 min 1 s, and nobody on call was told`,
    ]);
  });

  it('is missed when others have heard, and nobody who is on call', () => {
    expect(overdue(3 * minute, [opened(1_000, { audience: 'management' })])).toHaveLength(1);
  });

  it('is missed when no channel took it', () => {
    expect(overdue(3 * minute, [opened(1_000, { delivered: false, failure: 'HTTP 503' })])).toHaveLength(1);
  });

  it('is there when one of several channels took it', () => {
    const notices = [opened(1_000, { delivered: false }), opened(2_000, { channel: 'slack' })];
    expect(overdue(3 * minute, notices)).toEqual([]);
  });
});

describe('an update', () => {
  it('is due with its beat, and late two minutes after', () => {
    expect(overdue(beat + 2 * minute, [opened(1_000)])).toEqual([]);
    expect(overdue(beat + 3 * minute, [opened(1_000)])).toEqual([
      `the update of ${incident.id} is 3 min late: nobody was told`,
    ]);
  });

  it('is counted from the beat, not from a word that stood for one', () => {
    const early = opened(beat - 59_000);
    expect(overdue(2 * beat + 2 * minute, [early])).toEqual([]);
    expect(overdue(2 * beat + 2 * minute + 1_000, [early])).toHaveLength(1);
  });

  it('is missed by one audience while another has it', () => {
    const notices = [
      opened(1_000),
      opened(2_000, { audience: 'public', channel: 'statuspage' }),
      notice(beat),
      notice(beat, {
        audience: 'public',
        channel: 'statuspage',
        delivered: false,
        failure: 'HTTP 401: bad key',
      }),
    ];
    expect(overdue(beat + 4 * minute, notices)).toEqual([
      `the update of ${incident.id} to public by statuspage is 4 min late (it failed last with: HTTP 401: bad key)`,
    ]);
  });

  it('is not missed by an audience of which one channel works', () => {
    const notices = [
      opened(1_000),
      notice(beat, { channel: 'slack', delivered: false }),
      notice(beat + 1_000),
    ];
    expect(overdue(beat + 10 * minute, notices)).toEqual([]);
  });

  it('is not what an approval, a milestone or a note says', () => {
    const notices = [opened(1_000), notice(beat, { kind: 'milestone' }), notice(beat, { kind: 'approval' })];
    expect(overdue(beat + 3 * minute, notices)).toHaveLength(1);
  });

  it('is not owed to who only hears beginnings and ends', () => {
    const notices = [opened(1_000), opened(1_000, { channel: 'pagerduty' }), notice(beat)];
    expect(overdue(beat + 5 * minute, notices)).toEqual([]);
  });

  it.each(['closed', 'escalated'] as const)('is owed to nobody when the incident is %s', (state) => {
    expect(overdue(10 * beat, [], { state })).toEqual([]);
  });

  it('is owed to those who asked for a plan, too', () => {
    const record = openRecord({ mode: 'plan' }, { notices: [opened(1_000)] });
    expect(overdueOf(record, start + beat + 5 * minute)).toHaveLength(1);
  });
});

it('has nothing to say over 26 hours in which everything is told when it is due', () => {
  let record = openRecord();
  let now = start;
  while (now < start + 26 * 60 * minute) {
    const { now: owed } = due(record, routing, now);
    const told = owed.map(({ kind, channel, audience, key }) => ({
      ...{ kind, channel, audience, key, subject: kind, delivered: true },
      at: new Date(now + 20_000).toISOString(),
    }));
    record = { ...record, notices: [...record.notices, ...told] };
    expect(overdueOf(record, now + 30_000)).toEqual([]);
    now = due(record, routing, now + 30_000).nextAt ?? Infinity;
    expect(overdueOf(record, now)).toEqual([]);
  }
});

describe('at night', () => {
  const quiet = { severities: ['P3'], from: '22:00', to: '07:00', timeZone: 'UTC' } as const;
  const night = Date.parse('2026-11-23T23:00:00.000Z');
  const p3 = {
    severity: 'P3',
    startedAt: new Date(night).toISOString(),
    updateEverySeconds: 14_400,
  } as const;
  const at = (time: string) => Date.parse(time);

  it('mails wait for the morning, and are not missed before', () => {
    const record = openRecord(p3);
    expect(overdueOf(record, at('2026-11-24T06:59:00Z'), quiet)).toEqual([]);
    expect(overdueOf(record, at('2026-11-24T07:02:00Z'), quiet)).toEqual([]);
    expect(overdueOf(record, at('2026-11-24T07:03:00Z'), quiet)).toHaveLength(1);
    expect(overdueOf(record, at('2026-11-24T06:59:00Z'))).toHaveLength(1);
  });

  it('a thread goes on, and its updates are missed', () => {
    const slack = (time: string, kind: 'opened' | 'update') =>
      notice(at(time) - start, { kind, channel: 'slack' });
    const notices = [slack('2026-11-23T23:00:05Z', 'opened'), slack('2026-11-24T03:00:05Z', 'update')];
    const record = openRecord({ ...p3, updateEverySeconds: 7_200 }, { notices });
    expect(overdueOf(record, at('2026-11-24T05:01:00Z'), quiet)).toEqual([]);
    expect(overdueOf(record, at('2026-11-24T05:05:00Z'), quiet)).toEqual([
      `the update of ${incident.id} to oncall by slack is 5 min late`,
    ]);
  });
});
