import type { IncidentRecord, Scenario, StepResult } from './contract.ts';

/** What a person needs who takes over from the automation. Pure. */
interface Handover {
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  readonly nextSteps: readonly string[];
}

/** The steps of each runbook that change something, in their order. */
const actingSteps: Readonly<Record<Scenario, readonly string[]>> = {
  'site-failure': [
    'scale-nodes',
    'fence-primary',
    'promote-database',
    'swap-database',
    'scale-workloads',
    'switch-dns',
  ],
  'data-corruption': ['set-writers', 'start-restore', 'align-settings', 'swap-database'],
};

/** Where to look first, by the step that failed. */
const firstLook: Readonly<Record<string, string>> = {
  'assess-primary': 'Find out whether the primary serves its users: ask its health endpoint yourself.',
  'check-standby': 'Find out whether the standby is fit: ask its health endpoint, look at its cluster.',
  'scale-nodes':
    "Look at the standby's node groups: their status, their quota, the instance type's capacity.",
  'scale-workloads': "Look at the standby's deployments, and at the role's access entry of the cluster.",
  'check-capacity':
    "Look at the standby's node groups and pods: capacity, quotas, images that cannot be pulled, readiness.",
  'switch-dns': 'Look at switch.json on the ledger and at the records of the zone: where do they point?',
  'check-dns': "Ask the zone's name servers for the records: do they answer with the standby?",
  'verify-service': 'Call the service by its public name: does the standby answer, and what?',
};

/**
 * What has changed, what has not, and what to do, read from the record.
 *
 * A step that kept what stood there before, and then recorded nothing, may have changed it: it is listed as
 * such, because "unchanged" would be a guess.
 *
 * @param given what to do, from the step that stopped; it knows better than the defaults
 */
export function handover(
  record: IncidentRecord,
  failedStep: string | undefined,
  given: readonly string[] = [],
): Handover {
  const changed: string[] = [];
  const unchanged: string[] = [];
  for (const step of actingSteps[record.ref.scenario]) {
    const results = record.steps.filter((result) => result.step === step);
    const fact = describeStep(step, results, Object.hasOwn(record.preImages, step));
    (fact.changed ? changed : unchanged).push(fact.sentence);
  }
  const { environment, scenario, id } = record.ref;
  const nextSteps =
    given.length > 0
      ? given
      : [
          ...(failedStep !== undefined && Object.hasOwn(firstLook, failedStep)
            ? [String(firstLook[failedStep])]
            : []),
          `When that is mended, start lifeboat-${environment}-incident again with {"scenario":"${scenario}"}: ` +
            'it finds what is done already and goes on from there.',
        ];
  return {
    changed,
    unchanged,
    nextSteps: [...nextSteps, `Everything that was seen is in incidents/${id}.json on the ledger.`],
  };
}

function describeStep(
  step: string,
  results: readonly StepResult[],
  hasPreImage: boolean,
): { readonly changed: boolean; readonly sentence: string } {
  const change = results.findLast(({ status }) => status === 'changed');
  if (change) return { changed: true, sentence: `${step}: ${change.summary}` };
  const last = results.at(-1);
  if (hasPreImage) {
    const why = last
      ? `an earlier try did, or it was so before: ${last.summary}`
      : 'it began and did not report';
    return { changed: true, sentence: `${step}: may have changed something (${why})` };
  }
  return { changed: false, sentence: last ? `${step}: ${last.summary}` : `${step}: was not reached` };
}

/** All of it in one text, for the cause of a failed execution. */
export function fullStory({ summary, changed, unchanged, nextSteps }: IncidentRecord): string {
  return [
    summary ?? 'It is not known how this ended.',
    listed('Changed', changed),
    listed('Not changed', unchanged),
    listed('What to do', nextSteps),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function listed(title: string, items: readonly string[] | undefined): string {
  if (items === undefined) return '';
  return [`${title}:`, ...(items.length > 0 ? items : ['nothing']).map((item) => `- ${item}`)].join('\n');
}

/**
 * The record of an incident that the automation has given up; undefined when it was over already, because
 * whoever ended it knew more.
 */
export function givenUp(
  record: IncidentRecord,
  end: {
    readonly at: string;
    readonly actor: string;
    readonly summary: string;
    readonly failedStep?: string;
    readonly nextSteps?: readonly string[];
  },
): IncidentRecord | undefined {
  if (record.state !== 'open') return undefined;
  return {
    ...record,
    state: 'escalated',
    outcome: 'escalated',
    closedAt: end.at,
    summary: end.summary,
    ...handover(record, end.failedStep, end.nextSteps),
    timeline: [
      ...record.timeline,
      { at: end.at, actor: end.actor, event: 'the incident was escalated', detail: end.summary },
    ],
  };
}
