import type { IncidentRecord, Notice, TimelineEntry } from '../../incident/contract.ts';

/** Who decided what, and why; and who was called further. Pure. */

export interface Decision {
  readonly at: string;
  readonly by: string;
  /** `go`, `asks a person about the promotion`, `approved the promotion (Slack)`. */
  readonly what: string;
  readonly why: string;
  readonly byPerson: boolean;
}

export interface Escalation {
  readonly at: string;
  readonly what: string;
  readonly to: string;
}

const deciders = /^(decide-|assess-|plan-restore$)/;
const late = /^the question about the .+ was answered too late$/;
const ended = /^the incident was (escalated|closed: .+)$/;
const answered = /^(approved|rejected) the .+$/;

export function decisionsOf({ timeline }: IncidentRecord): readonly Decision[] {
  return timeline.flatMap((entry) => decisionOf(entry) ?? []);
}

function decisionOf({ at, actor, event, detail = '' }: TimelineEntry): Decision | undefined {
  if (answered.test(event) || event.startsWith('took the call ')) {
    return { at, by: actor, what: event, why: detail, byPerson: true };
  }
  if (
    event.startsWith('asks a person about the ') ||
    late.test(event) ||
    ended.test(event) ||
    event === 'the incident was opened'
  ) {
    return { at, by: actor, what: event, why: detail, byPerson: false };
  }
  if (!deciders.test(actor)) return undefined;
  const [, word, reason] = /^([a-z-]+): ([^]+)$/.exec(event) ?? [];
  return word === undefined || reason === undefined
    ? { at, by: actor, what: event, why: detail, byPerson: false }
    : { at, by: actor, what: word, why: reason, byPerson: false };
}

const further: Readonly<Partial<Record<Notice['kind'], string>>> = {
  unacknowledged: 'nobody had taken the call',
  milestone: 'a share of the RTO was over',
  undelivered: 'a channel did not take what it should carry',
  escalation: 'the automation had given up',
};

/** Each reason once, with everybody who was called for it. */
export function escalationsOf({ notices }: IncidentRecord): readonly Escalation[] {
  const calls = notices.filter(({ kind, delivered }) => delivered && further[kind] !== undefined);
  const byReason = Map.groupBy(calls, ({ kind, key = '' }) => key || kind);
  return [...byReason.values()].flatMap((own) => {
    const [first] = own;
    if (!first) return [];
    const percent = /^milestone (\d+)$/.exec(first.key ?? '')?.[1];
    const channel = /^undelivered (\w+) /.exec(first.key ?? '')?.[1];
    return [
      {
        at: first.at,
        what:
          percent !== undefined
            ? `${percent} % of the RTO were over`
            : channel !== undefined
              ? `${channel} did not take what it should carry`
              : (further[first.kind] ?? first.kind),
        to: [...new Set(own.map(({ audience, channel: by }) => `${audience} (${by})`))].join(', '),
      },
    ];
  });
}
