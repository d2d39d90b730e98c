import { newRecord } from '../incident/record.ts';
import type { IncidentRef, NoticeKind } from '../incident/contract.ts';
import type { Due, Event } from './due.ts';
import { listenersOf, type Routing } from './listeners.ts';

/**
 * Who is told what by an event alone, when the ledger does not answer. Pure.
 *
 * It cannot be said who has heard it before. What only the record knows (questions, acknowledgements, milestones that
 * were told) is not told; the updates go on, one for each call.
 *
 * @param now milliseconds since the epoch
 */
export function withoutRecord(
  incident: IncidentRef,
  routing: Routing,
  now: number,
  { kind, detail }: Event,
): { readonly owed: readonly Due[]; readonly nextAt: number | null } {
  const start = Date.parse(incident.startedAt);
  const beat = incident.updateEverySeconds * 1_000;
  const key = kind === 'update' ? `update ${Math.floor((now - start) / beat)}` : keyOf(kind, detail);
  const owed = listenersOf(newRecord(incident, ''), routing)
    .filter(({ hears, confirmedOnly, audience, channel }) => {
      switch (kind) {
        case 'opened':
          return hears.has('opened') && !confirmedOnly;
        case 'update':
        case 'escalation':
        case 'recovered':
          return hears.has(kind);
        case 'planned':
          return hears.has('opened');
        case 'joined':
        case 'ignored':
          return (
            audience === 'oncall' && (channel === 'slack' || (kind === 'ignored' && channel === 'email'))
          );
        default:
          return false;
      }
    })
    .map(({ audience, channel }) => ({
      audience,
      channel,
      kind,
      key,
      ...(detail === undefined ? {} : { detail }),
    }));
  const over = kind === 'recovered' || kind === 'escalation' || kind === 'planned';
  return { owed, nextAt: over ? null : start + beat * (1 + Math.floor((now - start) / beat)) };
}

function keyOf(kind: NoticeKind, detail: string | undefined): string {
  return kind === 'joined' || kind === 'ignored' ? `${kind} ${detail ?? ''}` : kind;
}
