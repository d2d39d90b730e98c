import * as eks from 'aws-cdk-lib/aws-eks';
import { Construct } from 'constructs';
import type { TaskFunction } from './task-function.ts';

/**
 * EKS's own access policies (EKS user guide, "Review access policy permissions"), the narrowest that does.
 *
 * `scaling`: scale subresources get and update, status subresources get, autoscalers get and patch. `viewing`: reads
 * workloads, pods, logs and events, no Secrets. `editing`: writes ConfigMaps, Secrets and deployments, too.
 */
const policies = {
  scaling: 'AmazonARCRegionSwitchScalingPolicy',
  viewing: 'AmazonEKSViewPolicy',
  editing: 'AmazonEKSEditPolicy',
} as const;

interface KubernetesAccessProps {
  readonly clusterName: string;
  readonly namespace: string;
  readonly policy: keyof typeof policies;
  /** Kubernetes groups that the cluster's owner binds to roles: what no policy of EKS gives by itself. */
  readonly groups?: readonly string[];
  readonly tasks: Readonly<Record<string, TaskFunction<unknown>>>;
}

/** Lets tasks into one namespace of a cluster. Needs a cluster with authentication mode API, or API and map. */
export class KubernetesAccess extends Construct {
  constructor(scope: Construct, id: string, props: KubernetesAccessProps) {
    super(scope, id);
    const { clusterName, namespace, policy, groups = [], tasks } = props;
    for (const [name, task] of Object.entries(tasks)) {
      new eks.CfnAccessEntry(this, name, {
        clusterName,
        principalArn: task.role.roleArn,
        type: 'STANDARD',
        accessPolicies: [
          {
            policyArn: `arn:aws:eks::aws:cluster-access-policy/${policies[policy]}`,
            accessScope: { type: 'namespace', namespaces: [namespace] },
          },
        ],
        ...(groups.length > 0 ? { kubernetesGroups: [...groups] } : {}),
      });
    }
  }
}
