import { contentOf } from '../../../../lambdas/communication/content/content.ts';
import type { Content } from '../../../../lambdas/communication/contract.ts';
import type { News } from '../../../../lambdas/communication/news.ts';
import { plainText } from '../../../../lambdas/communication/render/plain.ts';
import type {
  Audience,
  IncidentRecord,
  IncidentRef,
  NoticeKind,
  Scenario,
} from '../../../../lambdas/incident/contract.ts';
import { anIncident, aRecord } from '../../bucket.ts';

/** Pieces of news for tests of what notices say. */

export const minute = 60_000;
export const start = Date.parse(anIncident.startedAt);
/** ISO 8601, minutes after the start. */
export const after = (minutes: number) => new Date(start + minutes * minute).toISOString();

export const scenarios: readonly Scenario[] = [
  'site-failure',
  'data-corruption',
  'configuration-loss',
  'application-failure',
  'hardware-failure',
];
export const kinds: readonly NoticeKind[] = [
  ...(['opened', 'update', 'approval', 'acknowledged', 'note', 'unacknowledged', 'milestone'] as const),
  ...(['undelivered', 'escalation', 'recovered', 'planned', 'joined', 'ignored'] as const),
];
export const engineers: readonly Audience[] = ['oncall', 'oncall-secondary'];
export const customers: readonly Audience[] = [
  'customers-enterprise',
  'customers-standard',
  'partners',
  'public',
];
export const audiences: readonly Audience[] = [...engineers, 'management', ...customers];

export const timeline = [
  { at: after(0), actor: 'alarm', event: 'the incident was opened' },
  { at: after(1), actor: 'assess-primary', event: 'the primary is down' },
  { at: after(2), actor: 'check-standby', event: 'the standby is fit' },
  { at: after(3), actor: 'scale-nodes', event: 'changed: raised workers to 6 nodes' },
];

/** Of a confirmed site failure, three minutes in. */
export function openRecord(changes: Partial<IncidentRecord> = {}): IncidentRecord {
  return aRecord({ timeline, confirmedAt: after(1), ...changes });
}

export function incidentOf(scenario: Scenario, changes: Partial<IncidentRef> = {}): IncidentRef {
  return { ...anIncident, scenario, id: 'dev-20261123T040012', ...changes };
}

export function news(kind: NoticeKind, audience: Audience, changes: Partial<News> = {}): News {
  return {
    incident: anIncident,
    kind,
    audience,
    record: openRecord(),
    now: start + 15 * minute,
    application: 'erlmcp',
    publicName: 'erlmcp.company.com',
    contacts: [customers.includes(audience) ? 'Support, support@company.com' : 'John Doe, +15555551234'],
    nextUpdateAt: after(30),
    ...changes,
  };
}

export const told = (kind: NoticeKind, audience: Audience, changes: Partial<News> = {}): Content =>
  contentOf(news(kind, audience, changes));

export const text = (content: Content): string => plainText(content);

/** What a section or a fact says, on one line for each item; undefined when there is none. */
export function part({ facts, sections }: Content, title: string): string | undefined {
  const fact = facts.find(([label]) => label === title)?.[1];
  const body = sections.find((section) => section.title === title)?.body;
  return fact ?? (typeof body === 'string' || body === undefined ? body : body.join('\n'));
}
