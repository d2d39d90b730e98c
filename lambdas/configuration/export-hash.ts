import { createHash } from 'node:crypto';
import { canonical, without } from './cluster-objects.ts';
import type { ClusterExport, ExportedObject } from './contract.ts';

/**
 * SHA-256 in hex of what an export holds, but its time and the deployments' replicas: an autoscaler changes those all
 * day, and nothing is restored by them.
 */
export function exportHash(of: Omit<ClusterExport, 'at' | 'hash'>): string {
  const { site, namespace, configMaps, secrets, deployments, leftOut } = of;
  const hash = createHash('sha256').update(canonical([site, namespace, leftOut]));
  for (const objects of [configMaps, secrets, deployments.map(withoutReplicas)]) {
    hash.update('\n');
    for (const object of objects) hash.update(canonical(object)).update('\n');
  }
  return hash.digest('hex');
}

function withoutReplicas({ metadata, content }: ExportedObject): ExportedObject {
  const spec = without((content['spec'] ?? {}) as Readonly<Record<string, unknown>>, 'replicas');
  return { metadata, content: { ...content, spec } };
}
