/** What EKS and Kubernetes say of a site's capacity, as far as a recovery asks. Types only. */

/** A managed node group, as EKS describes it. */
export interface NodeGroupState {
  readonly status: string;
  /** `AsgInstanceLaunchFailures: ...`, one each. */
  readonly issues: readonly string[];
  readonly min: number;
  readonly desired: number;
  readonly max: number;
  /** Names of the Auto Scaling groups behind it. */
  readonly scalingGroups?: readonly string[];
}

export interface DeploymentState {
  /** Replicas that its specification asks for. */
  readonly replicas: number;
  readonly readyReplicas: number;
  /** Pods that there are, ready or not; those that are being ended are not counted. */
  readonly pods: number;
  readonly generation: number;
  readonly observedGeneration: number;
}

export interface AutoscalerState {
  readonly minReplicas: number;
  readonly maxReplicas: number;
}
