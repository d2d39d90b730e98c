import { allKinds, apiVersionOf } from './kinds.ts';

/**
 * Just enough OpenAPI v3 for kubectl: which kinds can be patched, and that the server checks the fields.
 *
 * Without it `kubectl apply` wants to validate by itself and gives up, having no schema to validate with.
 */
export function openApi(path: string): object | undefined {
  const [, root, version, ...rest] = path.split('/');
  if (root !== 'openapi' || version !== 'v3') return undefined;
  const groupVersions = [...new Set(allKinds.map(apiVersionOf))];
  if (rest.length === 0) {
    const entries = groupVersions.map((groupVersion) => {
      const served = pathOf(groupVersion);
      return [served, { serverRelativeURL: `/openapi/v3/${served}` }];
    });
    return { paths: Object.fromEntries(entries) as object };
  }
  const groupVersion = groupVersions.find((each) => pathOf(each) === rest.join('/'));
  return groupVersion === undefined ? undefined : documentOf(groupVersion);
}

function documentOf(groupVersion: string): object {
  const paths = allKinds
    .filter((kind) => apiVersionOf(kind) === groupVersion)
    .map(({ group, version, kind, plural, namespaced }) => {
      const path = `/${pathOf(groupVersion)}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}/{name}`;
      const patch = {
        'x-kubernetes-action': 'patch',
        'x-kubernetes-group-version-kind': { group, version, kind },
        parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
        responses: { '200': { description: 'OK' } },
      };
      return [path, { patch }];
    });
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: groupVersion },
    paths: Object.fromEntries(paths) as object,
  };
}

function pathOf(groupVersion: string): string {
  return groupVersion === 'v1' ? 'api/v1' : `apis/${groupVersion}`;
}
