import type { ClusterName } from '../aws/kubernetes.ts';
import type { Site } from '../incident/contract.ts';

/** What the tasks say to each other about workloads and the nodes that they run on. Types only. Times are ISO 8601, UTC. */

/** The application's deployments in a site's cluster. */
export interface WorkloadsSettings extends ClusterName {
  readonly deployments: readonly WorkloadSettings[];
}

export interface WorkloadSettings {
  readonly name: string;
  readonly autoscaler?: string;
  /** Deployments that must be ready before this one is restarted. */
  readonly after: readonly string[];
}

/** A deployment as it was seen. */
export interface WorkloadSight {
  readonly name: string;
  /** False: there is no such deployment, and the rest is empty. */
  readonly exists: boolean;
  readonly wanted: number;
  readonly ready: number;
  /** Pods of the newest template, and those of them that are ready. */
  readonly updated: number;
  readonly updatedReady: number;
  /** `deployment.kubernetes.io/revision`. */
  readonly revision: string | null;
  /**
   * The newest older revision whose template differs in more than a restart, and that no incident has gone back from:
   * one to go back to.
   */
  readonly previousRevision: string | null;
  /** When the newest template first came, restarts aside: the creation of its oldest ReplicaSet. */
  readonly revisionAt: string | null;
  /** Kubernetes has given up waiting for the newest template (`ProgressDeadlineExceeded`). */
  readonly stuck: boolean;
  /** Restarts of all containers of its pods together. */
  readonly restarts: number;
  /**
   * Why containers of its newest pods wait, each once: `CrashLoopBackOff`, `ImagePullBackOff`; and `Unschedulable` for
   * a pod that no node has room for.
   */
  readonly waiting: readonly string[];
  /** Its ready addresses behind the service that has fewest of them; null when no service selects its pods. */
  readonly endpoints: number | null;
  /** Evictions that its PodDisruptionBudget allows now; null without one. */
  readonly disruptionsAllowed: number | null;
  /** Last warnings about it and its pods, newest first, at most 10. */
  readonly warnings: readonly string[];
}

export interface NodeSight {
  readonly name: string;
  /** Label `eks.amazonaws.com/nodegroup`. */
  readonly group: string | null;
  /** From `spec.providerID`: `aws:///eu-west-1a/i-0abc`. */
  readonly instanceId: string | null;
  readonly ready: boolean | 'unknown';
  /** When `Ready` last changed. */
  readonly since: string | null;
  readonly reason: string;
  readonly cordoned: boolean;
}

/** One look at a site's cluster. */
export interface Survey {
  readonly at: string;
  readonly site: Site;
  readonly workloads: readonly WorkloadSight[];
  /** Null: the function may not look at nodes (docs/deploy.md says how to let it). */
  readonly nodes: readonly NodeSight[] | null;
}

/** What hardware-failure is to do, given by assess-hardware. */
export interface HardwarePlan {
  readonly site: Site;
  readonly replace: readonly { readonly node: string; readonly instanceId: string; readonly group: string }[];
  /** Node groups that have fewer ready nodes than they should. */
  readonly groups: readonly { readonly name: string; readonly desired: number; readonly ready: number }[];
  /** Databases to be restarted in another zone. */
  readonly reboot: readonly string[];
}
