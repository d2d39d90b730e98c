import type { ExportedObject } from './contract.ts';

/** What of a cluster's objects is kept and restored, and when two are the same. Pure. */

/** An object as the API gives it, as far as it matters here. */
export interface ReadObject {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>> | null;
    readonly annotations?: Readonly<Record<string, string>> | null;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[] | null;
  };
  readonly [member: string]: unknown;
}

/** Types of Secrets that controllers make: tokens, and what Helm keeps of its releases (it would roll back by it). */
const madeTypes: ReadonlySet<unknown> = new Set([
  'kubernetes.io/service-account-token',
  'bootstrap.kubernetes.io/token',
  'helm.sh/release.v1',
]);

/** Members that Kubernetes writes itself, or that are said elsewhere. */
const notContent: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/**
 * Why an object is neither exported nor restored; null when it is. What Kubernetes or a controller makes is made again
 * by it, and would be fought over.
 */
export function leftOut(object: ReadObject, exclude: readonly string[]): string | null {
  const { name, ownerReferences, annotations } = object.metadata;
  if (exclude.includes(name)) return 'the environment excludes it';
  const owner = ownerReferences?.[0];
  if (owner) return `${owner.kind} ${owner.name} makes it`;
  if (name === 'kube-root-ca.crt') return 'Kubernetes makes it';
  if (madeTypes.has(object['type'])) return `a controller makes what is of type ${String(object['type'])}`;
  if (name.startsWith('sh.helm.release.v1.')) return 'Helm makes it';
  if (annotations?.['control-plane.alpha.kubernetes.io/leader'] !== undefined) {
    return 'controllers elect their leader by it';
  }
  return null;
}

/** What is kept of an object: all that somebody has written, and nothing that the server adds. */
export function exported(object: ReadObject): ExportedObject {
  const { name, labels, annotations } = object.metadata;
  const content = Object.fromEntries(
    Object.entries(object).filter(([member, value]) => !notContent.has(member) && !isNothing(value)),
  );
  return {
    metadata: {
      name,
      ...(isNothing(labels) ? {} : { labels: labels ?? {} }),
      ...(isNothing(annotations) ? {} : { annotations: annotations ?? {} }),
    },
    content,
  };
}

/** A manifest, without the number that counts its rollouts. */
export function exportedDeployment(object: ReadObject): ExportedObject {
  const annotations = without(object.metadata.annotations ?? {}, 'deployment.kubernetes.io/revision');
  return exported({ ...object, metadata: { ...object.metadata, annotations } });
}

export function without<T>(members: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(members).filter(([member]) => member !== name));
}

export function sameObject(one: ExportedObject, other: ExportedObject): boolean {
  return canonical(one) === canonical(other);
}

/** In order of their names, whatever the order of the list. */
export function inOrder(objects: readonly ExportedObject[]): readonly ExportedObject[] {
  return objects.toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
}

/** JSON with the members of every object in order, so that equal values are equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}

/** Absent, null and empty are the same to Kubernetes. */
function isNothing(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
  );
}
