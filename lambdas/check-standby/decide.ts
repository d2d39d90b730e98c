import { checkersView, type Answer } from '../aws/answer.ts';
import type { Check } from '../incident/contract.ts';
import type { NodeGroupTarget } from '../scale-workloads/contract.ts';
import type { Fitness } from './contract.ts';

/** Something that was looked at: found, seen to be wrong or missing, or not to be seen at the moment. */
export type Seen<T> =
  | { readonly seen: true; readonly value: T }
  | { readonly seen: false; readonly absent: boolean; readonly why: string };

interface NodeGroupSight {
  readonly status: string;
  readonly issues: readonly string[];
  readonly max: number;
}

export interface Observations {
  /** Null for a pilot light: nothing serves there yet. */
  readonly serving: {
    readonly probe: { readonly ok: boolean; readonly evidence: string };
    readonly healthName: string;
    readonly checkers: readonly Answer[];
  } | null;
  readonly cluster: { readonly name: string; readonly status: Seen<string> };
  readonly nodeGroups: readonly { readonly target: NodeGroupTarget; readonly sight: Seen<NodeGroupSight> }[];
  readonly deployments: readonly { readonly name: string; readonly sight: Seen<unknown> }[];
  readonly autoscalers: readonly { readonly name: string; readonly sight: Seen<unknown> }[];
}

/**
 * Whether the standby can take the traffic, before anything moves.
 *
 * Fit only when every check held. What could not be seen is not fit: a failover to an unfit standby turns one
 * dead site into two.
 */
export function judgeFitness(observed: Observations): Fitness {
  const checks = [
    ...servingChecks(observed.serving),
    clusterCheck(observed.cluster),
    ...observed.nodeGroups.map(nodeGroupCheck),
    ...observed.deployments.map(({ name, sight }) => existenceCheck('deployment', name, sight)),
    ...observed.autoscalers.map(({ name, sight }) => existenceCheck('autoscaler', name, sight)),
  ];
  const failing = checks.find(({ held }) => held === false) ?? checks.find(({ held }) => held !== true);
  return failing
    ? { fit: false, reason: `${failing.name} ${wording(failing)}: ${failing.evidence}`, checks }
    : { fit: true, reason: `all ${checks.length} checks of the standby hold`, checks };
}

function wording({ held }: Check): string {
  return held === 'unknown' ? 'is not known to hold' : 'does not hold';
}

function servingChecks(serving: Observations['serving']): Check[] {
  if (!serving) return [];
  const view = checkersView(serving.healthName, serving.checkers);
  return [
    { name: 'standby-fit/endpoint', held: serving.probe.ok, evidence: serving.probe.evidence },
    {
      name: 'standby-fit/route53-checkers',
      held: view.health === 'unknown' ? 'unknown' : view.health === 'healthy',
      evidence: view.evidence,
    },
  ];
}

function clusterCheck({ name, status }: Observations['cluster']): Check {
  return check(`cluster ${name}`, status, (value) => ({
    held: value === 'ACTIVE',
    evidence: `it is ${value}`,
  }));
}

function nodeGroupCheck({ target, sight }: Observations['nodeGroups'][number]): Check {
  return check(`node group ${target.name}`, sight, ({ status, issues, max }) => {
    const reach = Math.max(max, target.max);
    return {
      held: ['ACTIVE', 'UPDATING'].includes(status) && issues.length === 0 && reach >= target.desired,
      evidence: [
        `it is ${status}`,
        issues.length === 0 ? 'without issues' : `with ${issues.join(', ')}`,
        reach >= target.desired
          ? `and can reach ${target.desired} nodes`
          : `and cannot reach ${target.desired} nodes, only ${reach}`,
      ].join(' '),
    };
  });
}

function existenceCheck(kind: string, name: string, sight: Seen<unknown>): Check {
  return check(`${kind} ${name}`, sight, () => ({ held: true, evidence: 'it is there and can be read' }));
}

function check<T>(name: string, sight: Seen<T>, judge: (value: T) => Omit<Check, 'name'>): Check {
  if (sight.seen) return { name: `standby-fit/${name}`, ...judge(sight.value) };
  return { name: `standby-fit/${name}`, held: sight.absent ? false : 'unknown', evidence: sight.why };
}
