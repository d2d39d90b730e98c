import type { Clock } from '../../clock.ts';
import { kinds } from './kinds.ts';
import { timestamp, type KubeObject } from './objects.ts';
import type { Store } from './store.ts';

/** Tells people what controllers do: `kubectl get events`, `kubectl describe`. */
export type Recorder = (
  object: KubeObject,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
) => void;

export function recorder(clock: Clock, store: Store): Recorder {
  return ({ apiVersion, kind, metadata }, type, reason, message) => {
    const { name, uid, namespace = 'default' } = metadata;
    const at = timestamp(clock.now());
    const details = {
      type,
      reason,
      message,
      involvedObject: { apiVersion, kind, name, namespace, uid },
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
      source: { component: 'lifeboat' },
    };
    store.create(kinds.events, {
      ...details,
      metadata: { name: `${name}.${store.suffix()}${store.version}`, namespace },
    });
  };
}
