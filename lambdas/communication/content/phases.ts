import type { IncidentRecord, Scenario, TimelineEntry } from '../../incident/contract.ts';

/** Where a recovery stands, and what comes next. Pure. */

interface Phase {
  /** Who writes on the timeline in it. */
  readonly actors: readonly string[];
  /** What comes: `the standby is scaled up`. */
  readonly does: string;
  /** What customers are told that we are doing, without anything from inside: `getting our second site ready`. */
  readonly publicly: string;
}

const testing = 'testing the service before we call it restored';
const verification: Phase = {
  actors: ['verify-service'],
  does: 'the service is verified as a user would see it',
  publicly: testing,
};
const tests: Phase = { actors: ['run-tests'], does: 'the service is tested from outside', publicly: testing };
const gettingReady = 'getting our second site ready';
const restoring = 'restoring the data';
const replacing = 'replacing the hardware that failed';

const phases: Readonly<Record<Scenario, readonly Phase[]>> = {
  'site-failure': [
    {
      actors: ['assess-primary'],
      does: 'the failure is confirmed from independent vantage points',
      publicly: 'finding out what is wrong',
    },
    {
      actors: ['check-standby', 'decide-failover'],
      does: 'it is decided whether the standby takes over',
      publicly: 'making sure that our second site can take over',
    },
    { actors: ['scale-nodes'], does: "the standby's nodes are scaled up", publicly: gettingReady },
    {
      actors: ['measure-loss', 'decide-promotion', 'request-approval', 'answer-approval'],
      does: 'it is weighed what a promotion would lose',
      publicly: gettingReady,
    },
    {
      // The copies are promoted, or restored from backups where there is no replica.
      actors: [
        ...['fence-primary', 'plan-restore', 'start-restore', 'check-restore', 'align-settings'],
        ...['validate-copy', 'promote-database', 'check-promotion', 'swap-database'],
      ],
      does: "the standby's databases take over",
      publicly: gettingReady,
    },
    {
      actors: ['scale-workloads', 'check-capacity'],
      does: "the standby's workloads are brought to strength",
      publicly: gettingReady,
    },
    {
      actors: ['switch-dns', 'check-dns'],
      does: 'users are moved by DNS',
      publicly: 'moving the service to our second site',
    },
    verification,
    tests,
  ],
  'data-corruption': [
    {
      actors: ['assess-data'],
      does: 'the damage is assessed',
      publicly: 'finding out what is damaged',
    },
    {
      actors: ['plan-restore', 'request-approval', 'answer-approval'],
      does: 'the point in time to restore to is found, and its loss weighed',
      publicly: 'finding the last point in time at which the data were right',
    },
    { actors: ['set-writers'], does: 'the writers are stopped', publicly: restoring },
    {
      actors: ['start-restore', 'check-restore', 'align-settings'],
      does: 'a copy is restored beside the damaged database',
      publicly: restoring,
    },
    {
      actors: ['validate-copy'],
      does: 'the copy is proven by the consistency queries',
      publicly: 'checking the restored data',
    },
    {
      actors: ['swap-database'],
      does: 'the copy is put in place, and the writers are started',
      publicly: 'putting the restored data in place',
    },
    verification,
    tests,
  ],
  'configuration-loss': [
    {
      actors: ['assess-configuration', 'export-objects'],
      does: 'what is there now is kept, and the damage assessed',
      publicly: 'finding out what is wrong',
    },
    {
      actors: ['plan-objects', 'decide-configuration', 'request-approval', 'answer-approval'],
      does: 'it is planned and weighed what to bring back',
      publicly: 'finding out what has to be restored',
    },
    {
      actors: ['apply-objects', 'restore-objects'],
      does: 'the configuration is brought back',
      publicly: 'restoring the configuration',
    },
    {
      actors: ['restart-workloads'],
      does: 'what reads it is restarted',
      publicly: 'restarting the service with it',
    },
    tests,
  ],
  'application-failure': [
    {
      actors: ['survey-workloads', 'assess-application'],
      does: 'the unhealthy workloads are found',
      publicly: 'finding the parts that fail',
    },
    {
      actors: ['collect-evidence'],
      does: 'their logs and events are kept',
      publicly: 'finding the parts that fail',
    },
    {
      actors: ['restart-workloads'],
      does: 'they are restarted in their order',
      publicly: 'restarting the parts that fail',
    },
    verification,
    tests,
  ],
  'hardware-failure': [
    {
      actors: ['survey-workloads', 'assess-hardware'],
      does: 'the failed hardware is found',
      publicly: 'finding the hardware that failed',
    },
    {
      actors: ['replace-nodes', 'reboot-database', 'request-approval', 'answer-approval'],
      does: 'it is replaced, or restarted elsewhere',
      publicly: replacing,
    },
    { actors: ['check-nodes', 'check-reboot'], does: 'its capacity is back', publicly: replacing },
    tests,
  ],
};

const tasks: ReadonlySet<string> = new Set(
  Object.values(phases).flatMap((all) => all.flatMap(({ actors }) => actors)),
);

/** How an answer of a person is on the timeline. */
export const decision = /^(approved|rejected) the /;

/** Whether the recovery went on with it; alarms that joined, notes and who took the call are beside it. */
export function isStep({ actor, event }: TimelineEntry): boolean {
  return tasks.has(actor) || decision.test(event);
}

/** What comes after what the record shows, in one sentence. */
export function nextStepOf(record: IncidentRecord, now: number): string {
  const open = (record.pending ?? []).find(({ expiresAt }) => Date.parse(expiresAt) > now);
  const next = phases[record.ref.scenario][furthest(record) + 1];
  const then = next ? `${next.does}.` : 'the incident is closed.';
  if (open) return `A person decides about the ${open.gate}; with a yes, ${then}`;
  return `Next, ${then}`;
}

/** What was begun after a time, in the order of the runbook: `the standby's nodes are scaled up`. */
export function begunSince(record: IncidentRecord, since: string | undefined): readonly string[] {
  const before = since === undefined ? -1 : furthest(record, since);
  return phases[record.ref.scenario].slice(before + 1, furthest(record) + 1).map(({ does }) => does);
}

/** What we are doing, in words for customers; undefined when nothing has begun. */
export function publicStanding(record: IncidentRecord): string | undefined {
  const standing = phases[record.ref.scenario][furthest(record)]?.publicly;
  return standing === undefined ? undefined : `We are ${standing}.`;
}

/** What we will be doing after that, likewise. */
export function publicNext(record: IncidentRecord): string {
  const all = phases[record.ref.scenario].map(({ publicly }) => publicly);
  const now = furthest(record);
  const next = all.slice(now + 1).find((each) => each !== all[now]);
  return next === undefined
    ? 'When that is done, we will write that the service is restored.'
    : `After that, we will be ${next}.`;
}

/** What we have done since a time, likewise; that a recovery has begun, when it has done nothing else. */
export function publicChanges(record: IncidentRecord, since: string): readonly string[] {
  const all = phases[record.ref.scenario].map(({ publicly }) => publicly);
  const [before, now] = [furthest(record, since), furthest(record)];
  const done = all.slice(Math.max(0, before), now).filter((each) => each !== all[now]);
  if (done.length > 0) return [...new Set(done)].map((each) => `Done: ${each}.`);
  return before === -1 && now >= 0 ? ['We have begun.'] : [];
}

/** The last phase of which the record shows something; a step that is repeated does not take it back. */
function furthest({ ref, timeline }: IncidentRecord, until?: string): number {
  const seen = new Set(
    timeline.filter(({ at }) => until === undefined || at <= until).map(({ actor }) => actor),
  );
  return phases[ref.scenario].findLastIndex(({ actors }) => actors.some((actor) => seen.has(actor)));
}
