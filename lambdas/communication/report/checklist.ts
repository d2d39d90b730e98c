import type { IncidentRecord, Scenario } from '../../incident/contract.ts';
import { moment } from '../../incident/time-words.ts';
import { scenarioWords } from '../content/wording.ts';
import { partsOf, type Item, type Proof } from './checklist-items.ts';
import { escapeMarkdown } from './markdown.ts';
import type { About } from './report.ts';

/** The checklist of a recovery, empty for a binder, or ticked as far as a record shows it. Pure. */

/** @param record of an incident to tick it from; absent: an empty one */
export function checklistMarkdown(
  {
    application,
    environment,
    scenario,
  }: Pick<About, 'application'> & { readonly environment: string; readonly scenario: Scenario },
  record?: IncidentRecord,
): string {
  const name = `${scenarioWords[scenario].name} of ${application} in ${environment}`;
  return [
    `# Checklist: ${escapeMarkdown(name)}`,
    record
      ? `Ticked from incident ${escapeMarkdown(record.ref.id)}, as far as its record shows it. What has no tick may be done all the same: ask, and tick it by hand.`
      : 'What the automation does by itself, and what people do. Print it, or fill it in by hand when nothing else works.',
    ...partsOf(scenario).map(
      ({ title, items }) => `## ${title}\n\n${items.map((item) => line(item, record)).join('\n')}`,
    ),
    ...(record
      ? []
      : ['| Incident | Who has the call | Began | Ended |\n| --- | --- | --- | --- |\n|  |  |  |  |']),
    '',
  ].join('\n\n');
}

function line({ text, proof = [] }: Item, record: IncidentRecord | undefined): string {
  const found = record
    ? proof.map((each) => proven(record, each)).find((seen) => seen !== undefined)
    : undefined;
  if (!found) return `- [ ] ${text}`;
  const words = [
    ...(found.at === undefined ? [] : [moment(found.at)]),
    ...(found.by === '' ? [] : [found.by]),
  ];
  return `- [x] ${text} (${escapeMarkdown(words.join(', '))})`;
}

interface Seen {
  readonly at?: string;
  readonly by: string;
}

function proven(record: IncidentRecord, proof: Proof): Seen | undefined {
  if ('of' in proof) return proof.of(record);
  if ('told' in proof) {
    const notice = record.notices.find(
      ({ delivered, audience, kind }) =>
        delivered && proof.told.test(audience) && (proof.kinds?.includes(kind) ?? true),
    );
    return notice && { at: notice.at, by: notice.channel };
  }
  if ('step' in proof) {
    const entry = record.timeline.findLast(({ actor }) => proof.step.includes(actor));
    // A plan would have changed it, and what was refused is not done.
    return entry && /^(changed|already-there): /.test(entry.event)
      ? { at: entry.at, by: entry.actor }
      : undefined;
  }
  const entry = record.timeline.findLast(
    ({ actor, event }) => proof.actor.test(actor) && proof.said.test(event),
  );
  return entry && { at: entry.at, by: entry.actor };
}
