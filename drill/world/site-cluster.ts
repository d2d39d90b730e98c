import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Site as SiteName } from '../../lambdas/incident/contract.ts';
import type { Environment } from '../../lib/config/schema.ts';
import type { Clock } from '../clock.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Authority } from './certificates.ts';
import { startCluster, type Cluster } from './kubernetes/cluster.ts';
import type { Capacity } from './standby-at-rest.ts';

const kubernetesAccess = path.join(import.meta.dirname, '..', '..', 'docs', 'kubernetes-access.yaml');

interface SiteClusterOptions {
  readonly environment: Environment;
  readonly site: SiteName;
  readonly capacity: Capacity;
  readonly clock: Clock;
  readonly authority: Authority;
  readonly cloud: Cloud;
  readonly tell: (actor: string, event: string, detail?: string) => void;
}

/** The cluster of a site, with its deployments, behind the EKS of its region. */
export async function startSiteCluster(options: SiteClusterOptions): Promise<Cluster> {
  const { environment, site, capacity, clock, authority, cloud, tell } = options;
  const { region, cluster: place } = environment.sites[site];
  const key = { region, name: place.name };
  const cluster = await startCluster({
    clock,
    ...key,
    authority,
    ...nodesOf(capacity, environment),
    deployments: capacity.deployments.map(({ name, replicas, autoscaler }) => ({
      namespace: place.namespace,
      name,
      replicas,
      service: name,
      // A budget is for voluntary disruptions: one pod at a time, of what has more than one.
      ...(replicas > 1 ? { disruptionBudget: { maxUnavailable: 1 } } : {}),
      ...(autoscaler === undefined
        ? {}
        : { autoscaler: { name: autoscaler, min: Math.max(1, replicas), max: 100, demand: replicas } }),
    })),
    principalOf: (accessKeyId) => cloud.iam.identify(accessKeyId)?.principal,
    secretOf: (accessKeyId) => cloud.iam.identify(accessKeyId)?.credentials.secretAccessKey,
    accessOf: (principalArn) => cloud.eks.accessOf(key, principalArn),
    onRefused: (reason) => tell('Kubernetes', 'refused a request', reason),
  });
  // As docs/deploy.md has its owner do it.
  cluster.apply(readFileSync(kubernetesAccess, 'utf8'));
  cloud.eks.seedCluster({
    ...key,
    endpoint: cluster.url,
    certificateAuthorityData: cluster.caData,
    nodeGroups: capacity.nodeGroups,
  });
  if (capacity.nodeGroups.length > 0) {
    cluster.setNodes(cloud.eks.nodes(key));
    cloud.eks.onNodesChange(key, (nodes) => cluster.setNodes(nodes));
  }
  return cluster;
}

/** Enough room for all pods on the nodes at full strength, and a little over. */
function nodesOf(capacity: Capacity, { sites: { standby } }: Environment) {
  const pods = standby.deployments.reduce((sum, { replicas }) => sum + replicas, 0);
  const nodes = standby.nodeGroups.reduce((sum, { desired }) => sum + desired, 0);
  // Without node groups something else provides the nodes (Karpenter, Fargate), and they are there.
  if (nodes === 0) return { nodes: 1, podsPerNode: Math.max(4, 2 * pods) };
  return {
    nodes: capacity.nodeGroups.reduce((sum, { desired }) => sum + desired, 0),
    podsPerNode: Math.max(4, Math.ceil((2 * pods) / nodes)),
  };
}
