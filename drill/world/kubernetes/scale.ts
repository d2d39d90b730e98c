import { negative } from './admission.ts';
import type { Deployment, Json, KubeObject } from './objects.ts';
import { isObject } from './patch.ts';
import { badRequest, invalid } from './status.ts';

/** The `scale` subresource of a deployment, autoscaling/v1. */
export function scaleOf({ metadata, spec, status }: Deployment): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = Object.entries(spec.selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas },
    status: { replicas: status.replicas ?? 0, selector: selector.join(',') },
  };
}

/**
 * A deployment with the count of a Scale object.
 *
 * @throws Refusal 400 when it is not a Scale, 422 when the count is no count
 */
export function withScale(deployment: Deployment, scale: Json): Deployment {
  if (!isObject(scale)) throw badRequest('the object provided is no Scale');
  const { kind, spec } = scale;
  if (kind !== undefined && kind !== 'Scale') {
    throw badRequest(`converting (${JSON.stringify(kind)}) to (autoscaling.Scale): unknown conversion`);
  }
  // Kubernetes reads a count that is missing as zero.
  const replicas = isObject(spec) ? (spec['replicas'] ?? 0) : 0;
  const errors = negative('spec.replicas', replicas);
  if (errors.length > 0 || typeof replicas !== 'number') {
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, deployment.metadata.name, errors);
  }
  return { ...deployment, spec: { ...deployment.spec, replicas } };
}

export function versionOf(object: Json | KubeObject): string | undefined {
  const metadata = (object as { metadata?: { resourceVersion?: unknown } } | null)?.metadata;
  const version = metadata?.resourceVersion;
  return typeof version === 'string' && version !== '' ? version : undefined;
}
