import * as z from 'zod';
import type { DeployedResource, Identity } from '../contract.ts';
import { AwsError } from '../contract.ts';
import { rulesOf } from './access-policies.ts';
import type { AssociatedPolicy, ClusterAccess } from './contract.ts';

export interface AccessEntry extends ClusterAccess {
  readonly arn: string;
  readonly principalArn: string;
  readonly createdAt: Date;
}

const tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional();

const scope = z.discriminatedUnion('Type', [
  z.strictObject({ Type: z.literal('cluster') }),
  z.strictObject({ Type: z.literal('namespace'), Namespaces: z.array(z.string()).min(1) }),
]);

const properties = z.strictObject({
  ClusterName: z.string(),
  PrincipalArn: z.string().regex(/^arn:aws:iam::\d{12}:(role|user)\/.+$/, 'is not the ARN of a role or user'),
  KubernetesGroups: z
    .array(z.string().regex(/^(?!(system|eks|aws|amazon|iam):)/, 'cannot begin with a reserved prefix'))
    .optional(),
  AccessPolicies: z
    .array(
      z.strictObject({
        PolicyArn: z.string().refine((arn) => rulesOf(arn) !== undefined, 'is not an access policy of EKS'),
        AccessScope: scope,
      }),
    )
    .optional(),
  Type: z.literal('STANDARD').optional(),
  Username: z.string().optional(),
  Tags: tags,
});

/**
 * An `AWS::EKS::AccessEntry` of a template.
 *
 * @throws AwsError `InvalidParameterException` naming each property that is wrong or unknown
 */
export function accessEntry(
  { logicalId, stack, properties: given, region, account }: DeployedResource,
  createdAt: Date,
  suffix: string,
): { readonly clusterName: string; readonly entry: AccessEntry; readonly identity: Identity } {
  const parsed = properties.safeParse(given);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.') || logicalId} ${message}`);
    throw new AwsError('InvalidParameterException', `stack ${stack}: ${logicalId}: ${wrong.join('; ')}`);
  }
  const { ClusterName: clusterName, PrincipalArn: principalArn, KubernetesGroups, Username } = parsed.data;
  const [, kind = '', name = ''] = /:(role|user)\/(?:.*\/)?([^/]+)$/.exec(principalArn) ?? [];
  const owner = principalArn.split(':')[4] ?? account;
  const arn = `arn:aws:eks:${region}:${account}:access-entry/${clusterName}/${kind}/${owner}/${name}/${suffix}`;
  const policies = (parsed.data.AccessPolicies ?? []).map(({ PolicyArn, AccessScope }): AssociatedPolicy => ({
    policyArn: PolicyArn,
    ...(AccessScope.Type === 'namespace' ? { namespaces: AccessScope.Namespaces } : {}),
  }));
  const entry: AccessEntry = {
    arn,
    principalArn,
    createdAt,
    username:
      Username ??
      (kind === 'role' ? `arn:aws:sts::${owner}:assumed-role/${name}/{{SessionName}}` : principalArn),
    groups: KubernetesGroups ?? [],
    policies,
  };
  return {
    clusterName,
    entry,
    identity: { ref: `${principalArn}|${clusterName}`, attributes: { AccessEntryArn: arn } },
  };
}
