import type { Environment } from '../../../lib/config/schema.ts';
import type { ClusterObject } from '../cluster-operator.ts';

/** A configuration as an application such as the environment's has one. */

export interface SampleObject {
  readonly key: string;
  readonly body: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

const releases = { metadata: { release: '41', 'deployed-by': 'pipeline' }, tags: { owner: 'platform' } };

/** Objects of a bucket: what the application must have, tables of routes, and one that is not text. */
export function sampleObjects(prefixes: readonly string[]): readonly SampleObject[] {
  return prefixes.flatMap((prefix) => [
    json(`${prefix}app.json`, { listeners: [{ port: 8080, protocol: 'mcp' }], pool: 64, release: 41 }),
    json(`${prefix}limits.json`, { requestsPerMinute: 600, burst: 50 }),
    json(`${prefix}features.json`, { streaming: true, tools: ['search', 'fetch'] }),
    ...Array.from({ length: 12 }, (_, index) =>
      json(`${prefix}routes/tenant ${String(index + 1).padStart(2, '0')}.json`, {
        tenant: index + 1,
        upstream: `10.20.${index}.1`,
        weight: 100,
      }),
    ),
    {
      key: `${prefix}certificates/clients.pem`,
      body: `-----BEGIN CERTIFICATE-----\n${Buffer.from('not a real one, but bytes all the same').toString('base64')}\n-----END CERTIFICATE-----\n`,
      contentType: 'application/x-pem-file',
      ...releases,
    },
  ]);
}

function json(key: string, value: unknown): SampleObject {
  return { key, body: `${JSON.stringify(value, null, 2)}\n`, contentType: 'application/json', ...releases };
}

/** What the application of the environment mounts: two ConfigMaps and two Secrets. */
export function sampleClusterObjects({ application, sites }: Environment): {
  readonly configMaps: readonly ClusterObject[];
  readonly secrets: readonly ClusterObject[];
} {
  const { name } = application;
  const { namespace } = sites.primary.cluster;
  const labels = { app: name };
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return {
    configMaps: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace, labels },
        data: { 'vm.args': `-name ${name}@127.0.0.1\n+K true\n`, 'sys.config': '[{erlmcp,[{pool,64}]}].\n' },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `${name}-flags`, namespace, labels },
        data: { streaming: 'on' },
      },
    ],
    secrets: [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'Opaque',
        metadata: { name: `${name}-cookie`, namespace, labels },
        data: { cookie: base64('monster-of-this-world') },
      },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'Opaque',
        metadata: { name: `${name}-signing`, namespace, labels },
        data: { 'key.pem': base64('a signing key of this world') },
      },
    ],
  };
}
