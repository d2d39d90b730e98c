import type { Clock } from '../../clock.ts';
import { kinds } from './kinds.ts';
import { timestamp, type KubeEvent, type KubeObject } from './objects.ts';
import type { Store } from './store.ts';

/** Tells people what controllers do: `kubectl get events`, `kubectl describe`. */
export type Recorder = (
  object: KubeObject,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
) => void;

/** How long an event is kept, milliseconds (kube-apiserver --event-ttl; EKS has the default). */
const KEPT = 3_600_000;

/** What happens again is counted, not told anew, as client-go's recorder does. */
export function recorder(clock: Clock, store: Store): Recorder {
  const told = new Map<string, { readonly name: string; readonly namespace: string; at: number }>();

  const forget = (now: number) => {
    for (const [key, { name, namespace, at }] of told) {
      if (now - at < KEPT) continue;
      told.delete(key);
      if (store.get(kinds.events, namespace, name)) store.delete(kinds.events, namespace, name);
    }
  };

  return ({ apiVersion, kind, metadata }, type, reason, message) => {
    const { name, uid, namespace = 'default' } = metadata;
    const now = clock.now();
    forget(now);
    const at = timestamp(now);
    const key = [uid, type, reason, message].join('\n');
    const before = told.get(key);
    const known: KubeEvent | undefined = before && store.get(kinds.events, before.namespace, before.name);
    if (before && known) {
      before.at = now;
      store.update(kinds.events, { ...known, count: known.count + 1, lastTimestamp: at });
      return;
    }
    const event = `${name}.${store.suffix()}${store.version}`;
    told.set(key, { name: event, namespace, at: now });
    store.create(kinds.events, {
      type,
      reason,
      message,
      involvedObject: { apiVersion, kind, name, namespace, uid },
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
      source: { component: component[kind] ?? 'kubelet' },
      metadata: { name: event, namespace },
    });
  };
}

/** Who tells of a kind, mostly. */
const component: Readonly<Record<string, string>> = {
  Deployment: 'deployment-controller',
  ReplicaSet: 'replicaset-controller',
  HorizontalPodAutoscaler: 'horizontal-pod-autoscaler',
  Node: 'node-controller',
};
