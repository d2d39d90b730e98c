import { createHash } from 'node:crypto';
import type { Site } from '../../../lambdas/incident/contract.ts';
import type { Environment } from '../../../lib/config/schema.ts';
import type { Cloud } from '../../cloud/cloud.ts';
import type { ClusterObject, ClusterOperator } from '../cluster-operator.ts';
import { sampleClusterObjects, sampleObjects } from './samples.ts';

/** An object of the configuration, as it stands: what two looks must agree on. */
export interface Item {
  /** `s3 config erlmcp/app.json`, `ConfigMap erlmcp`. */
  readonly name: string;
  /** SHA-256 over content, metadata, tags and labels, in hex. */
  readonly digest: string;
}

/** The configuration of a site's application: its buckets, and the ConfigMaps and Secrets of its namespace. */
export interface SiteConfiguration {
  /** Everything that stands there now. */
  look(): Promise<readonly Item[]>;
  /** Null when the application could run with what is there now, else why not. */
  fault(): Promise<string | null>;
  /** What a bad release does: overwrites, deletes, adds. @returns what it did, by name of the item */
  spoil(): Promise<Spoiled>;
}

export interface Spoiled {
  readonly overwritten: readonly string[];
  readonly deleted: readonly string[];
  readonly added: readonly string[];
}

interface Options {
  readonly environment: Environment;
  readonly site: Site;
  readonly cloud: Cloud;
  readonly operator: ClusterOperator;
}

const configMaps = 'api/v1/configmaps';
const secrets = 'api/v1/secrets';

/** Put the sample there, written an hour before the world began, and hand out the levers. */
export async function startConfiguration(options: Options): Promise<SiteConfiguration> {
  const { environment, site, cloud, operator } = options;
  const { name: application } = environment.application;
  const { namespace } = environment.sites[site].cluster;
  const buckets = environment.configuration.buckets.flatMap(({ name, primary, standby, prefixes }) => {
    const bucket = site === 'primary' ? primary : standby;
    return bucket === undefined ? [] : [{ name, bucket, prefixes }];
  });
  const { storage } = cloud;
  if (site === 'primary') {
    for (const { bucket, prefixes } of buckets) {
      for (const { key, body, contentType, metadata, tags } of sampleObjects(prefixes)) {
        storage.put(bucket, key, body, { headers: { ContentType: contentType }, metadata, tags });
      }
    }
  }
  const sample = sampleClusterObjects(environment);
  for (const object of sample.configMaps) await operator.put(configMaps, namespace, object);
  for (const object of sample.secrets) await operator.put(secrets, namespace, object);

  const ofClusterNow = async () =>
    [
      ...(await operator.list(configMaps, namespace)).map((each) => ({ kind: 'ConfigMap', each })),
      ...(await operator.list(secrets, namespace)).map((each) => ({ kind: 'Secret', each })),
    ].filter(({ each }) => isOurs(each));

  return {
    async look() {
      const items: Item[] = [];
      for (const { name, bucket, prefixes } of buckets) {
        for (const key of storage.keys(bucket)) {
          if (!prefixes.some((prefix) => key.startsWith(prefix))) continue;
          const found = storage.version(bucket, key);
          if (!found || found.marker) continue;
          const { headers, metadata, tags, storageClass } = found;
          items.push({
            name: `s3 ${name} ${key}`,
            digest: digest([found.body().toString('base64'), headers, metadata, tags, storageClass]),
          });
        }
      }
      for (const { kind, each } of await ofClusterNow()) {
        const { metadata, data, binaryData, type, immutable } = each as ClusterObject &
          Record<string, unknown>;
        items.push({
          name: `${kind} ${metadata.name}`,
          digest: digest([metadata.labels, metadata.annotations, data, binaryData, type, immutable]),
        });
      }
      return items.toSorted((a, b) => a.name.localeCompare(b.name));
    },

    async fault() {
      for (const { name, bucket, prefixes } of buckets) {
        for (const { key, contentType } of sampleObjects(prefixes)) {
          const body = storage.read(bucket, key)?.toString('utf8');
          if (body === undefined) return `${name}/${key} is missing`;
          if (contentType === 'application/json' && !isJson(body)) return `${name}/${key} is no JSON`;
        }
      }
      const there = await ofClusterNow();
      for (const wanted of [...sample.configMaps, ...sample.secrets]) {
        const found = there.find(
          ({ kind, each }) => kind === wanted.kind && each.metadata.name === wanted.metadata.name,
        );
        if (!found) return `${wanted.kind ?? 'object'} ${wanted.metadata.name} is missing`;
        const lacking = Object.keys(wanted['data'] as object).filter(
          (key) => !Object.hasOwn(found.each['data'] ?? {}, key),
        );
        if (lacking.length > 0) return `${found.kind} ${wanted.metadata.name} has no ${lacking.join(', ')}`;
      }
      return null;
    },

    async spoil() {
      const overwritten: string[] = [];
      const deleted: string[] = [];
      const added: string[] = [];
      for (const { name, bucket, prefixes } of buckets) {
        const [prefix = ''] = prefixes;
        const as = { headers: { ContentType: 'text/plain' }, metadata: { release: '42' } };
        for (const key of [
          `${prefix}app.json`,
          `${prefix}routes/tenant 03.json`,
          `${prefix}routes/tenant 07.json`,
        ]) {
          storage.put(bucket, key, '{{ .Values.missing }}\n', as);
          overwritten.push(`s3 ${name} ${key}`);
        }
        for (const key of [`${prefix}limits.json`, `${prefix}routes/tenant 05.json`]) {
          storage.remove(bucket, key);
          deleted.push(`s3 ${name} ${key}`);
        }
        for (const key of [`${prefix}routes/{{ .Values.tenant }}.json`, `${prefix}tmp/half written`]) {
          storage.put(bucket, key, 'left by release 42\n', as);
          added.push(`s3 ${name} ${key}`);
        }
      }
      const [first] = sample.configMaps;
      if (first) {
        const data = { 'vm.args': '', 'from-release': '42' };
        await operator.put(configMaps, namespace, { ...first, data });
        overwritten.push(`ConfigMap ${first.metadata.name}`);
      }
      const name = `${application}-signing`;
      await operator.remove(secrets, namespace, name);
      deleted.push(`Secret ${name}`);
      const extra = `${application}-release-42`;
      await operator.put(configMaps, namespace, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: extra, namespace },
        data: { half: 'done' },
      });
      added.push(`ConfigMap ${extra}`);
      return { overwritten, deleted, added };
    },
  };
}

/** What Kubernetes and its controllers keep for themselves is no configuration of the application. */
function isOurs({ metadata, type }: ClusterObject & { readonly type?: unknown }): boolean {
  return (
    metadata.name !== 'kube-root-ca.crt' &&
    (metadata.ownerReferences ?? []).length === 0 &&
    type !== 'kubernetes.io/service-account-token'
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Members in the order of their names, so that only what they say counts. */
function digest(value: unknown): string {
  const sorted = JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => a.localeCompare(b)))
      : member,
  );
  return createHash('sha256').update(sorted).digest('hex');
}
