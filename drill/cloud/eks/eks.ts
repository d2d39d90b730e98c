import type {
  AccessEntry as AccessEntryShape,
  Cluster as ClusterShape,
  DescribeAccessEntryRequest,
  DescribeAccessEntryResponse,
  DescribeClusterRequest,
  DescribeClusterResponse,
  DescribeNodegroupRequest,
  DescribeNodegroupResponse,
  DescribeUpdateRequest,
  DescribeUpdateResponse,
  ListAccessEntriesRequest,
  ListAccessEntriesResponse,
  ListAssociatedAccessPoliciesRequest,
  ListAssociatedAccessPoliciesResponse,
  ListClustersRequest,
  ListClustersResponse,
  ListNodegroupsRequest,
  ListNodegroupsResponse,
  ListUpdatesRequest,
  ListUpdatesResponse,
  UpdateNodegroupConfigRequest,
  UpdateNodegroupConfigResponse,
} from '@aws-sdk/client-eks';
import {
  AwsError,
  operation,
  type CallContext,
  type CloudService,
  type Foundation,
  type Permission,
} from '../contract.ts';
import type { AutoScalingGroup } from '../autoscaling/group.ts';
import { accessEntry, type AccessEntry } from './access-entries.ts';
import type { ClusterAccess, ClusterKey, ClusterNode, ClusterSeed, NodeGroupFault } from './contract.ts';
import { NodeGroup } from './node-group.ts';

export interface Eks {
  readonly service: CloudService;
  seedCluster(seed: ClusterSeed): void;
  /** What the access entries of the template let a principal do; undefined when it has none. */
  accessOf(cluster: ClusterKey, principalArn: string): ClusterAccess | undefined;
  /** Nodes that have joined, Ready or not. */
  nodes(cluster: ClusterKey): readonly ClusterNode[];
  /** Told of every node that joins, leaves, or is no longer Ready. */
  onNodesChange(cluster: ClusterKey, listener: (nodes: readonly ClusterNode[]) => void): void;
  setFault(cluster: ClusterKey, nodeGroup: string, fault: NodeGroupFault | null): void;
  /**
   * The kubelet of a node, by name or instance id, falls silent (its node is not Ready after `delays.nodeUnseen`),
   * or speaks again. Auto Scaling does not notice, as its machine runs.
   */
  setNodeDown(cluster: ClusterKey, node: string, down: boolean): void;
  /** Of all node groups, in all regions. */
  scalingGroups(): readonly AutoScalingGroup[];
}

interface Cluster {
  readonly arn: string;
  readonly shape: ClusterShape;
  readonly nodeGroups: Map<string, NodeGroup>;
  readonly accessEntries: Map<string, AccessEntry>;
  readonly listeners: ((nodes: readonly ClusterNode[]) => void)[];
}

/** Members of UpdateNodegroupConfig that this stand-in does not imitate. */
const unsupported = ['labels', 'taints', 'updateConfig', 'nodeRepairConfig', 'warmPoolConfig'] as const;

/** Amazon EKS: clusters that exist already, their node groups, and access entries of the template. */
export function eks(foundation: Foundation): Eks {
  const { account, clock, id } = foundation;
  const clusters = new Map<string, Cluster>();

  const arnOf = (region: string, name: string | undefined) =>
    `arn:aws:eks:${region}:${account}:cluster/${name ?? ''}`;

  function find({ region, name }: { readonly region: string; readonly name: string | undefined }): Cluster {
    const cluster = clusters.get(arnOf(region, name));
    if (cluster) return cluster;
    throw notFound(`No cluster found for name: ${name ?? ''}.`, { clusterName: name });
  }

  function findGroup(region: string, cluster: string | undefined, name: string | undefined): NodeGroup {
    const group = find({ region, name: cluster }).nodeGroups.get(name ?? '');
    if (group) return group;
    throw notFound(`No node group found for name: ${name ?? ''}.`, {
      clusterName: cluster,
      nodegroupName: name,
    });
  }

  function findEntry(region: string, cluster: string | undefined, principalArn: string | undefined) {
    const entry = find({ region, name: cluster }).accessEntries.get(principalArn ?? '');
    if (entry) return entry;
    throw notFound(
      `The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.`,
    );
  }

  const onCluster = (action: string, name: string | undefined, { region }: CallContext): Permission => ({
    action: `eks:${action}`,
    resource: arnOf(region, name),
  });

  /** IAM decides before EKS looks, so a group that does not exist has an ARN too. */
  const onGroup = (
    action: string,
    cluster: string | undefined,
    group: string | undefined,
    { region }: CallContext,
  ): Permission => ({
    action: `eks:${action}`,
    resource:
      clusters.get(arnOf(region, cluster))?.nodeGroups.get(group ?? '')?.arn ??
      `arn:aws:eks:${region}:${account}:nodegroup/${cluster ?? ''}/${group ?? ''}/00000000-0000-0000-0000-000000000000`,
  });

  const onEntry = (
    action: string,
    cluster: string | undefined,
    principalArn: string | undefined,
    { region }: CallContext,
  ): Permission => ({
    action: `eks:${action}`,
    resource:
      clusters.get(arnOf(region, cluster))?.accessEntries.get(principalArn ?? '')?.arn ??
      `arn:aws:eks:${region}:${account}:access-entry/${cluster ?? ''}/${principalArn?.split(':')[5] ?? ''}`,
  });

  const operations: CloudService['operations'] = {
    DescribeCluster: operation<DescribeClusterRequest, DescribeClusterResponse>({
      permissions: ({ name }, call) => [onCluster('DescribeCluster', name, call)],
      run: ({ name }, { region }) => ({ cluster: find({ region, name }).shape }),
    }),
    ListClusters: operation<ListClustersRequest, ListClustersResponse>({
      permissions: () => [{ action: 'eks:ListClusters', resource: '*' }],
      run(input, { region }) {
        const { items, nextToken } = page(
          [...clusters.values()]
            .filter(({ arn }) => arn.split(':')[3] === region)
            .map(({ shape }) => shape.name ?? ''),
          input,
        );
        return { clusters: items, ...nextToken };
      },
    }),
    DescribeNodegroup: operation<DescribeNodegroupRequest, DescribeNodegroupResponse>({
      permissions: (input, call) => [
        onGroup('DescribeNodegroup', input.clusterName, input.nodegroupName, call),
      ],
      run: ({ clusterName, nodegroupName }, { region }) => ({
        nodegroup: findGroup(region, clusterName, nodegroupName).describe(),
      }),
    }),
    ListNodegroups: operation<ListNodegroupsRequest, ListNodegroupsResponse>({
      permissions: ({ clusterName }, call) => [onCluster('ListNodegroups', clusterName, call)],
      run(input, { region }) {
        const { nodeGroups } = find({ region, name: input.clusterName });
        const { items, nextToken } = page([...nodeGroups.keys()], input);
        return { nodegroups: items, ...nextToken };
      },
    }),
    UpdateNodegroupConfig: operation<UpdateNodegroupConfigRequest, UpdateNodegroupConfigResponse>({
      permissions: (input, call) => [
        onGroup('UpdateNodegroupConfig', input.clusterName, input.nodegroupName, call),
      ],
      run(input, { region }) {
        const group = findGroup(region, input.clusterName, input.nodegroupName);
        const beyond = unsupported.filter((member) => input[member] !== undefined);
        if (beyond.length > 0) {
          throw new AwsError(
            'InvalidRequestException',
            `The local cloud changes only scalingConfig, not ${beyond.join(', ')}`,
          );
        }
        return { update: group.scale(input.scalingConfig ?? {}, input.clientRequestToken) };
      },
    }),
    DescribeUpdate: operation<DescribeUpdateRequest, DescribeUpdateResponse>({
      permissions: ({ name, nodegroupName }, call) => [
        onCluster('DescribeUpdate', name, call),
        ...(nodegroupName === undefined ? [] : [onGroup('DescribeUpdate', name, nodegroupName, call)]),
      ],
      run({ name, nodegroupName, updateId }, { region }) {
        find({ region, name });
        if (nodegroupName !== undefined) {
          const update = findGroup(region, name, nodegroupName).update(updateId ?? '');
          if (update) return { update };
        }
        throw notFound(`No update found for ID: ${updateId ?? ''}`, { clusterName: name, nodegroupName });
      },
    }),
    ListUpdates: operation<ListUpdatesRequest, ListUpdatesResponse>({
      permissions: ({ name, nodegroupName }, call) => [
        onCluster('ListUpdates', name, call),
        ...(nodegroupName === undefined ? [] : [onGroup('ListUpdates', name, nodegroupName, call)]),
      ],
      run(input, { region }) {
        const { name, nodegroupName } = input;
        find({ region, name });
        const updates = nodegroupName === undefined ? [] : findGroup(region, name, nodegroupName).updates();
        const { items, nextToken } = page(
          updates.map((update) => update.id ?? ''),
          input,
        );
        return { updateIds: items, ...nextToken };
      },
    }),
    DescribeAccessEntry: operation<DescribeAccessEntryRequest, DescribeAccessEntryResponse>({
      permissions: (input, call) => [
        onEntry('DescribeAccessEntry', input.clusterName, input.principalArn, call),
      ],
      run({ clusterName, principalArn }, { region }) {
        return { accessEntry: shapeOf(findEntry(region, clusterName, principalArn), clusterName) };
      },
    }),
    ListAccessEntries: operation<ListAccessEntriesRequest, ListAccessEntriesResponse>({
      permissions: ({ clusterName }, call) => [onCluster('ListAccessEntries', clusterName, call)],
      run(input, { region }) {
        const entries = [...find({ region, name: input.clusterName }).accessEntries.values()];
        const wanted = entries.filter(
          ({ policies }) =>
            input.associatedPolicyArn === undefined ||
            policies.some(({ policyArn }) => policyArn === input.associatedPolicyArn),
        );
        const { items, nextToken } = page(
          wanted.map(({ principalArn }) => principalArn),
          input,
        );
        return { accessEntries: items, ...nextToken };
      },
    }),
    ListAssociatedAccessPolicies: operation<
      ListAssociatedAccessPoliciesRequest,
      ListAssociatedAccessPoliciesResponse
    >({
      permissions: (input, call) => [
        onEntry('ListAssociatedAccessPolicies', input.clusterName, input.principalArn, call),
      ],
      run(input, { region }) {
        const { clusterName, principalArn } = input;
        const entry = findEntry(region, clusterName, principalArn);
        const { items, nextToken } = page(entry.policies, input);
        return {
          clusterName,
          principalArn,
          associatedAccessPolicies: items.map(({ policyArn, namespaces }) => ({
            policyArn,
            accessScope: { type: namespaces ? 'namespace' : 'cluster', namespaces: [...(namespaces ?? [])] },
            associatedAt: entry.createdAt,
            modifiedAt: entry.createdAt,
          })),
          ...nextToken,
        };
      },
    }),
  };

  return {
    service: {
      signingName: 'eks',
      operations,
      resources: {
        'AWS::EKS::AccessEntry'(resource) {
          const made = accessEntry(resource, new Date(clock.now()), id().toLowerCase());
          const { accessEntries } = find({ region: resource.region, name: made.clusterName });
          if (accessEntries.has(made.entry.principalArn)) {
            throw new AwsError(
              'ResourceInUseException',
              'The specified access entry resource is already in use on this cluster.',
              409,
            );
          }
          accessEntries.set(made.entry.principalArn, made.entry);
          return made.identity;
        },
      },
    },

    seedCluster(seed) {
      const { region, name, endpoint, certificateAuthorityData, version = '1.34' } = seed;
      const arn = arnOf(region, name);
      const listeners: Cluster['listeners'] = [];
      const nodeGroups = new Map<string, NodeGroup>();
      const changed = () => {
        const nodes = [...nodeGroups.values()].flatMap((group) => group.nodes);
        for (const listener of listeners) listener(nodes);
      };
      for (const group of seed.nodeGroups) {
        nodeGroups.set(group.name, new NodeGroup(foundation, seed, group, changed));
      }
      clusters.set(arn, {
        arn,
        nodeGroups,
        listeners,
        accessEntries: new Map(),
        shape: {
          name,
          arn,
          createdAt: new Date(clock.now()),
          version,
          endpoint,
          roleArn: `arn:aws:iam::${account}:role/${name}-cluster`,
          status: 'ACTIVE',
          certificateAuthority: { data: certificateAuthorityData },
          accessConfig: { authenticationMode: 'API' },
          platformVersion: 'eks.1',
          tags: {},
        },
      });
    },

    accessOf: (cluster, principalArn) => find(cluster).accessEntries.get(principalArn),
    nodes: (cluster) => [...find(cluster).nodeGroups.values()].flatMap((group) => group.nodes),
    onNodesChange: (cluster, listener) => void find(cluster).listeners.push(listener),
    setFault(cluster, nodeGroup, fault) {
      findGroup(cluster.region, cluster.name, nodeGroup).fault = fault;
    },
    setNodeDown(key, node, down) {
      const groups = [...find(key).nodeGroups.values()];
      if (groups.some(({ scalingGroup }) => scalingGroup.setKubelet(node, !down))) return;
      throw new Error(`${key.name} in ${key.region} has no node ${node}`);
    },
    scalingGroups: () =>
      [...clusters.values()].flatMap(({ nodeGroups }) =>
        [...nodeGroups.values()].map(({ scalingGroup }) => scalingGroup),
      ),
  };
}

function shapeOf(entry: AccessEntry, clusterName: string | undefined): AccessEntryShape {
  return {
    clusterName,
    principalArn: entry.principalArn,
    accessEntryArn: entry.arn,
    kubernetesGroups: [...entry.groups],
    username: entry.username,
    createdAt: entry.createdAt,
    modifiedAt: entry.createdAt,
    type: 'STANDARD',
    tags: {},
  };
}

/** One page of a list; the token is the index it goes on from. EKS's pages hold 100. */
function page<Item>(
  all: readonly Item[],
  {
    maxResults = 100,
    nextToken,
  }: { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined },
): { readonly items: Item[]; readonly nextToken: { readonly nextToken?: string } } {
  const from = nextToken === undefined ? 0 : Number(nextToken);
  if (!Number.isInteger(from) || from < 0)
    throw new AwsError('InvalidParameterException', 'Invalid nextToken');
  const end = from + maxResults;
  return { items: all.slice(from, end), nextToken: end < all.length ? { nextToken: String(end) } : {} };
}

function notFound(message: string, members: Record<string, unknown> = {}): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404, members);
}
