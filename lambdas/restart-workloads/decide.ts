import type {
  KubeDeployment,
  KubeDisruptionBudget,
  KubePod,
  KubeReplicaSet,
} from '../aws/kubernetes-workload-objects.ts';
import {
  containersOf,
  isCrashing,
  hashOf,
  isObserved,
  isReady,
  isRolledOut,
  isStuck,
  newestOf,
  podsOf,
  previousOf,
  restartedAtKey,
  restartedByKey,
  revisionOf,
  rolledBackAtKey,
  rolledBackByKey,
  rolledBackFromKey,
  templateOf,
  wantedOf,
  workloadOf,
  type Workload,
} from '../workloads/rollout.ts';
import { budgetSays, startingTime, unreadyFor } from './budget.ts';
import type { Input } from './contract.ts';

type Action = Input['action'];

/** What was listed of the namespace. */
export interface Listed {
  readonly deployments: readonly KubeDeployment[];
  readonly replicaSets: readonly KubeReplicaSet[];
  readonly pods: readonly KubePod[];
  readonly budgets: readonly KubeDisruptionBudget[];
}

/** What is to become of one deployment now. `why` is a sentence without its name. */
export interface Move {
  readonly name: string;
  readonly move: 'act' | 'wait' | 'under-way' | 'ready' | 'failed' | 'left-alone' | 'refuse';
  readonly why: string;
  /** By this incident: it is not done again. */
  readonly acted: boolean;
  readonly workload: Workload | null;
}

/** With these reasons a container waits for something that waiting does not bring. */
const hopeless: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'RunContainerError',
]);

export function moveOf(
  name: string,
  listed: Listed,
  { action, incident, now }: { readonly action: Action; readonly incident: string; readonly now: number },
): Move {
  const deployment = listed.deployments.find(({ metadata }) => metadata.name === name);
  if (!deployment) {
    const why = 'there is no such deployment: apply its manifest, exports/ has the last one';
    return { name, move: 'refuse', why, acted: false, workload: null };
  }
  const workload = workloadOf(deployment, listed.replicaSets, listed.pods);
  const annotations = deployment.metadata.annotations ?? {};
  const acted = annotations[action === 'restart' ? restartedByKey : rolledBackByKey] === incident;
  const is = (move: Move['move'], why: string): Move => ({ name, move, why, acted, workload });
  if (wantedOf(deployment) === 0) return is('left-alone', 'it is scaled to 0');
  if (acted) {
    const { move, why } = progressOf(workload, now);
    return is(move, why);
  }
  if (deployment.spec.paused === true) {
    return is('refuse', 'its rollout is paused: kubectl rollout resume, when whoever paused it agrees');
  }
  if (action === 'roll-back' && !previousOf(workload)) {
    return is('refuse', 'there is no older revision that differs from the newest');
  }
  const budget = budgetSays(workload, listed.budgets, now);
  if (budget.says === 'never') return is('refuse', budget.why);
  return budget.says === 'wait' ? is('wait', budget.why) : is('act', readiness(deployment));
}

/** Since this incident acted on it. */
function progressOf(workload: Workload, now: number): { readonly move: Move['move']; readonly why: string } {
  const { deployment } = workload;
  const newest = newestOf(workload);
  if (isRolledOut(deployment)) return { move: 'ready', why: readiness(deployment) };
  const underWay = { move: 'under-way', why: readiness(deployment) } as const;
  if (!isObserved(deployment)) return underWay;
  const revision = newest ? `revision ${revisionOf(newest)}` : 'its newest revision';
  if (isStuck(deployment, actedAt(deployment))) {
    return { move: 'failed', why: `Kubernetes has given up on ${revision} (ProgressDeadlineExceeded)` };
  }
  const unready = podsOf(workload, newest).filter((pod) => !isReady(pod));
  for (const pod of unready) {
    for (const container of containersOf(pod)) {
      const { name, state, restartCount = 0 } = container;
      const reason = state?.waiting?.reason ?? '';
      if (isCrashing(container)) {
        return {
          move: 'failed',
          why: `${name} of ${revision} crashes again and again (${restartCount} times)`,
        };
      }
      if (hopeless.has(reason) && unreadyFor(pod, now) > startingTime) {
        return { move: 'failed', why: `${name} of ${revision} cannot start (${reason})` };
      }
    }
  }
  return underWay;
}

function actedAt({ metadata, spec }: KubeDeployment): string | undefined {
  const times = [
    spec.template.metadata?.annotations?.[restartedAtKey],
    metadata.annotations?.[rolledBackAtKey],
  ];
  return times
    .filter((time) => time !== undefined)
    .toSorted()
    .at(-1);
}

function readiness({ status, ...deployment }: KubeDeployment): string {
  return `${status?.readyReplicas ?? 0} of ${wantedOf(deployment)} ready`;
}

/** What to do about all of them now: on one wave only, and on none before those before it are ready. */
export interface Plan {
  readonly act: readonly Move[];
  /** Of the wave that is being worked on. */
  readonly waiting: readonly Move[];
  readonly failed: readonly Move[];
  readonly done: boolean;
}

export function planOf(waves: Input['waves'], moves: readonly Move[]): Plan {
  const failed = moves.filter(({ move }) => move === 'failed');
  for (const wave of waves) {
    const open = moves.filter(
      ({ name, move }) => wave.includes(name) && move !== 'ready' && move !== 'left-alone',
    );
    if (open.length === 0) continue;
    const act = open.filter(({ move }) => move === 'act');
    const waiting = open.filter(({ move }) => move === 'wait' || move === 'under-way');
    return { act, waiting, failed, done: false };
  }
  return { act: [], waiting: [], failed, done: true };
}

/** Annotations of a deployment, and of its template, that restart it as `kubectl rollout restart` does. */
export function restartOf(
  incident: string,
  now: number,
): {
  readonly ofDeployment: Readonly<Record<string, string>>;
  readonly ofTemplate: Readonly<Record<string, string>>;
} {
  return { ofDeployment: { [restartedByKey]: incident }, ofTemplate: { [restartedAtKey]: seconds(now) } };
}

/**
 * The deployment with the template of its previous revision, as `kubectl rollout undo` puts it back. Its count, and
 * all else of it, stays; why the revision was made (`kubernetes.io/change-cause`) comes back with it.
 *
 * @returns null when there is none
 */
export function rolledBack(workload: Workload, incident: string, now: number): KubeDeployment | null {
  const target = previousOf(workload);
  const newest = newestOf(workload);
  if (!target || !newest) return null;
  const { metadata, spec, ...rest } = workload.deployment;
  const cause = target.metadata.annotations?.[changeCauseKey];
  const kept = Object.entries(metadata.annotations ?? {}).filter(([key]) => key !== changeCauseKey);
  return {
    ...rest,
    metadata: {
      ...metadata,
      annotations: {
        ...Object.fromEntries(kept),
        ...(cause === undefined ? {} : { [changeCauseKey]: cause }),
        [rolledBackByKey]: incident,
        [rolledBackAtKey]: seconds(now),
        [rolledBackFromKey]: hashOf(newest),
      },
    },
    spec: { ...spec, template: templateOf(target) },
  };
}

const changeCauseKey = 'kubernetes.io/change-cause';

/** As Kubernetes writes times: without fractions. */
function seconds(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`;
}

/** A deployment as the record keeps it: counts and revisions, nothing of its template. */
export interface Sight {
  readonly name: string;
  readonly action: Action;
  readonly revision: number | null;
  readonly previousRevision: number | null;
  readonly wanted: number;
  readonly ready: number;
}

export function sightOf({ name, workload }: Move, action: Action): Sight {
  const newest = workload && newestOf(workload);
  const previous = workload && previousOf(workload);
  return {
    name,
    action,
    revision: newest ? revisionOf(newest) : null,
    previousRevision: previous ? revisionOf(previous) : null,
    wanted: workload ? wantedOf(workload.deployment) : 0,
    ready: workload?.deployment.status?.readyReplicas ?? 0,
  };
}
