import { allKinds, kinds } from './kinds.ts';
import type { KubeObject } from './objects.ts';
import type { Store } from './store.ts';

/** Removes what belonged to an object that was deleted: what it owned, and what a namespace held. */
export function collectGarbage(store: Store): void {
  store.onEvent(({ kind, type, object }) => {
    if (type !== 'DELETED') return;
    const { uid, name } = object.metadata;
    const belongs = ({ metadata }: KubeObject) =>
      kind === kinds.namespaces
        ? metadata.namespace === name
        : (metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false);
    for (const each of allKinds) {
      for (const { metadata } of store.list(each).filter(belongs)) {
        store.delete(each, metadata.namespace, metadata.name);
      }
    }
  });
}

/** Let what an object owns live on without it: `kubectl delete --cascade=orphan`. */
export function orphan(store: Store, { metadata: { uid } }: KubeObject): void {
  for (const kind of allKinds) {
    for (const object of store.list(kind)) {
      const owners = object.metadata.ownerReferences ?? [];
      const kept = owners.filter((owner) => owner.uid !== uid);
      if (kept.length < owners.length) {
        store.update(kind, { ...object, metadata: { ...object.metadata, ownerReferences: kept } });
      }
    }
  }
}
