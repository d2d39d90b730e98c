import type { Clock } from '../../clock.ts';
import { kinds } from './kinds.ts';
import { isReady, type KubeObject, type Pod, type Service } from './objects.ts';
import { controllerLag } from './pods.ts';
import { letters, type Draft, type Store } from './store.ts';

/** Endpoints of one slice (--max-endpoints-per-slice). */
const PER_SLICE = 100;

/** The controllers of EndpointSlices and Endpoints: behind each service the pods that it selects. */
export class Endpoints {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #planned = new Set<string>();

  constructor(clock: Clock, store: Store) {
    this.#clock = clock;
    this.#store = store;
    store.onEvent(({ kind, type, object }) => {
      const { namespace = '', name } = object.metadata;
      if (kind === kinds.services && type === 'DELETED') this.#remove(namespace, name, 0);
      else if (kind === kinds.services || kind === kinds.pods) this.#plan(namespace);
    });
  }

  reconcileAll(): void {
    for (const service of this.#store.list(kinds.services)) this.#reconcile(service);
  }

  #plan(namespace: string): void {
    if (this.#planned.has(namespace)) return;
    this.#planned.add(namespace);
    this.#clock.at(this.#clock.now() + controllerLag, () => {
      this.#planned.delete(namespace);
      for (const service of this.#store.list(kinds.services, namespace)) this.#reconcile(service);
    });
  }

  #reconcile(service: Service): void {
    const { name, namespace = '' } = service.metadata;
    const selector = Object.entries(service.spec.selector ?? {});
    // A service without a selector has endpoints that somebody else keeps.
    if (selector.length === 0) return;
    const pods = this.#store.list(kinds.pods, namespace).filter(({ metadata, status }) => {
      return status.podIP !== undefined && selector.every(([key, value]) => metadata.labels?.[key] === value);
    });
    const count = Math.max(1, Math.ceil(pods.length / PER_SLICE));
    for (let index = 0; index < count; index++) {
      const members = pods.slice(index * PER_SLICE, (index + 1) * PER_SLICE);
      this.#write(kinds.endpointSlices, this.#slice(service, index, members));
    }
    this.#remove(namespace, name, count, false);
    this.#write(kinds.endpoints, endpointsOf(service, pods));
  }

  #slice(service: Service, index: number, pods: readonly Pod[]): Draft<KubeObject> {
    const { name, namespace = '', labels } = service.metadata;
    const zoneOf = (node: string) =>
      this.#store.get(kinds.nodes, undefined, node)?.metadata.labels?.['topology.kubernetes.io/zone'];
    const slice = {
      metadata: {
        name: sliceName(name, namespace, index),
        namespace,
        generateName: `${name}-`,
        labels: {
          ...labels,
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
          'kubernetes.io/service-name': name,
        },
        ownerReferences: [ownerReference(service)],
      },
      addressType: 'IPv4',
      endpoints: pods.map((pod) => {
        const { nodeName = '' } = pod.spec;
        const terminating = pod.metadata.deletionTimestamp !== undefined;
        const zone = zoneOf(nodeName);
        return {
          addresses: [pod.status.podIP],
          conditions: { ready: isReady(pod), serving: isReady(pod), terminating },
          nodeName,
          targetRef: targetOf(pod),
          ...(zone === undefined ? {} : { zone }),
        };
      }),
      ports: portsOf(service, pods[0]),
    };
    return slice;
  }

  #write(kind: typeof kinds.endpoints, draft: Draft<KubeObject>): void {
    const { name, namespace } = draft.metadata;
    const before = this.#store.get(kind, namespace, name);
    if (!before) this.#store.create(kind, draft);
    else {
      const { apiVersion, kind: own } = before;
      this.#store.update(kind, {
        ...draft,
        apiVersion,
        kind: own,
        metadata: { ...before.metadata, ...draft.metadata },
      });
    }
  }

  /** Slices from an index on; and with all of them the Endpoints. */
  #remove(namespace: string, service: string, from: number, whole = true): void {
    for (let index = from; ; index++) {
      const name = sliceName(service, namespace, index);
      if (!this.#store.get(kinds.endpointSlices, namespace, name)) break;
      this.#store.delete(kinds.endpointSlices, namespace, name);
    }
    if (whole && this.#store.get(kinds.endpoints, namespace, service)) {
      this.#store.delete(kinds.endpoints, namespace, service);
    }
  }
}

function sliceName(service: string, namespace: string, index: number): string {
  return `${service}-${letters(`${namespace}/${service} ${index}`, 5)}`;
}

function endpointsOf(service: Service, pods: readonly Pod[]): Draft<KubeObject> {
  const { name, namespace = '' } = service.metadata;
  const address = (pod: Pod) => ({
    ip: pod.status.podIP,
    nodeName: pod.spec.nodeName,
    targetRef: targetOf(pod),
  });
  const ready = pods.filter(isReady).map(address);
  const notReady = pods.filter((pod) => !isReady(pod)).map(address);
  const subset = {
    ...(ready.length > 0 ? { addresses: ready } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
    ports: portsOf(service, pods[0]),
  };
  const endpoints = {
    metadata: { name, namespace },
    ...(pods.length > 0 ? { subsets: [subset] } : {}),
  };
  return endpoints;
}

function targetOf({ metadata: { name, namespace, uid } }: Pod): object {
  return { kind: 'Pod', namespace, name, uid };
}

function portsOf({ spec }: Service, pod: Pod | undefined): readonly object[] {
  const named = pod?.spec.containers.flatMap(({ ports = [] }) => ports) ?? [];
  return spec.ports.map(({ name = '', protocol, port, targetPort }) => ({
    name,
    protocol,
    port:
      typeof targetPort === 'number'
        ? targetPort
        : (named.find((each) => each.name === targetPort)?.containerPort ?? port),
  }));
}

function ownerReference({ apiVersion, kind, metadata: { name, uid } }: Service) {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
