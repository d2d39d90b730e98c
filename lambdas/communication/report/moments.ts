import type { IncidentRecord, TimelineEntry } from '../../incident/contract.ts';

/** When an incident was seen, decided and mended, as far as its record tells. Pure. */

export interface Moment {
  readonly label: string;
  /** ISO 8601; null: unknown, or it never came to it. */
  readonly at: string | null;
  /** Seconds since the start of the incident; negative before it. */
  readonly after: number | null;
  readonly note: string;
}

/** A stretch of time, milliseconds since the epoch. */
export interface Span {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** It went on when the report was written. */
  readonly unfinished: boolean;
}

export function momentsOf(record: IncidentRecord): readonly Moment[] {
  const { ref, lastGoodAt, confirmedAt, acknowledged, closedAt, notices } = record;
  const start = Date.parse(ref.startedAt);
  const moment = (label: string, at: string | null | undefined, note = ''): Moment => ({
    label,
    at: at ?? null,
    after: at == null ? null : (Date.parse(at) - start) / 1_000,
    note,
  });
  const toldAt = notices.find(({ delivered, audience }) => delivered && audience === 'oncall')?.at;
  const { decided, first, last, verified } = milestonesOf(record);
  return [
    moment('Last seen well', lastGoodAt),
    moment('Detected', ref.startedAt, `by ${ref.startedBy}`),
    moment('Those on call told', toldAt),
    moment('Call taken', acknowledged?.at, acknowledged ? `by ${acknowledged.by}` : ''),
    moment('Failure confirmed', confirmedAt),
    moment('Decided', decided?.at, decided ? `by ${decided.actor}` : ''),
    moment('First change', first?.at, first ? `by ${first.actor}` : ''),
    moment('Last change', last?.at, last ? `by ${last.actor}` : ''),
    moment('Verified', verified?.at, verified ? `by ${verified.actor}` : ''),
    moment('Closed', closedAt),
  ];
}

/** One after the other, from the last time that the service was seen well; what is unknown is part of the next. */
export function phasesOf(record: IncidentRecord, end: number): readonly Span[] {
  const { ref, lastGoodAt, confirmedAt, closedAt } = record;
  const { first, last } = milestonesOf(record);
  const bounds: readonly (readonly [name: string, until: string | undefined])[] = [
    ['detection', ref.startedAt],
    ['confirmation', confirmedAt],
    ['decision', first?.at],
    ['recovery', last?.at],
    // Without a change there was nothing to verify.
    [last ? 'verification' : 'until it was closed', closedAt],
  ];
  const spans: Span[] = [];
  let from = Date.parse(lastGoodAt ?? ref.startedAt);
  for (const [name, until] of bounds) {
    const to = until === undefined ? undefined : Date.parse(until);
    if (to === undefined || to <= from) continue;
    spans.push({ name, from, to, unfinished: false });
    from = to;
  }
  return closedAt === undefined && end > from
    ? [...spans, { name: 'going on', from, to: end, unfinished: true }]
    : spans;
}

/** From each question to its answer; without one to the end. */
export function waitsOf({ timeline, closedAt }: IncidentRecord, end: number): readonly Span[] {
  return timeline.flatMap(({ at, event }, index) => {
    const gate = /^asks a person about the (.+)$/.exec(event)?.[1];
    if (gate === undefined) return [];
    const answer = timeline
      .slice(index + 1)
      .find(
        (entry) =>
          entry.event.startsWith(`approved the ${gate} `) ||
          entry.event.startsWith(`rejected the ${gate} `) ||
          entry.event === event,
      );
    return [
      {
        name: `waiting: ${gate}`,
        from: Date.parse(at),
        to: answer ? Date.parse(answer.at) : end,
        unfinished: !answer && closedAt === undefined,
      },
    ];
  });
}

function milestonesOf({ timeline }: IncidentRecord) {
  const changes = timeline.filter(isChange);
  const [first, last] = [changes[0], changes.at(-1)];
  const decisions = timeline.filter(isGo);
  return {
    first,
    last,
    /** What the first change followed from. */
    decided: decisions.findLast(({ at }) => first === undefined || at <= first.at),
    verified: timeline.findLast(({ actor }) => actor === 'verify-service' || actor === 'run-tests'),
  };
}

function isChange({ event }: TimelineEntry): boolean {
  return event.startsWith('changed: ');
}

function isGo({ actor, event }: TimelineEntry): boolean {
  const isDecider = /^(decide-|assess-|plan-restore$)/.test(actor);
  return (isDecider && /^(go|restart|roll-back|damaged): /.test(event)) || event.startsWith('approved the ');
}
