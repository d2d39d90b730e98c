import { EKSClient } from '@aws-sdk/client-eks';
import { clientOptions } from '../aws/client.ts';
import { openKubernetesWorkloads } from '../aws/kubernetes-workloads.ts';
import { settings } from '../runtime/settings.ts';
import type { Output, Settings } from './contract.ts';
import { nodeSight, workloadSight } from './shape.ts';

let eks: EKSClient | undefined;

/** One look at a site's deployments and nodes. Every kind is listed once, so fifty deployments take no longer than one. */
export async function handler(): Promise<Output> {
  const { site, cluster } = settings<Settings>();
  const client = (eks ??= new EKSClient(clientOptions(cluster.region)));
  const kubernetes = await openKubernetesWorkloads(client, cluster);
  const [deployments, replicaSets, pods, services, endpointSlices, disruptionBudgets, events, nodes] =
    await Promise.all([
      kubernetes.deployments(),
      kubernetes.replicaSets(),
      kubernetes.pods(),
      kubernetes.services(),
      kubernetes.endpointSlices(),
      kubernetes.disruptionBudgets(),
      kubernetes.events('warnings'),
      kubernetes.nodes(),
    ]);
  const listed = { deployments, replicaSets, pods, services, endpointSlices, disruptionBudgets, events };
  return {
    at: new Date().toISOString(),
    site,
    workloads: cluster.deployments.map(({ name }) => workloadSight(name, listed)),
    nodes: nodes?.map(nodeSight) ?? null,
  };
}
