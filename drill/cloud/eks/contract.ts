/** A cluster by what makes it unique in an account. */
export interface ClusterKey {
  readonly region: string;
  readonly name: string;
}

export interface NodeGroupSeed {
  readonly name: string;
  readonly min: number;
  readonly desired: number;
  readonly max: number;
}

/** A cluster that exists before Lifeboat is deployed: its nodes are Ready from the start. */
export interface ClusterSeed extends ClusterKey {
  /** URL of its Kubernetes API. */
  readonly endpoint: string;
  /** Base64 of the PEM that a client must trust. */
  readonly certificateAuthorityData: string;
  readonly nodeGroups: readonly NodeGroupSeed[];
  /** Kubernetes version, default `1.34`. */
  readonly version?: string;
}

/** A node that has joined the cluster. */
export interface ClusterNode {
  readonly name: string;
  readonly nodeGroup: string;
  /** EC2's id of its machine, `i-0123456789abcdef0`. */
  readonly instanceId: string;
  /** Availability zone, `eu-west-1a`. */
  readonly zone: string;
  /** False: its kubelet has been silent for so long that Kubernetes says `Ready` is `Unknown`. */
  readonly ready: boolean;
}

/** What an IAM principal may do in a cluster. */
export interface ClusterAccess {
  readonly username: string;
  readonly groups: readonly string[];
  readonly policies: readonly AssociatedPolicy[];
}

export interface AssociatedPolicy {
  readonly policyArn: string;
  /** Absent: the whole cluster. */
  readonly namespaces?: readonly string[];
}

/**
 * What goes wrong with a node group: `update-fails`, its updates end as Failed and change nothing;
 * `no-capacity`, updates succeed and no instance starts, as in a region where everybody fails over to;
 * `instance-limit`, the same because the account's quota is used up.
 */
export type NodeGroupFault = 'update-fails' | 'no-capacity' | 'instance-limit';
