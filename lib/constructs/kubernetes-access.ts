import * as eks from 'aws-cdk-lib/aws-eks';
import { Construct } from 'constructs';
import type { TaskFunction } from './task-function.ts';

/**
 * The narrowest policy that AWS keeps for this: scale subresources get and update, status subresources get,
 * autoscalers get and patch (EKS access policy reference).
 */
const scalingPolicy = 'arn:aws:eks::aws:cluster-access-policy/AmazonARCRegionSwitchScalingPolicy';

interface KubernetesAccessProps {
  readonly clusterName: string;
  readonly namespace: string;
  readonly tasks: Readonly<Record<string, TaskFunction<unknown>>>;
}

/** Lets tasks into one namespace of a cluster. Needs a cluster with authentication mode API, or API and map. */
export class KubernetesAccess extends Construct {
  constructor(scope: Construct, id: string, { clusterName, namespace, tasks }: KubernetesAccessProps) {
    super(scope, id);
    for (const [name, task] of Object.entries(tasks)) {
      new eks.CfnAccessEntry(this, name, {
        clusterName,
        principalArn: task.role.roleArn,
        type: 'STANDARD',
        accessPolicies: [
          { policyArn: scalingPolicy, accessScope: { type: 'namespace', namespaces: [namespace] } },
        ],
      });
    }
  }
}
