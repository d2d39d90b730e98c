import type { Environment } from '../../lib/config/schema.ts';

/** How much of a site runs. */
export interface Capacity {
  readonly nodeGroups: readonly {
    readonly name: string;
    readonly min: number;
    readonly desired: number;
    readonly max: number;
  }[];
  readonly deployments: readonly {
    readonly name: string;
    readonly replicas: number;
    readonly autoscaler?: string;
  }[];
}

/**
 * The standby before anything has happened, by the environment's strategy (the names are those of AWS's
 * Well-Architected guidance on disaster recovery).
 *
 * Warm standby: the nodes are there, guarded by a smaller minimum, and each deployment runs one pod. Pilot
 * light: nothing runs.
 */
export function standbyAtRest({ strategy, sites: { standby } }: Environment): Capacity {
  const warm = strategy === 'warm-standby';
  return {
    nodeGroups: standby.nodeGroups.map(({ name, min, desired, max }) => ({
      name,
      min: warm ? Math.min(1, min) : 0,
      desired: warm ? desired : 0,
      max,
    })),
    deployments: standby.deployments.map(({ name, replicas, autoscaler }) => ({
      name,
      replicas: warm ? Math.min(1, replicas) : 0,
      ...(autoscaler === undefined ? {} : { autoscaler }),
    })),
  };
}

/** The site at its full strength: what the standby must reach, and what the primary has. */
export function fullStrength({ sites: { primary, standby } }: Environment): Capacity {
  return {
    // An environment that says nothing of the primary's has node groups like the standby's there.
    nodeGroups: primary.nodeGroups.length > 0 ? primary.nodeGroups : standby.nodeGroups,
    deployments: standby.deployments.map(({ name, replicas, autoscaler }) => ({
      name,
      replicas,
      ...(autoscaler === undefined ? {} : { autoscaler }),
    })),
  };
}
