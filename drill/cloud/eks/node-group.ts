import { createHash } from 'node:crypto';
import type { Issue, Nodegroup, NodegroupScalingConfig, Update } from '@aws-sdk/client-eks';
import type { Foundation } from '../contract.ts';
import { AwsError } from '../contract.ts';
import { delays } from '../delays.ts';
import type { Sizes } from '../autoscaling/contract.ts';
import { AutoScalingGroup } from '../autoscaling/group.ts';
import type { ClusterKey, ClusterNode, NodeGroupFault, NodeGroupSeed } from './contract.ts';

/**
 * A managed node group: one update at a time, and instances that take minutes to become nodes.
 *
 * As in EKS, an update is Successful when the new sizes are set, long before the nodes are Ready.
 */
export class NodeGroup {
  readonly arn: string;
  readonly name: string;
  readonly #foundation: Foundation;
  readonly #cluster: ClusterKey;
  /** It is told the sizes before the update ends. */
  readonly scalingGroup: AutoScalingGroup;
  readonly #createdAt: Date;
  readonly #updates: Update[] = [];
  /** Request tokens seen, with what they asked for and the update they made. */
  readonly #tokens = new Map<string, { readonly asked: string; readonly update: Update }>();
  #scaling: Sizes;
  #updating = false;
  #fault: NodeGroupFault | null = null;

  constructor(foundation: Foundation, cluster: ClusterKey, seed: NodeGroupSeed, changed: () => void) {
    this.#foundation = foundation;
    this.#cluster = cluster;
    this.name = seed.name;
    this.arn = `arn:aws:eks:${cluster.region}:${foundation.account}:nodegroup/${cluster.name}/${seed.name}/${uuid(foundation.id())}`;
    this.#createdAt = new Date(foundation.clock.now());
    this.#scaling = { minSize: seed.min, desiredSize: seed.desired, maxSize: seed.max };
    this.scalingGroup = new AutoScalingGroup(
      foundation.clock,
      {
        region: cluster.region,
        account: foundation.account,
        cluster: cluster.name,
        nodeGroup: seed.name,
        id: this.arn.split('/').at(-1) ?? '',
      },
      this.#scaling,
      changed,
    );
  }

  /** Nodes that have joined. */
  get nodes(): readonly ClusterNode[] {
    return this.scalingGroup.nodes;
  }

  set fault(fault: NodeGroupFault | null) {
    this.#fault = fault;
    this.scalingGroup.setLaunching(!fault || fault === 'update-fails');
  }

  describe(): Nodegroup {
    const issues = this.#issues();
    return {
      nodegroupName: this.name,
      nodegroupArn: this.arn,
      clusterName: this.#cluster.name,
      createdAt: this.#createdAt,
      modifiedAt: this.#updates.at(-1)?.createdAt ?? this.#createdAt,
      status: this.#updating ? 'UPDATING' : issues.length > 0 ? 'DEGRADED' : 'ACTIVE',
      capacityType: 'ON_DEMAND',
      instanceTypes: ['m7g.large'],
      scalingConfig: { ...this.#scaling },
      resources: { autoScalingGroups: [{ name: this.scalingGroup.name }] },
      health: { issues },
    };
  }

  updates(): readonly Update[] {
    return this.#updates;
  }

  update(id: string): Update | undefined {
    return this.#updates.find((update) => update.id === id);
  }

  /**
   * Change the sizes; a token that was seen before answers with the update it made then.
   *
   * @throws AwsError `ResourceInUseException` while an update runs, `InvalidParameterException` when the
   *   sizes contradict each other
   */
  scale(asked: NodegroupScalingConfig, token: string | undefined): Update {
    const fingerprint = JSON.stringify([asked.minSize, asked.desiredSize, asked.maxSize]);
    const seen = token === undefined ? undefined : this.#tokens.get(token);
    if (seen) {
      if (seen.asked === fingerprint) return seen.update;
      throw this.#error(
        'InvalidParameterException',
        400,
        'The clientRequestToken was used with other parameters.',
      );
    }
    if (this.#updating) {
      throw this.#error(
        'ResourceInUseException',
        409,
        'Nodegroup cannot be updated as it is currently not in Active State',
      );
    }
    const wanted = this.#wanted(asked);
    const { clock, id } = this.#foundation;
    const update: Update = {
      id: uuid(id()),
      status: 'InProgress',
      type: 'ConfigUpdate',
      params: params(asked),
      createdAt: new Date(clock.now()),
      errors: [],
    };
    this.#updates.push(update);
    if (token !== undefined) this.#tokens.set(token, { asked: fingerprint, update });
    this.#updating = true;
    const fails = this.#fault === 'update-fails';
    if (!fails) this.scalingGroup.resize(wanted);
    clock.at(clock.now() + delays.nodegroupUpdate, () => this.#finish(update, fails ? undefined : wanted));
    return update;
  }

  #finish(update: Update, applied: Sizes | undefined): void {
    this.#updating = false;
    if (applied) {
      this.#scaling = applied;
      update.status = 'Successful';
      return;
    }
    update.status = 'Failed';
    update.errors = [
      {
        errorCode: 'NodeCreationFailure',
        errorMessage: "Couldn't proceed with upgrade process as new nodes are not joining node group",
        resourceIds: [this.name],
      },
    ];
  }

  #wanted(asked: NodegroupScalingConfig): Sizes {
    const now = this.#scaling;
    const { minSize = now.minSize, desiredSize = now.desiredSize, maxSize = now.maxSize } = asked;
    const refuse = (message: string) => this.#error('InvalidParameterException', 400, message);
    if (minSize < 0 || desiredSize < 0) throw refuse('Sizes of a node group cannot be negative');
    if (maxSize < 1) throw refuse('maxSize must be at least 1');
    if (minSize > desiredSize) {
      throw refuse(`Minimum capacity ${minSize} can't be greater than desired size ${desiredSize}`);
    }
    if (desiredSize > maxSize) throw refuse("desiredSize can't be greater than maxSize");
    return { minSize, desiredSize, maxSize };
  }

  #issues(): Issue[] {
    if (!this.scalingGroup.short) return [];
    const resourceIds = [this.scalingGroup.name];
    if (this.#fault === 'instance-limit') {
      return [
        {
          code: 'InstanceLimitExceeded',
          message:
            'Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity than ' +
            'your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to.',
          resourceIds,
        },
      ];
    }
    return [
      {
        code: 'AsgInstanceLaunchFailures',
        message:
          'Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have ' +
          'sufficient m7g.large capacity in the Availability Zone you requested.',
        resourceIds,
      },
    ];
  }

  #error(code: string, status: number, message: string): AwsError {
    return new AwsError(code, message, status, {
      clusterName: this.#cluster.name,
      nodegroupName: this.name,
    });
  }
}

/** EKS's ids are UUIDs; this one follows from a reproducible id. */
function uuid(id: string): string {
  const hex = createHash('sha256').update(id).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function params({ minSize, desiredSize, maxSize }: NodegroupScalingConfig): NonNullable<Update['params']> {
  const given = [
    ['MinSize', minSize],
    ['MaxSize', maxSize],
    ['DesiredSize', desiredSize],
  ] as const;
  return given.flatMap(([type, value]) => (value === undefined ? [] : [{ type, value: String(value) }]));
}
