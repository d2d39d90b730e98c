import { kinds } from './kinds.ts';
import type { Store } from './store.ts';

const ROOT_CA = 'kube-root-ca.crt';

/** The controller that puts the cluster's certificate into every namespace, and puts it back when it is gone. */
export function publishRootCa(store: Store, certificatePem: string): void {
  const publish = (namespace: string) => {
    const found = store.get(kinds.namespaces, undefined, namespace);
    if (!found || store.get(kinds.configMaps, namespace, ROOT_CA)) return;
    const description =
      'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';
    store.create(kinds.configMaps, {
      metadata: { name: ROOT_CA, namespace, annotations: { 'kubernetes.io/description': description } },
      data: { 'ca.crt': certificatePem },
    });
  };
  store.onEvent(({ kind, type, object: { metadata } }) => {
    if (kind === kinds.namespaces && type === 'ADDED') publish(metadata.name);
    else if (kind === kinds.configMaps && metadata.name === ROOT_CA && type === 'DELETED') {
      publish(metadata.namespace ?? '');
    }
  });
}
