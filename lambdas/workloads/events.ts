import type { KubeEvent } from '../aws/kubernetes-workload-objects.ts';
import type { Workload } from './rollout.ts';

/** What Kubernetes tells of a deployment, its ReplicaSets and its pods, also of pods that are gone. Pure. */

export function aboutWorkload(
  { deployment, replicaSets, pods }: Workload,
  events: readonly KubeEvent[],
): readonly KubeEvent[] {
  const sets = replicaSets.map(({ metadata }) => metadata.name);
  const names = new Set(pods.map(({ metadata }) => metadata.name));
  return events.filter(({ involvedObject: { kind, name = '' } = {} }) => {
    switch (kind) {
      case 'Deployment':
        return name === deployment.metadata.name;
      case 'ReplicaSet':
        return sets.includes(name);
      case 'Pod':
        return names.has(name) || sets.some((set) => name.startsWith(`${set}-`));
      default:
        return false;
    }
  });
}

export function newestFirst(events: readonly KubeEvent[]): readonly KubeEvent[] {
  return events.toSorted((a, b) => (lastSeen(a) < lastSeen(b) ? 1 : -1));
}

/** `2026-11-23T10:00:00Z Pod erlmcp-7d9-abcde BackOff: Back-off restarting failed container (5 times)` */
export function eventLine(event: KubeEvent): string {
  const { involvedObject, reason = '', message = '', count = 1 } = event;
  const about = `${involvedObject?.kind ?? ''} ${involvedObject?.name ?? ''}`;
  return `${lastSeen(event)} ${about} ${reason}: ${message.trim()}${count > 1 ? ` (${count} times)` : ''}`;
}

function lastSeen({ series, lastTimestamp, eventTime, firstTimestamp, metadata }: KubeEvent): string {
  return (
    series?.lastObservedTime ??
    lastTimestamp ??
    eventTime ??
    firstTimestamp ??
    metadata.creationTimestamp ??
    ''
  );
}
