/** What EKS says is wrong with a node group, by what it means for new nodes. Pure. */

export interface IssueMeaning {
  /** No amount of waiting brings a node: a person must change something. */
  readonly forGood: boolean;
  /** What a person does about it. */
  readonly advice: string;
}

/** They say nothing about whether a new node would come (EKS API Reference, Issue). */
const harmless: ReadonlySet<string> = new Set([
  'AutoScalingGroupInstanceRefreshActive',
  'AutoScalingGroupRateLimitExceeded',
  'ClusterUnreachable',
  'Ec2LaunchTemplateDeletionFailure',
  'Ec2SecurityGroupDeletionFailure',
  'IamThrottling',
  'InternalFailure',
  'NodeTerminationFailure',
  'PodEvictionFailure',
  'Unknown',
]);

const quota =
  'The account may not run more machines of this kind in this region: raise the quota "Running On-Demand Standard ' +
  '(A, C, D, H, I, M, R, T, Z) instances" (or that of the instance family; it counts vCPUs) in Service Quotas, ' +
  'Amazon EC2, or end instances that nobody needs.';

const advice: Readonly<Record<string, string>> = {
  InstanceLimitExceeded: quota,
  LimitExceeded: quota,
  Ec2SubnetNotFound:
    'A subnet of the node group is not there any more: make the node group anew in subnets that exist.',
  Ec2SubnetInvalidConfiguration: 'A subnet of the node group gives its instances no address: correct it.',
  Ec2SubnetMissingIpv6Assignment: 'A subnet of the node group assigns no IPv6 addresses: let it.',
  InsufficientFreeAddresses: 'The subnets of the node group have no free address: add one, or free some.',
  NodeCreationFailure:
    'Machines start and do not join the cluster: look at their role, their route to the cluster and their bootstrap log.',
  IamNodeRoleNotFound: 'The role of the nodes was deleted: make it again under its name.',
  IamInstanceProfileNotFound: 'The instance profile of the nodes was deleted: make it again under its name.',
  AccessDenied: 'EKS or the nodes are denied what they need: look at the role of the nodes and at aws-auth.',
  AutoScalingGroupNotFound: 'The Auto Scaling group was deleted: make the node group anew.',
};

/** Of a launch that EC2 refuses for a reason that stays. */
const refusedForGood =
  /VcpuLimitExceeded|InstanceLimitExceeded|MaxSpotInstanceCountExceeded|UnauthorizedOperation|InvalidParameter|InvalidSubnet|InvalidKeyPair|InvalidAMI|KMS/i;

/**
 * What stands in the way of new nodes; null when an issue does not.
 *
 * @param issue as it is told: `AsgInstanceLaunchFailures: Could not launch …`
 */
export function meaningOf(issue: string): IssueMeaning | null {
  const [code = ''] = issue.split(':');
  if (harmless.has(code)) return null;
  if (code === 'AsgInstanceLaunchFailures') return launchFailure(issue);
  return {
    forGood: true,
    advice:
      advice[code] ?? 'Look at the health of the node group in the EKS console, and mend what it names.',
  };
}

function launchFailure(issue: string): IssueMeaning {
  if (/VcpuLimitExceeded|InstanceLimitExceeded/.test(issue)) return { forGood: true, advice: quota };
  if (issue.includes('MaxSpotInstanceCountExceeded')) {
    return {
      forGood: true,
      advice: 'Raise the quota "All Standard Spot Instance Requests" in Service Quotas, Amazon EC2.',
    };
  }
  if (issue.includes('InsufficientFreeAddresses')) {
    return { forGood: true, advice: String(advice['InsufficientFreeAddresses']) };
  }
  if (refusedForGood.test(issue)) {
    return {
      forGood: true,
      advice:
        'EC2 refuses the launch: see the activities of its Auto Scaling group, and its launch template.',
    };
  }
  return {
    forGood: false,
    advice:
      'AWS has no room for this instance type in these zones at the moment: it may come back by itself; a node ' +
      'group with other instance types or in other zones helps sooner.',
  };
}
