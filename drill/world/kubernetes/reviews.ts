import type { User } from './authenticate.ts';
import { isAllowed, rulesFor, type GroupBinding } from './authorize.ts';
import type { Json, JsonObject } from './objects.ts';
import { isObject } from './patch.ts';

/** A question that a user may ask about themselves. */
export function isReview(apiVersion: string, resource: string): boolean {
  const asked = `${apiVersion}/${resource}`;
  return [
    'authentication.k8s.io/v1/selfsubjectreviews',
    'authorization.k8s.io/v1/selfsubjectaccessreviews',
    'authorization.k8s.io/v1/selfsubjectrulesreviews',
  ].includes(asked);
}

interface Asked {
  readonly apiVersion: string;
  readonly resource: string;
  readonly body: Json;
  readonly user: User;
  readonly grants: readonly GroupBinding[];
  /** Paths that anybody may read. */
  readonly open: readonly string[];
}

/** Who am I, may I, and what may I: `kubectl auth whoami`, `kubectl auth can-i`, `kubectl auth can-i --list`. */
export function review({ apiVersion, resource, body, user, grants, open }: Asked): object {
  const metadata = {};
  if (resource === 'selfsubjectreviews') {
    const userInfo = { username: user.name, groups: user.groups };
    return { kind: 'SelfSubjectReview', apiVersion, metadata, status: { userInfo } };
  }
  const spec = isObject(body) && isObject(body['spec']) ? body['spec'] : {};
  if (resource === 'selfsubjectrulesreviews') {
    const resourceRules = rulesFor(user, text(spec, 'namespace') ?? '', grants);
    const nonResourceRules = [{ verbs: ['get'], nonResourceURLs: open }];
    const status = { resourceRules, nonResourceRules, incomplete: false };
    return { kind: 'SelfSubjectRulesReview', apiVersion, metadata, spec, status };
  }
  const allowed = mayDo(spec, { user, grants, open });
  return { kind: 'SelfSubjectAccessReview', apiVersion, metadata, spec, status: { allowed } };
}

function mayDo(spec: JsonObject, { user, grants, open }: Pick<Asked, 'user' | 'grants' | 'open'>): boolean {
  const path = spec['nonResourceAttributes'];
  if (isObject(path)) {
    if (user.groups.includes('system:masters')) return true;
    return text(path, 'verb') === 'get' && open.includes(text(path, 'path') ?? '');
  }
  const wanted = isObject(spec['resourceAttributes']) ? spec['resourceAttributes'] : {};
  return isAllowed(
    user,
    {
      verb: text(wanted, 'verb') ?? '',
      group: text(wanted, 'group') ?? '',
      resource: text(wanted, 'resource') ?? '',
      subresource: text(wanted, 'subresource'),
      namespace: text(wanted, 'namespace'),
      name: text(wanted, 'name'),
    },
    grants,
  );
}

function text(object: JsonObject, member: string): string | undefined {
  const value = object[member];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
