import type { ClusterNode } from '../eks/contract.ts';

/** Where an instance is in its life, by the names that Auto Scaling gives it. */
export type LifecycleState = 'Pending' | 'InService' | 'Terminating:Wait';

/** An EC2 instance of a group, and the node that it is, or is going to be. */
export interface Instance extends ClusterNode {
  readonly lifecycle: LifecycleState;
  readonly health: 'Healthy' | 'Unhealthy';
  readonly launchedAt: number;
}

/** What a group was told to hold. */
export interface Sizes {
  readonly minSize: number;
  readonly desiredSize: number;
  readonly maxSize: number;
}

export interface GroupIdentity {
  readonly region: string;
  readonly account: string;
  readonly cluster: string;
  readonly nodeGroup: string;
  /** A UUID; EKS puts it into the group's name, Auto Scaling into its ARN. */
  readonly id: string;
}
