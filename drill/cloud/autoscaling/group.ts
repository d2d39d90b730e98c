import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { ClusterNode } from '../eks/contract.ts';
import { delays } from '../delays.ts';
import type { GroupIdentity, Instance, LifecycleState, Sizes } from './contract.ts';

/** Instances spread over the zones in turn. */
const zones = ['a', 'b'];

interface Machine {
  readonly name: string;
  readonly nodeGroup: string;
  readonly instanceId: string;
  readonly zone: string;
  readonly launchedAt: number;
  lifecycle: LifecycleState;
  /** Whether it has become a node of the cluster. */
  joined: boolean;
  /** Whether its node is Ready. */
  ready: boolean;
  health: Instance['health'];
}

/**
 * The Auto Scaling group of a managed node group: it keeps as many instances as it should, and each becomes a node
 * minutes after its launch. It looks at machines only: one whose kubelet is silent is healthy to it.
 */
export class AutoScalingGroup {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly createdAt: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly #clock: Clock;
  readonly #identity: GroupIdentity;
  readonly #changed: () => void;
  readonly #machines: Machine[] = [];
  #sizes: Sizes;
  #launched = 0;
  #launching = true;

  constructor(clock: Clock, identity: GroupIdentity, sizes: Sizes, changed: () => void) {
    const { region, account, cluster, nodeGroup, id } = identity;
    this.#clock = clock;
    this.#identity = identity;
    this.#changed = changed;
    this.#sizes = sizes;
    this.region = region;
    this.createdAt = clock.now();
    this.name = `eks-${nodeGroup}-${id}`;
    this.arn = `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:${id}:autoScalingGroupName/${this.name}`;
    this.tags = {
      'eks:cluster-name': cluster,
      'eks:nodegroup-name': nodeGroup,
      [`k8s.io/cluster-autoscaler/${cluster}`]: 'owned',
      'k8s.io/cluster-autoscaler/enabled': 'true',
      [`kubernetes.io/cluster/${cluster}`]: 'owned',
    };
    while (this.#machines.length < sizes.desiredSize) this.#join(this.#launch());
  }

  get sizes(): Sizes {
    return this.#sizes;
  }

  /** Instances that there are, starting, serving or ending. */
  get instances(): readonly Instance[] {
    return this.#machines.map(instanceOf);
  }

  /** Nodes that have joined the cluster. */
  get nodes(): readonly ClusterNode[] {
    return this.#machines
      .filter(({ joined }) => joined)
      .map(({ name, nodeGroup, instanceId, zone, ready }) => ({ name, nodeGroup, instanceId, zone, ready }));
  }

  /** Fewer instances than there should be, and no launch succeeds. */
  get short(): boolean {
    return !this.#launching && this.#machines.length < this.#sizes.desiredSize;
  }

  find(instanceId: string): Instance | undefined {
    const machine = this.#machines.find((each) => each.instanceId === instanceId);
    return machine && instanceOf(machine);
  }

  resize(sizes: Sizes): void {
    this.#sizes = sizes;
    this.#reach();
  }

  /** Whether EC2 starts instances for it. */
  setLaunching(launching: boolean): void {
    this.#launching = launching;
    this.#reach();
  }

  /** It serves until it has ended; the group replaces it then, unless it was told to hold one less. */
  terminate(instanceId: string, decrement: boolean): void {
    const machine = this.#machines.find((each) => each.instanceId === instanceId);
    if (!machine || machine.lifecycle === 'Terminating:Wait') return;
    if (decrement) this.#sizes = { ...this.#sizes, desiredSize: this.#sizes.desiredSize - 1 };
    machine.lifecycle = 'Terminating:Wait';
    this.#after(delays.instanceEnds, machine, () => {
      this.#remove(machine);
      this.#reach();
    });
  }

  /** An unhealthy instance is replaced at the group's next look. */
  setHealth(instanceId: string, health: Instance['health']): void {
    const machine = this.#machines.find((each) => each.instanceId === instanceId);
    if (!machine) return;
    machine.health = health;
    if (health === 'Healthy') return;
    this.#after(delays.autoScalingLook, machine, () => {
      if (machine.health === 'Unhealthy') this.terminate(instanceId, false);
    });
  }

  /** The kubelet of a node falls silent, which shows when Kubernetes has waited long enough, or speaks again. */
  setKubelet(nameOrInstanceId: string, speaks: boolean): boolean {
    const machine = this.#machines.find(
      ({ name, instanceId }) => name === nameOrInstanceId || instanceId === nameOrInstanceId,
    );
    if (!machine?.joined) return false;
    this.#after(speaks ? 0 : delays.nodeUnseen, machine, () => {
      machine.ready = speaks;
      this.#changed();
    });
    return true;
  }

  #reach(): void {
    const { desiredSize } = this.#sizes;
    while (this.#machines.length > desiredSize && this.#endOne());
    while (this.#machines.length < desiredSize && this.#launching) {
      const machine = this.#launch();
      this.#after(delays.nodeReady, machine, () => {
        this.#join(machine);
        this.#changed();
      });
    }
  }

  /** Those still starting go first, then the youngest node, without regard to disruption budgets. */
  #endOne(): boolean {
    const staying = this.#machines.filter(({ lifecycle }) => lifecycle !== 'Terminating:Wait');
    if (staying.length <= this.#sizes.desiredSize) return false;
    const gone = staying.findLast(({ joined }) => !joined) ?? staying.at(-1);
    if (gone) this.#remove(gone);
    return gone !== undefined;
  }

  #remove(machine: Machine): void {
    this.#machines.splice(this.#machines.indexOf(machine), 1);
    if (machine.joined) this.#changed();
  }

  #join(machine: Machine): void {
    if (machine.lifecycle === 'Pending') machine.lifecycle = 'InService';
    machine.joined = true;
    machine.ready = true;
  }

  #launch(): Machine {
    const number = ++this.#launched;
    const { region, nodeGroup } = this.#identity;
    const digest = (of: string) => createHash('sha256').update(of).digest();
    const machine: Machine = {
      name: `ip-10-0-${digest(this.arn)[0] ?? 0}-${(number % 250) + 4}.${region}.compute.internal`,
      nodeGroup,
      instanceId: `i-0${digest(`${this.arn} ${number}`).toString('hex').slice(0, 16)}`,
      zone: `${region}${zones[(number - 1) % zones.length] ?? 'a'}`,
      launchedAt: this.#clock.now(),
      lifecycle: 'Pending',
      joined: false,
      ready: false,
      health: 'Healthy',
    };
    this.#machines.push(machine);
    return machine;
  }

  /** Later, if the machine is there still. */
  #after(ms: number, machine: Machine, run: () => void): void {
    this.#clock.at(this.#clock.now() + ms, () => {
      if (this.#machines.includes(machine)) run();
    });
  }
}

function instanceOf(machine: Machine): Instance {
  const { name, nodeGroup, instanceId, zone, launchedAt, lifecycle, ready, health } = machine;
  return { name, nodeGroup, instanceId, zone, launchedAt, lifecycle, ready, health };
}
