import type {
  ContainerState,
  KubeCondition,
  KubeEvent,
  KubePod,
} from '../aws/kubernetes-workload-objects.ts';
import type { IncidentRef, Site } from '../incident/contract.ts';
import { aboutWorkload, eventLine, newestFirst } from '../workloads/events.ts';
import {
  containersOf,
  isReady,
  newestOf,
  restartsOf,
  revisionOf,
  wantedOf,
  type Workload,
} from '../workloads/rollout.ts';

/** `evidence/<incident>/<deployment>.json` on the ledger. No environment variables, no templates. Times are ISO 8601. */
export interface Evidence {
  readonly incident: string;
  readonly at: string;
  readonly site: Site;
  readonly deployment: string;
  /** False: there was no such deployment. */
  readonly exists: boolean;
  readonly wanted: number;
  readonly ready: number;
  readonly revision: number | null;
  readonly conditions: readonly KubeCondition[];
  readonly pods: readonly PodEvidence[];
  /** Newest first. */
  readonly events: readonly string[];
  readonly logs: readonly LogEvidence[];
}

export interface PodEvidence {
  readonly name: string;
  readonly node: string | null;
  readonly phase: string;
  readonly ready: boolean;
  readonly conditions: readonly KubeCondition[];
  readonly containers: readonly {
    readonly name: string;
    readonly image: string;
    readonly restarts: number;
    readonly state: ContainerState;
    readonly lastState: ContainerState;
  }[];
}

export interface LogEvidence {
  readonly pod: string;
  readonly container: string;
  /** Of the run before the present one. */
  readonly previous: boolean;
  /** The last lines; null when there are none to be had. */
  readonly text: string | null;
  /** Why there are none. */
  readonly why?: string;
}

/** A log to be asked for. */
export type LogOf = Pick<LogEvidence, 'pod' | 'container' | 'previous'>;

/** Of a deployment's pods the worst tell most: as many logs as this, twice, are some hundred KB. */
const podsWithLogs = 5;
const mostEvents = 50;
const mostPods = 50;

/** Everything but the logs. */
export function evidenceOf(
  { id }: Pick<IncidentRef, 'id'>,
  site: Site,
  at: string,
  name: string,
  workload: Workload | null,
  events: readonly KubeEvent[],
): Evidence {
  const common = { incident: id, at, site, deployment: name, logs: [] };
  if (!workload) {
    return {
      ...common,
      exists: false,
      wanted: 0,
      ready: 0,
      revision: null,
      conditions: [],
      pods: [],
      events: [],
    };
  }
  const newest = newestOf(workload);
  return {
    ...common,
    exists: true,
    wanted: wantedOf(workload.deployment),
    ready: workload.deployment.status?.readyReplicas ?? 0,
    revision: newest ? revisionOf(newest) : null,
    conditions: workload.deployment.status?.conditions ?? [],
    pods: worstFirst(workload.pods).slice(0, mostPods).map(podEvidence),
    events: newestFirst(aboutWorkload(workload, events)).slice(0, mostEvents).map(eventLine),
  };
}

/** Of the worst pods: each container's log, and that of its run before when it was restarted. */
export function logsToAsk({ pods }: Workload): readonly LogOf[] {
  return worstFirst(pods)
    .slice(0, podsWithLogs)
    .flatMap((pod) =>
      containersOf(pod).flatMap(({ name: container, restartCount = 0 }) => {
        const log = { pod: pod.metadata.name, container };
        return [{ ...log, previous: false }, ...(restartCount > 0 ? [{ ...log, previous: true }] : [])];
      }),
    );
}

function worstFirst(pods: readonly KubePod[]): readonly KubePod[] {
  return pods.toSorted(
    (a, b) => Number(isReady(a)) - Number(isReady(b)) || restartsOf([b]) - restartsOf([a]),
  );
}

function podEvidence(pod: KubePod): PodEvidence {
  const { metadata, spec, status } = pod;
  return {
    name: metadata.name,
    node: spec?.nodeName ?? null,
    phase: [status?.phase ?? 'unknown', status?.reason].filter(Boolean).join(': '),
    ready: isReady(pod),
    conditions: status?.conditions ?? [],
    containers: containersOf(pod).map(
      ({ name, image = '', restartCount = 0, state = {}, lastState = {} }) => ({
        name,
        image,
        restarts: restartCount,
        state,
        lastState,
      }),
    ),
  };
}

/**
 * Which of two looks to keep: after a restart the pods that failed are gone, and a second try sees less. More logs
 * that were had, then more of them, then more events; of two that are alike the earlier.
 */
export function tellsMore(fresh: Evidence, kept: Evidence): boolean {
  const had = ({ logs }: Evidence) => logs.filter(({ text }) => text !== null);
  const length = (evidence: Evidence) =>
    had(evidence).reduce((sum, { text }) => sum + (text?.length ?? 0), 0);
  const [a, b] = [fresh, kept].map((each) => [had(each).length, length(each), each.events.length]);
  for (const [index, count] of (a ?? []).entries()) {
    const other = b?.[index] ?? 0;
    if (count !== other) return count > other;
  }
  return false;
}

/** The last so many bytes, from the beginning of a line. */
export function lastBytes(text: string, bytes: number): string {
  const whole = Buffer.from(text, 'utf8');
  if (whole.length <= bytes) return text;
  const end = whole.subarray(whole.length - bytes).toString('utf8');
  const line = end.indexOf('\n');
  return line < 0 || line === end.length - 1 ? end : end.slice(line + 1);
}
