import type { Clock } from '../../clock.ts';
import { kinds } from './kinds.ts';
import { readyCondition, type NodeHealth } from './node-health.ts';
import { timestamp, type KubeNode } from './objects.ts';
import type { Draft, Store } from './store.ts';

/** A node that has joined. */
export interface NodeSeed {
  readonly name: string;
  readonly nodeGroup?: string;
  /** EC2's id of its machine; default: its name. */
  readonly instanceId?: string;
  /** Default: the first of the region. */
  readonly zone?: string;
  /** False: its kubelet has been silent until Kubernetes noticed. Absent: as it was, Ready when it is new. */
  readonly ready?: boolean;
}

interface NodeOptions {
  readonly region: string;
  readonly podsPerNode: number;
  readonly version: string;
}

/**
 * Make the cluster's nodes those given. A node that left takes its pods with it: the machine is gone, nobody
 * waits for a graceful end.
 */
export function setNodes(
  clock: Clock,
  store: Store,
  health: NodeHealth,
  nodes: readonly NodeSeed[],
  options: NodeOptions,
): void {
  for (const { metadata } of store.list(kinds.nodes)) {
    if (nodes.some(({ name }) => name === metadata.name)) continue;
    store.delete(kinds.nodes, undefined, metadata.name);
    for (const pod of store.list(kinds.pods)) {
      if (pod.spec.nodeName === metadata.name)
        store.delete(kinds.pods, pod.metadata.namespace, pod.metadata.name);
    }
  }
  for (const node of nodes) {
    if (!store.get(kinds.nodes, undefined, node.name)) {
      store.create(kinds.nodes, draft(node, options, timestamp(clock.now())));
    }
    if (node.ready === false) health.silence(node.name, 0);
    else if (node.ready === true) health.speak(node.name);
  }
}

function draft(
  { name, nodeGroup, instanceId = name, zone: given }: NodeSeed,
  options: NodeOptions,
  now: string,
): Draft<KubeNode> {
  const { region, podsPerNode, version } = options;
  const resources = { cpu: '2', memory: '8Gi', pods: String(podsPerNode) };
  const zone = given ?? `${region}a`;
  return {
    metadata: {
      name,
      labels: {
        'kubernetes.io/arch': 'arm64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': region,
        'topology.kubernetes.io/zone': zone,
        ...(nodeGroup === undefined ? {} : { 'eks.amazonaws.com/nodegroup': nodeGroup }),
      },
    },
    spec: { providerID: `aws:///${zone}/${instanceId}` },
    status: {
      capacity: resources,
      allocatable: resources,
      conditions: [{ ...readyCondition, lastTransitionTime: now }],
      nodeInfo: { kubeletVersion: version, architecture: 'arm64', operatingSystem: 'linux' },
      addresses: [{ type: 'Hostname', address: name }],
    },
  };
}
