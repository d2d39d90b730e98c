import type { IncidentRecord, Scenario } from '../../incident/contract.ts';
import { moment } from '../../incident/time-words.ts';
import { scenarioWords } from '../content/wording.ts';
import type { About } from './report.ts';

/** The checklist of a recovery, empty for a binder, or ticked as far as a record shows it. Pure. */

interface Item {
  readonly text: string;
  /** The record shows it: an entry of one of these on the timeline, or a check whose name begins so. */
  readonly by?: { readonly actors?: readonly string[]; readonly checks?: string };
  /** Of the record itself. */
  readonly when?: (record: IncidentRecord) => string | undefined;
}

interface Part {
  readonly title: string;
  readonly items: readonly Item[];
}

const told = (audience: RegExp) => (record: IncidentRecord) =>
  record.notices.find((notice) => notice.delivered && audience.test(notice.audience))?.at;

const before: Part = {
  title: 'Before anything moves',
  items: [
    {
      text: 'The incident is open and has one owner of the environment (the lock).',
      when: ({ ref }) => ref.startedAt,
    },
    { text: 'Somebody has taken the call.', when: ({ acknowledged }) => acknowledged?.at },
    { text: 'The people on call know.', when: told(/^oncall/) },
    { text: 'Management knows.', when: told(/^management$/) },
    {
      text: 'The failure is real: seen from a second, independent side.',
      when: ({ confirmedAt }) => confirmedAt,
    },
  ],
};

const during: Readonly<Record<Scenario, readonly Item[]>> = {
  'site-failure': [
    { text: 'The standby is fit to take over.', by: { actors: ['check-standby'] } },
    {
      text: 'The loss of data was weighed against the RPO; beyond it a person has decided.',
      by: { actors: ['measure-loss'] },
    },
    { text: 'Nothing can write to the old primary any more.', by: { actors: ['fence-primary'] } },
    {
      text: "The standby's databases have taken over and can be written to.",
      by: { actors: ['check-promotion'] },
    },
    { text: 'Nodes and workloads are at full strength.', by: { actors: ['check-capacity'] } },
    { text: 'DNS answers with the standby at every name server.', by: { actors: ['check-dns'] } },
  ],
  'data-corruption': [
    {
      text: 'The damage is assessed, and the last good point in time is known.',
      by: { actors: ['assess-data'] },
    },
    {
      text: 'The loss was weighed against the RPO; beyond it a person has decided.',
      by: { actors: ['plan-restore'] },
    },
    { text: 'The writers are stopped.', by: { actors: ['set-writers'] } },
    { text: 'The copy is restored with every setting of the original.', by: { actors: ['align-settings'] } },
    { text: 'The copy is proven by the consistency queries.', by: { actors: ['validate-copy'] } },
    { text: 'The copy is in place, the damaged database is kept.', by: { actors: ['swap-database'] } },
    { text: 'Lost writes are listed.', by: { actors: ['compare-writes'] } },
  ],
  'configuration-loss': [
    {
      text: 'What was there is kept in a snapshot.',
      by: { actors: ['export-objects', 'assess-configuration'] },
    },
    {
      text: 'The plan was weighed against the blast radius and the RPO.',
      by: { actors: ['decide-configuration'] },
    },
    {
      text: 'The objects are back and verified against the plan.',
      by: { actors: ['apply-objects', 'restore-objects'] },
    },
    { text: 'What reads the configuration was restarted.', by: { actors: ['restart-workloads'] } },
  ],
  'application-failure': [
    { text: 'The unhealthy workloads are known.', by: { actors: ['assess-application'] } },
    { text: 'Logs and events from before are kept.', by: { actors: ['collect-evidence'] } },
    {
      text: 'They were restarted, or went back to the release before.',
      by: { actors: ['restart-workloads'] },
    },
  ],
  'hardware-failure': [
    { text: 'The failed nodes or databases are known.', by: { actors: ['assess-hardware'] } },
    {
      text: 'They are replaced, or restarted in another zone.',
      by: { actors: ['replace-nodes', 'reboot-database'] },
    },
    { text: 'Capacity is back.', by: { actors: ['check-nodes', 'check-reboot'] } },
  ],
};

const after: Part = {
  title: 'Verified and told',
  items: [
    {
      text: 'The service answers as a user would see it.',
      by: { actors: ['verify-service'], checks: 'verify/' },
    },
    {
      text: 'The tests of the environment pass from outside.',
      by: { actors: ['run-tests'], checks: 'test/' },
    },
    { text: 'RTO and RPO are on the record.', when: ({ closedAt }) => closedAt },
    { text: 'Customers and partners know that it is over.', when: ended(/^(customers|partners)/) },
    { text: 'The status page says so.', when: ended(/^public$/) },
  ],
};

const afterwards: Readonly<Record<Scenario, readonly string[]>> = {
  'site-failure': [
    'Find out why the primary failed, and mend it.',
    'Rebuild its databases as replicas of those that have taken over.',
    'Plan the failback: a quiet hour, a plan run first, the same checks the other way round.',
    'Write the review, with what the report leaves open.',
  ],
  'data-corruption': [
    'Stop what damaged the data before it runs again.',
    'Decide what of the lost writes is entered again, and tell those whose it was.',
    'Delete the damaged copy when nobody needs it any more.',
    'Write the review, with what the report leaves open.',
  ],
  'configuration-loss': [
    'Find out what wrote the bad configuration.',
    'Make wanted changes again that were made after the recovery point.',
    'Write the review, with what the report leaves open.',
  ],
  'application-failure': [
    'Read the kept logs, find the cause.',
    'Mend the release that failed before it is deployed again.',
    'Write the review, with what the report leaves open.',
  ],
  'hardware-failure': [
    'Look for a pattern: zone, instance type, image.',
    'Write the review, with what the report leaves open.',
  ],
};

function ended(audience: RegExp) {
  return ({ notices }: IncidentRecord) =>
    notices.find(
      (notice) => notice.delivered && notice.kind === 'recovered' && audience.test(notice.audience),
    )?.at;
}

/** @param record of an incident to tick it from; absent: an empty one */
export function checklistMarkdown(
  {
    application,
    environment,
    scenario,
  }: Pick<About, 'application'> & { readonly environment: string; readonly scenario: Scenario },
  record?: IncidentRecord,
): string {
  const parts: readonly Part[] = [
    before,
    { title: 'The recovery', items: during[scenario] },
    after,
    { title: 'Afterwards', items: afterwards[scenario].map((text) => ({ text })) },
  ];
  return [
    `# Checklist: ${scenarioWords[scenario].name} of ${application} in ${environment}`,
    record
      ? `Ticked from incident ${record.ref.id}, as far as its record shows it.`
      : 'What the automation does by itself, and what people do. Print it, or fill it in by hand when nothing else works.',
    ...parts.map(
      ({ title, items }) => `## ${title}\n\n${items.map((item) => line(item, record)).join('\n')}`,
    ),
    '',
  ].join('\n\n');
}

function line(item: Item, record: IncidentRecord | undefined): string {
  const seen = record ? seenIn(record, item) : undefined;
  return seen === undefined ? `- [ ] ${item.text}` : `- [x] ${item.text} (${seen})`;
}

function seenIn(record: IncidentRecord, { by, when }: Item): string | undefined {
  const at = when?.(record);
  if (at !== undefined) return moment(at);
  const failed =
    by?.checks !== undefined &&
    record.checks.filter(({ name }) => name.startsWith(by.checks ?? '')).at(-1)?.held !== true;
  const entry = record.timeline.findLast(({ actor }) => by?.actors?.includes(actor));
  return entry && !failed ? `${moment(entry.at)}, ${entry.actor}` : undefined;
}
