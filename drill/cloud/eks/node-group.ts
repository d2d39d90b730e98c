import { createHash } from 'node:crypto';
import type { Issue, Nodegroup, NodegroupScalingConfig, Update } from '@aws-sdk/client-eks';
import type { Foundation } from '../contract.ts';
import { AwsError } from '../contract.ts';
import { delays } from '../delays.ts';
import type { ClusterKey, ClusterNode, NodeGroupFault, NodeGroupSeed } from './contract.ts';

interface Scaling {
  readonly minSize: number;
  readonly desiredSize: number;
  readonly maxSize: number;
}

interface Instance extends ClusterNode {
  ready: boolean;
}

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
  readonly #changed: () => void;
  readonly #createdAt: Date;
  readonly #updates: Update[] = [];
  /** Request tokens seen, with what they asked for and the update they made. */
  readonly #tokens = new Map<string, { readonly asked: string; readonly update: Update }>();
  #scaling: Scaling;
  /** How many instances there should be: what the Auto Scaling group was told, before the update ends. */
  #desired: number;
  readonly #instances: Instance[] = [];
  #launched = 0;
  #updating = false;
  #fault: NodeGroupFault | null = null;

  constructor(foundation: Foundation, cluster: ClusterKey, seed: NodeGroupSeed, changed: () => void) {
    this.#foundation = foundation;
    this.#cluster = cluster;
    this.#changed = changed;
    this.name = seed.name;
    this.arn = `arn:aws:eks:${cluster.region}:${foundation.account}:nodegroup/${cluster.name}/${seed.name}/${uuid(foundation.id())}`;
    this.#createdAt = new Date(foundation.clock.now());
    this.#scaling = { minSize: seed.min, desiredSize: seed.desired, maxSize: seed.max };
    this.#desired = seed.desired;
    while (this.#instances.length < seed.desired) this.#instances.push({ ...this.#launch(), ready: true });
  }

  /** Nodes that are Ready. */
  get nodes(): readonly ClusterNode[] {
    return this.#instances.filter(({ ready }) => ready).map(({ name, nodeGroup }) => ({ name, nodeGroup }));
  }

  set fault(fault: NodeGroupFault | null) {
    this.#fault = fault;
    if (fault === null) this.#reachDesired();
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
    if (!fails) {
      this.#desired = wanted.desiredSize;
      this.#reachDesired();
    }
    clock.at(clock.now() + delays.nodegroupUpdate, () => this.#finish(update, fails ? undefined : wanted));
    return update;
  }

  #finish(update: Update, applied: Scaling | undefined): void {
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

  #wanted(asked: NodegroupScalingConfig): Scaling {
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

  #reachDesired(): void {
    const { clock } = this.#foundation;
    while (this.#instances.length > this.#desired) this.#terminateOne();
    while (this.#instances.length < this.#desired && this.#fault !== 'no-capacity') {
      const instance: Instance = { ...this.#launch(), ready: false };
      this.#instances.push(instance);
      clock.at(clock.now() + delays.nodeReady, () => {
        if (!this.#instances.includes(instance)) return;
        instance.ready = true;
        this.#changed();
      });
    }
  }

  /** Those still starting go first, then the youngest node, without regard to disruption budgets. */
  #terminateOne(): void {
    const starting = this.#instances.findLastIndex(({ ready }) => !ready);
    const [gone] = this.#instances.splice(starting, 1);
    if (gone?.ready) this.#changed();
  }

  #launch(): ClusterNode {
    const number = ++this.#launched;
    const subnet = createHash('sha256').update(this.arn).digest()[0] ?? 0;
    return {
      name: `ip-10-0-${subnet}-${(number % 250) + 4}.${this.#cluster.region}.compute.internal`,
      nodeGroup: this.name,
    };
  }

  #issues(): Issue[] {
    if (this.#fault !== 'no-capacity' || this.#instances.length >= this.#desired) return [];
    return [
      {
        code: 'AsgInstanceLaunchFailures',
        message:
          'Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have ' +
          'sufficient m7g.large capacity in the Availability Zone you requested.',
        resourceIds: [`eks-${this.name}`],
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
