import type { AccessRule } from '../../cloud/eks/access-policies.ts';
import type { User } from './authenticate.ts';
import type { GroupBinding, GroupBindings } from './authorize.ts';
import { kinds } from './kinds.ts';
import type { Binding, Role } from './objects.ts';
import type { Store } from './store.ts';

/**
 * What RBAC allows a user: the rules of the roles that are bound to them or to a group of theirs, by the objects in
 * the cluster and by what the world was started with.
 */
export function grantsOf(user: User, store: Store, given: GroupBindings): readonly GroupBinding[] {
  const isFor = ({ subjects = [] }: Binding) =>
    subjects.some(({ kind, name }) =>
      kind === 'Group' ? user.groups.includes(name) : kind === 'User' && user.name === name,
    );
  const cluster = store
    .list(kinds.clusterRoleBindings)
    .filter(isFor)
    .map(({ roleRef }) => ({ rules: rulesOf(store.get(kinds.clusterRoles, undefined, roleRef.name)) }));
  const inNamespaces = store
    .list(kinds.roleBindings)
    .filter(isFor)
    .map(({ roleRef, metadata: { namespace = '' } }) => {
      const role =
        roleRef.kind === 'ClusterRole'
          ? store.get(kinds.clusterRoles, undefined, roleRef.name)
          : store.get(kinds.roles, namespace, roleRef.name);
      return { rules: rulesOf(role), namespaces: [namespace] };
    });
  return [...user.groups.flatMap((group) => given[group] ?? []), ...cluster, ...inNamespaces];
}

function rulesOf(role: Role | undefined): readonly AccessRule[] {
  return (role?.rules ?? []).map(({ apiGroups = [], resources = [], verbs, resourceNames }) => ({
    apiGroups,
    resources,
    verbs,
    ...(resourceNames && resourceNames.length > 0 ? { resourceNames } : {}),
  }));
}
