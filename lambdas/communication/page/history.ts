import type { Delivery, Section } from '../contract.ts';

/** What the status page knows: the incidents that the public was told of. Pure. */

export interface PublicUpdate {
  /** Of the notice: a retry adds nothing. */
  readonly key: string;
  readonly at: string;
  readonly state: 'investigating' | 'identified' | 'resolved';
  readonly sections: readonly Section[];
}

export interface PublicIncident {
  readonly id: string;
  readonly title: string;
  readonly severity: string;
  readonly startedAt: string;
  readonly resolvedAt?: string;
  /** Newest first. */
  readonly updates: readonly PublicUpdate[];
}

export interface History {
  /** Newest first. */
  readonly incidents: readonly PublicIncident[];
}

/** So much is shown, and kept; the ledger has all of it. */
const longest = { incidents: 100, days: 365, updates: 300 } as const;
const day = 24 * 60 * 60_000;

/** By what it was known to be, not by what it was suspected to be; how it ended is no title. */
function titleOf(known: PublicIncident | undefined, subject: string, resolved: boolean): string {
  const suspected = known?.updates[0]?.state === 'investigating';
  return known && (resolved || !suspected) ? known.title : subject.replace(/, update$/, '');
}

/** The history with this notice; undefined when it has it. */
export function withNotice(
  history: History | null,
  { incident, record, message, now }: Delivery,
): History | undefined {
  const incidents = history?.incidents ?? [];
  const known = incidents.find(({ id }) => id === incident.id);
  if (known?.updates.some(({ key }) => key === message.key)) return undefined;
  const at = new Date(now).toISOString();
  const resolved = message.kind === 'recovered';
  const update: PublicUpdate = {
    key: message.key,
    at,
    state: resolved ? 'resolved' : record?.confirmedAt === undefined ? 'investigating' : 'identified',
    sections: message.content.sections,
  };
  const changed: PublicIncident = {
    id: incident.id,
    title: titleOf(known, message.content.subject, resolved),
    severity: incident.severity,
    startedAt: incident.startedAt,
    ...(resolved
      ? { resolvedAt: at }
      : known?.resolvedAt === undefined
        ? {}
        : { resolvedAt: known.resolvedAt }),
    updates: [update, ...(known?.updates ?? [])].slice(0, longest.updates),
  };
  return {
    incidents: [changed, ...incidents.filter(({ id }) => id !== incident.id)]
      .toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))
      .filter(({ startedAt }) => now - Date.parse(startedAt) < longest.days * day)
      .slice(0, longest.incidents),
  };
}
