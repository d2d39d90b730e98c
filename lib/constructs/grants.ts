import { Stack } from 'aws-cdk-lib';
import type { DatabaseSettings } from '../../lambdas/database/contract.ts';
import type { ClusterSettings } from '../../lambdas/scale-workloads/contract.ts';
import type { DnsSettings } from '../../lambdas/switch-dns/contract.ts';
import { acknowledge } from './acknowledge.ts';
import type { TaskFunction } from './task-function.ts';

/** Publish to Lifeboat's own metric namespace, and no other. */
export function grantMetrics(task: TaskFunction<unknown>): void {
  task.allowAnywhere(['cloudwatch:PutMetricData'], 'held to one namespace by its condition instead', {
    StringEquals: { 'cloudwatch:namespace': 'Lifeboat' },
  });
}

/** CloudWatch knows no resources for metrics: reading is all or nothing. */
export function readsMetrics(task: TaskFunction<unknown>): void {
  task.allowAnywhere(['cloudwatch:GetMetricData'], 'CloudWatch knows no resources for metrics');
}

/** Read one secret, by its name; Secrets Manager ends its ARN with six characters of its own. */
export function grantSecret(task: TaskFunction<unknown>, name: string): void {
  const { account, region } = Stack.of(task);
  task.allow(
    ['secretsmanager:GetSecretValue'],
    [`arn:aws:secretsmanager:${region}:${account}:secret:${name}-??????`],
  );
}

/** Actions on a cluster, and on the node groups of the environment in it. */
export function grantCluster(
  task: TaskFunction<unknown>,
  cluster: ClusterSettings,
  onCluster: readonly string[],
  onNodeGroups: readonly string[],
): void {
  const { account } = Stack.of(task);
  const arn = (resource: string) => `arn:aws:eks:${cluster.region}:${account}:${resource}`;
  if (onCluster.length > 0) task.allow(onCluster, [arn(`cluster/${cluster.name}`)]);
  if (onNodeGroups.length === 0) return;
  const groups = cluster.nodeGroups.map(({ name }) => arn(`nodegroup/${cluster.name}/${name}/*`));
  if (groups.length === 0) return;
  task.allow(onNodeGroups, groups);
  for (const group of groups) {
    acknowledge(
      task.role,
      `AwsSolutions-IAM5[Resource::${group}]`,
      "A node group's ARN ends in an id of AWS's own",
    );
  }
}

/** Change the listed records and no others, and only by UPSERT. */
export function grantRecords(task: TaskFunction<unknown>, dns: DnsSettings): void {
  const zone = `arn:aws:route53:::hostedzone/${dns.zoneId}`;
  task.allow(['route53:ListResourceRecordSets'], [zone]);
  task.allow(['route53:ChangeResourceRecordSets'], [zone], {
    'ForAllValues:StringEquals': {
      'route53:ChangeResourceRecordSetsNormalizedRecordNames': [
        ...new Set(dns.records.map(({ name }) => normalized(name))),
      ],
      'route53:ChangeResourceRecordSetsRecordTypes': [...new Set(dns.records.map(({ type }) => type))],
      'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
    },
  });
}

/** As IAM compares names: all but letters, digits, `-`, `_` and `.` as three octal digits, so `*` is `\052`. */
function normalized(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9_.-]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** Follow a change of records; changes are named only once they are made. */
export function seesChanges(task: TaskFunction<unknown>): void {
  task.allow(['route53:GetChange'], ['arn:aws:route53:::change/*']);
  acknowledge(
    task.role,
    'AwsSolutions-IAM5[Resource::arn:aws:route53:::change/*]',
    'Route 53 names a change when it is made',
  );
}

/** Find out whether an execution of this machine is over. */
export function seesExecutions(task: TaskFunction<unknown>, machineName: string): void {
  const { account, region } = Stack.of(task);
  const executions = `arn:aws:states:${region}:${account}:execution:${machineName}:*`;
  task.allow(['states:DescribeExecution'], [executions]);
  acknowledge(
    task.role,
    `AwsSolutions-IAM5[Resource::${executions}]`,
    'Executions of one machine, which are named when they are started',
  );
}

/** Change the records by which applications find their databases, and no others, and only by UPSERT. */
export function changesIdentityRecords(
  task: TaskFunction<unknown>,
  databases: readonly DatabaseSettings[],
): void {
  const byZone = new Map<string, string[]>();
  for (const { identity } of databases) {
    if (identity.by !== 'cname') continue;
    const { primary, standby } = identity.record;
    byZone.set(identity.zoneId, [...(byZone.get(identity.zoneId) ?? []), primary, standby]);
  }
  for (const [zoneId, records] of byZone) {
    const zone = `arn:aws:route53:::hostedzone/${zoneId}`;
    task.allow(['route53:ListResourceRecordSets'], [zone]);
    task.allow(['route53:ChangeResourceRecordSets'], [zone], {
      'ForAllValues:StringEquals': {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': [...new Set(records.map(normalized))],
        'route53:ChangeResourceRecordSetsRecordTypes': ['CNAME'],
        'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
      },
    });
  }
}

/** Auto Scaling knows no resources for looking. */
export function seesInstances(task: TaskFunction<unknown>): void {
  task.allowAnywhere(
    ['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeAutoScalingInstances'],
    'Auto Scaling knows no resources for looking',
  );
}

/** End instances of the environment's node groups, and of no others: EKS tags its Auto Scaling groups. */
export function endsInstances(
  task: TaskFunction<unknown>,
  clusters: readonly Pick<ClusterSettings, 'region' | 'name' | 'nodeGroups'>[],
): void {
  const { account } = Stack.of(task);
  for (const { region, name, nodeGroups } of clusters) {
    if (nodeGroups.length === 0) continue;
    const groups = `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:*`;
    task.allow(['autoscaling:TerminateInstanceInAutoScalingGroup'], [groups], {
      StringEquals: {
        'autoscaling:ResourceTag/eks:cluster-name': name,
        'autoscaling:ResourceTag/eks:nodegroup-name': nodeGroups.map((group) => group.name),
      },
    });
    acknowledge(
      task.role,
      `AwsSolutions-IAM5[Resource::${groups}]`,
      'EKS names the Auto Scaling group of a node group; its tags say whose it is',
    );
  }
}
