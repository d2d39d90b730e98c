import { rulesOf, type AccessRule } from '../../cloud/eks/access-policies.ts';
import type { User } from './authenticate.ts';
import { Refusal } from './status.ts';

/** What is asked for, in the words of Kubernetes' authorizers. */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** Rules that the cluster's owner bound to a group (RBAC); without namespaces they hold everywhere. */
export interface GroupBinding {
  readonly rules: readonly AccessRule[];
  readonly namespaces?: readonly string[];
}

export type GroupBindings = Readonly<Record<string, GroupBinding>>;

/** What everybody with an identity may create: questions about themselves. */
const selfReviews: readonly AccessRule[] = [
  {
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    verbs: ['create'],
  },
  { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
];

/** @param grants what RBAC allows the user, beside the access policies of EKS */
export function isAllowed(user: User, asked: Attributes, grants: readonly GroupBinding[]): boolean {
  if (user.groups.includes('system:masters')) return true;
  if (user.groups.includes('system:authenticated') && selfReviews.some((rule) => covers(rule, asked)))
    return true;
  const byPolicy = user.policies.some(
    ({ policyArn, namespaces }) =>
      within(namespaces, asked.namespace) && (rulesOf(policyArn) ?? []).some((rule) => covers(rule, asked)),
  );
  return (
    byPolicy ||
    grants.some(
      ({ rules, namespaces }) =>
        within(namespaces, asked.namespace) && rules.some((rule) => covers(rule, asked)),
    )
  );
}

/** All that a user may do in a namespace. */
export function rulesFor(
  user: User,
  namespace: string,
  grants: readonly GroupBinding[],
): readonly AccessRule[] {
  if (user.groups.includes('system:masters')) return [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
  const policies = user.policies.filter(({ namespaces }) => within(namespaces, namespace));
  return [
    ...selfReviews,
    ...policies.flatMap(({ policyArn }) => rulesOf(policyArn) ?? []),
    ...grants.filter(({ namespaces }) => within(namespaces, namespace)).flatMap(({ rules }) => rules),
  ];
}

/** @throws Refusal 403 in Kubernetes' words */
export function authorize(user: User, asked: Attributes, grants: readonly GroupBinding[]): void {
  if (isAllowed(user, asked, grants)) return;
  const { verb, group, resource, subresource, namespace, name } = asked;
  const full = group === '' ? resource : `${resource}.${group}`;
  const what = name === undefined ? full : `${full} "${name}"`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const path = subresource === undefined ? resource : `${resource}/${subresource}`;
  throw new Refusal(
    403,
    'Forbidden',
    `${what} is forbidden: User "${user.name}" cannot ${verb} resource "${path}" in API group "${group}" ${where}`,
    { ...(name === undefined ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource },
  );
}

/** A scope of namespaces never covers what belongs to none; a trailing star stands for any ending. */
function within(namespaces: readonly string[] | undefined, namespace: string | undefined): boolean {
  if (namespaces === undefined) return true;
  if (namespace === undefined) return false;
  return namespaces.some((scope) =>
    scope.endsWith('*') ? namespace.startsWith(scope.slice(0, -1)) : scope === namespace,
  );
}

function covers(rule: AccessRule, { verb, group, resource, subresource, name }: Attributes): boolean {
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  return (
    includes(rule.verbs, verb) &&
    includes(rule.apiGroups, group) &&
    (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name))) &&
    (includes(rule.resources, full) ||
      (subresource !== undefined && rule.resources.includes(`*/${subresource}`)))
  );
}

function includes(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}
