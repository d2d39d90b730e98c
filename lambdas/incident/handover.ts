import type { IncidentRecord, IncidentRef, Scenario, StepResult } from './contract.ts';

/** What a person needs who takes over from the automation. Pure. */
interface Handover {
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  readonly nextSteps: readonly string[];
}

/** On the timeline, where a start joined that was about another scenario; its detail says what to do. */
export const otherTrouble = 'reported another trouble';

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
  'configuration-loss': ['apply-objects', 'restore-objects', 'restart-workloads'],
  'application-failure': ['restart-workloads'],
  'hardware-failure': ['replace-nodes', 'reboot-database'],
};

/** What stays as it is however far a runbook came, and what a person wants to hear first. */
const untouched: Readonly<Record<Scenario, readonly string[]>> = {
  'site-failure': [],
  'data-corruption': [
    'the damaged databases and their backups: a restore is made beside them, and nothing deletes them',
  ],
  'configuration-loss': [
    'every version of every object: what stood there can be put back by the plan of the restore and its snapshot',
  ],
  'application-failure': [],
  'hardware-failure': [],
};

/** Of one step that did the same for many databases; the record has them all. */
const maxLinesOfStep = 12;

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
  'verify-service': 'Call the service by its public name: does the right site answer, and what?',
  'measure-loss': "Look at the standby's replicas in the RDS console: their state, and their lag.",
  'decide-promotion':
    'Find out what a promotion would lose: the last write that the primary acknowledged, and the last one that ' +
    'the standby has.',
  'fence-primary':
    'Look at leases/ on the ledger, and whether anything still writes to the old primary. Promote nothing while ' +
    'it may.',
  'promote-database':
    "Look at the standby's databases in the RDS console: a promotion that has begun cannot be undone, and is " +
    'gone on with.',
  'check-promotion': "Look at the standby's databases in the RDS console: which of them can be written to?",
  'database-promotion':
    'Look at recoveries/ on the ledger and at the RDS console: which databases are promoted, which are not?',
  'assess-data': 'Run the consistency queries yourself: which rows are wrong, and since when?',
  'plan-restore':
    'Find out when the data were last right: databases/<name>/checks.json on the ledger has what the scheduled ' +
    'checks found.',
  'request-approval':
    'The question could not be asked: look at the log of request-approval. Nothing was done without an answer.',
  'call-site':
    "Look at the writers' deployments in the primary's cluster. Their replicas from before are under preImages " +
    'of the incident.',
  'set-writers':
    "Look at the writers' deployments in the primary's cluster. Their replicas from before are under preImages " +
    'of the incident.',
  'start-restore': 'Look at the quotas of RDS and at the name of the restored database: is it taken?',
  'check-restore': "Look at the restored database's events in the RDS console.",
  'align-settings':
    'Compare the restored database with databases/<name>/settings.json on the ledger: what differs?',
  'validate-copy':
    'Look at the restored database with the consistency queries. It is not in use; an earlier time may be right.',
  'database-copy':
    'Look at recoveries/ on the ledger and at the restored databases in the RDS console. No copy is in use ' +
    'before all of them are proven.',
  'swap-database':
    'Look at what the users of the database find: its secret, its CNAME or its name, and recoveries/ on the ' +
    'ledger. Start incident again to finish it, before you change anything by hand.',
  'export-objects':
    'Nothing was changed, because what is there now could not be kept first. Look at the log of export-objects: does ' +
    'the cluster answer it, may it list ConfigMaps and Secrets, and may it write to the exports bucket?',
  'restore-objects':
    'Look at restores/<id>/cluster.json on the ledger, which names what was to be restored. What stood there before ' +
    'is in the snapshot that preImages of the incident name.',
  'assess-configuration':
    'Find out when the configuration was right the last time: watch/service.json on the ledger and the exports bucket tell.',
  'plan-objects':
    'Look at the versions of the bucket and at restores/<id>/ on the ledger: nothing was changed by planning.',
  'decide-configuration':
    'Look at the plan under restores/<id>/ on the ledger: nothing was changed by deciding.',
  'apply-objects':
    'Look at restores/<id>/ on the ledger: the plan names each object, and what is done already is not done again.',
  'finish-configuration':
    'The configuration is restored; only configuration/<site>.json on the ledger is not closed.',
  'survey-workloads':
    "Look at the cluster's API and at the access entry of the function survey-workloads: does it answer, and may it look?",
  'assess-application':
    'Look at the deployments yourself: kubectl get deployments, pods and events of the namespace, and watch/service.json ' +
    'on the ledger.',
  'restart-workloads':
    'Look at the pods that are not ready: kubectl describe and kubectl logs --previous; evidence/<id>/ on the ledger has ' +
    'those of before the restart. kubectl rollout undo goes back further; preImages of the incident name the revisions.',
  'run-tests':
    'Run the failed tests yourself: checks of the incident name them, with what they were answered. Nothing of the ' +
    'recovery was undone.',
  'assess-hardware':
    'Look at the nodes, at the node groups in the EKS console and at the databases yourself.',
  'replace-nodes':
    'Look at the Auto Scaling groups of the node groups: which instances are ending, which are starting? What was ' +
    'there is under preImages of the incident.',
  'check-nodes':
    'Look at the health of the node groups in the EKS console, and at pods that are not ready: capacity, quotas, images.',
  'reboot-database':
    "Look at the database's events in the RDS console: a failover that has begun ends by itself, and is asked for once.",
  'finish-recovery': 'The databases are in use; only recoveries/ on the ledger is not closed.',
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
  const { environment, scenario, id } = record.ref;
  const changed: string[] = [];
  const unchanged: string[] = [...untouched[scenario]];
  for (const step of stepsOf(record)) {
    const results = record.steps.filter((result) => result.step === step);
    const fact = describeStep(step, results, Object.hasOwn(record.preImages, step));
    (fact.changed ? changed : unchanged).push(...fact.sentences);
  }
  const nextSteps =
    given.length > 0
      ? given
      : [
          ...(failedStep !== undefined && Object.hasOwn(firstLook, failedStep)
            ? [String(firstLook[failedStep])]
            : []),
          `When that is mended, start lifeboat-${environment}-incident again with ${startInput(record.ref)}: ` +
            'it finds what is done already and goes on from there.',
        ];
  return {
    changed,
    unchanged,
    nextSteps: [
      ...nextSteps,
      ...otherTroubles(record),
      `Everything that was seen is in incidents/${id}.json on the ledger.`,
    ],
  };
}

/** What was reported while the incident ran, and is not what it was about. */
export function otherTroubles({ timeline }: IncidentRecord): readonly string[] {
  return [
    ...new Set(
      timeline.flatMap(({ event, detail }) =>
        event === otherTrouble && detail !== undefined ? [`${detail}.`] : [],
      ),
    ),
  ];
}

/** What a person types to start the same again. */
export function startInput({ scenario, restore }: Pick<IncidentRef, 'scenario' | 'restore'>): string {
  return JSON.stringify({ scenario, ...restore });
}

/** The runbook's steps, and whatever else has left something on the record: a runbook may have runbooks within. */
function stepsOf({ ref, steps, preImages }: IncidentRecord): readonly string[] {
  const planned = actingSteps[ref.scenario];
  const known = Object.values(actingSteps).flat();
  const more = [...steps.map(({ step }) => step), ...known.filter((step) => Object.hasOwn(preImages, step))];
  return [...new Set([...planned, ...more])];
}

function describeStep(
  step: string,
  results: readonly StepResult[],
  hasPreImage: boolean,
): { readonly changed: boolean; readonly sentences: readonly string[] } {
  const changes = [
    ...new Set(results.filter(({ status }) => status === 'changed').map(({ summary }) => summary)),
  ];
  if (changes.length > 0) {
    const left = changes.length - maxLinesOfStep;
    return {
      changed: true,
      sentences: [
        ...changes.slice(0, maxLinesOfStep).map((summary) => `${step}: ${summary}`),
        ...(left > 0 ? [`${step}: ${left} more, on the record`] : []),
      ],
    };
  }
  const last = results.at(-1);
  if (hasPreImage) {
    const why = last
      ? `an earlier try did, or it was so before: ${last.summary}`
      : 'it began and did not report';
    return { changed: true, sentences: [`${step}: may have changed something (${why})`] };
  }
  return { changed: false, sentences: [last ? `${step}: ${last.summary}` : `${step}: was not reached`] };
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
