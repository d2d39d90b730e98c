import { openApi } from './openapi.ts';
import { allKinds, apiVersionOf, verbs, type Kind } from './kinds.ts';

/** Groups in the order in which clients should prefer them. */
const groupVersions = [...new Set(allKinds.filter(({ group }) => group !== '').map(apiVersionOf))];

/** Things that can only be created: questions that the server answers. */
const reviews: Readonly<Record<string, readonly { readonly kind: string; readonly plural: string }[]>> = {
  'authentication.k8s.io/v1': [{ kind: 'SelfSubjectReview', plural: 'selfsubjectreviews' }],
  'authorization.k8s.io/v1': [
    { kind: 'SelfSubjectAccessReview', plural: 'selfsubjectaccessreviews' },
    { kind: 'SelfSubjectRulesReview', plural: 'selfsubjectrulesreviews' },
  ],
};

/**
 * What anybody may read, whoever they are: the version, and what is served.
 *
 * @returns undefined for a path that is none of these; plain text or an object otherwise
 */
export function discovery(path: string, gitVersion: string): object | string | undefined {
  const trimmed = path.replace(/\/$/, '');
  switch (trimmed) {
    case '/healthz':
    case '/livez':
    case '/readyz':
      return 'ok';
    case '/version':
      return version(gitVersion);
    case '/api':
      return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
    case '/apis':
      return {
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: [...groupVersions, ...Object.keys(reviews)].map(apiGroup),
      };
    default:
      return apiOf(trimmed) ?? openApi(trimmed);
  }
}

function apiOf(path: string): object | undefined {
  const [, root, ...rest] = path.split('/');
  const groupVersion = rest.join('/');
  if (root === 'api' && groupVersion === 'v1') return resourceList('v1');
  if (root !== 'apis') return undefined;
  const known = [...groupVersions, ...Object.keys(reviews)];
  if (known.includes(groupVersion)) return resourceList(groupVersion);
  const ofGroup = known.find((each) => each.split('/')[0] === groupVersion);
  return ofGroup === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(ofGroup) };
}

function apiGroup(groupVersion: string): object {
  const [name, version] = groupVersion.split('/');
  const served = { groupVersion, version };
  return { name, versions: [served], preferredVersion: served };
}

function resourceList(groupVersion: string): object {
  const served = allKinds.filter((kind) => apiVersionOf(kind) === groupVersion);
  const asked = (reviews[groupVersion] ?? []).map(({ kind, plural }) => ({
    name: plural,
    singularName: kind.toLowerCase(),
    namespaced: false,
    kind,
    verbs: ['create'],
  }));
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: [...served.flatMap(resources), ...asked],
  };
}

/** Subresources that are not an object's own kind, or have other verbs. */
const more: Partial<Record<string, object>> = {
  scale: { kind: 'Scale', group: 'autoscaling', version: 'v1' },
  eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  log: { verbs: ['get'] },
};

function resources(kind: Kind): object[] {
  const { plural, namespaced, shortNames, categories, subresources } = kind;
  return [
    {
      name: plural,
      singularName: kind.kind.toLowerCase(),
      namespaced,
      kind: kind.kind,
      verbs,
      shortNames,
      ...(categories.length > 0 ? { categories } : {}),
    },
    ...subresources.map((subresource) => ({
      name: `${plural}/${subresource}`,
      singularName: '',
      namespaced,
      kind: kind.kind,
      verbs: ['get', 'patch', 'update'],
      ...more[subresource],
    })),
  ];
}

function version(gitVersion: string): object {
  const [major = '', minor = ''] = gitVersion.slice(1).split('.');
  return {
    major,
    minor,
    gitVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: '',
    platform: 'linux/arm64',
  };
}
