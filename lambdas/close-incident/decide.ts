import type { IncidentRecord, Scenario } from '../incident/contract.ts';
import { fullStory, givenUp, otherTroubles, startInput } from '../incident/handover.ts';
import type { Input, Output } from './contract.ts';

/**
 * The record as it should be closed; undefined when it is closed already. The first to close it knows best: the
 * runbook names the step that failed, the machine around it only that the runbook did.
 *
 * @param at ISO 8601
 */
export function close(record: IncidentRecord, input: Input, at: string): IncidentRecord | undefined {
  if (record.state !== 'open') return undefined;
  const { outcome, failedStep, failure, nextSteps } = input;
  if (outcome === 'escalated') {
    return givenUp(record, {
      at,
      actor: 'close-incident',
      summary: [input.summary, ...(failure ? [describeFailure(failure)] : [])].join(' '),
      ...(failedStep === undefined ? {} : { failedStep }),
      ...(nextSteps === undefined ? {} : { nextSteps }),
    });
  }
  return {
    ...record,
    state: 'closed',
    outcome,
    closedAt: at,
    summary: input.summary,
    nextSteps: nextSteps ?? followUps(record, outcome),
    timeline: [
      ...record.timeline,
      { at, actor: 'close-incident', event: `the incident was closed: ${outcome}`, detail: input.summary },
    ],
  };
}

function followUps(
  record: IncidentRecord,
  outcome: Exclude<Input['outcome'], 'escalated'>,
): readonly string[] {
  const { ref } = record;
  switch (outcome) {
    case 'recovered':
      return [...afterRecovery[ref.scenario](record), ...otherTroubles(record)];
    case 'planned':
      return [
        'Nothing was changed. Read what a live run would do, and mend what did not hold.',
        `For a live run start lifeboat-${ref.environment}-incident with ${startInput(ref)}.`,
      ];
    case 'awaiting-approval':
      return ['A person must decide: see the timeline for what is being asked.'];
  }
}

/** What a recovery leaves for people to do, by what was recovered. */
const afterRecovery: Readonly<Record<Scenario, (record: IncidentRecord) => readonly string[]>> = {
  'site-failure': ({ ref, steps }) => [
    'The traffic stays on the standby until a person fails back, also when the primary looks well again.',
    'Find out why the primary failed, and mend it before failing back.',
    ...(steps.some(({ step, status }) => step === 'promote-database' && status === 'changed')
      ? [
          "The standby's databases have taken over, which cannot be undone: keep the old primary's writers stopped, " +
            'and rebuild its databases as replicas before failing back.',
        ]
      : []),
    `Keep what stood there before: it is in incidents/${ref.id}.json on the ledger, under preImages.`,
  ],
  'data-corruption': ({ ref }) => [
    `What was written after the recovery point is lost to the users: lost-writes/${ref.id}.json on the ledger says ` +
      'how much, by table and time. Decide what to enter again, and tell those whose it was.',
    'The damaged databases are kept under the names that the resolution says, protected from deletion, and they ' +
      'cost what they always did. Delete them when the lost rows are read out of them and the cause is known: ' +
      'lift the protection first, and keep a last snapshot.',
    'Find out what damaged the data, and stop it before it runs again: a bad job or a bad release destroys the ' +
      'restored rows just the same.',
    `Keep what stood there before: it is in incidents/${ref.id}.json on the ledger, under preImages.`,
  ],
  'configuration-loss': () => [
    'Find out what wrote the bad configuration, and stop it before it runs again.',
    'Changes that were wanted and made after the recovery point must be made again: the snapshot from before the ' +
      'restore, which the resolution names, has them.',
  ],
  'application-failure': ({ ref }) => [
    `Find out why the workloads failed: their logs and events from before are in evidence/${ref.id}/ on the ledger.`,
    'After a rollback the newest release is not in use: mend it before it is deployed again.',
  ],
  'hardware-failure': () => [
    'Find out why the nodes or the database failed; a second failure of the same kind points to a zone, an ' +
      'instance type or an image.',
  ],
};

/** What the state machine hears of a closed record. */
export function outputOf(record: IncidentRecord, input: Input): Output {
  const { ref, outcome = input.outcome, closedAt = ref.startedAt } = record;
  const from = Date.parse(record.lastGoodAt ?? ref.startedAt);
  const recoverySeconds = Math.max(0, Math.round((Date.parse(closedAt) - from) / 1_000));
  return {
    outcome,
    severity: ref.severity,
    recoverySeconds,
    withinRto: outcome !== 'escalated' && recoverySeconds <= ref.rtoSeconds,
    summary: outcome === 'escalated' ? fullStory(record) : (record.summary ?? input.summary),
  };
}

const maxFailureLength = 1_000;

/**
 * One sentence out of what Step Functions caught. The cause of a function is Lambda's JSON with `errorMessage`,
 * of a child execution its description with `Error` and `Cause` (which may hold the same again), else plain text.
 */
export function describeFailure({ error, cause }: NonNullable<Input['failure']>): string {
  const sentence = unwrap(error, cause, 3);
  return sentence.length > maxFailureLength ? `${sentence.slice(0, maxFailureLength - 1)}…` : sentence;
}

function unwrap(error: string, cause: string, depth: number): string {
  const given = parsed(cause);
  const message = given['errorMessage'];
  if (typeof message === 'string') {
    const type = given['errorType'];
    return `${typeof type === 'string' ? type : error}: ${message}`;
  }
  const inner = given['Cause'];
  if (typeof inner === 'string' && depth > 0) {
    const name = given['Error'];
    return unwrap(typeof name === 'string' ? name : error, inner, depth - 1);
  }
  const status = given['Status'];
  if (typeof status === 'string') return `${error}: the execution is ${status}`;
  return cause === '' ? error : `${error}: ${cause}`;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
