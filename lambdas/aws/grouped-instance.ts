/** A machine of a node group, as Auto Scaling tells it. Pure. */
export interface GroupedInstance {
  readonly instanceId: string;
  /** Name of its Auto Scaling group. */
  readonly group: string;
  /** `InService`, `Pending`, `Terminating:Wait`. */
  readonly lifecycle: string;
  readonly healthy: boolean;
}

export function isEnding({ lifecycle }: Pick<GroupedInstance, 'lifecycle'>): boolean {
  return lifecycle.startsWith('Terminat');
}

/** Running, and well as far as Auto Scaling looks: at the machine, not at its kubelet. */
export function isServing({ lifecycle, healthy }: Pick<GroupedInstance, 'lifecycle' | 'healthy'>): boolean {
  return lifecycle === 'InService' && healthy;
}
