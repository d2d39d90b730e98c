import type { Condition } from './objects.ts';

/** A condition list with one condition set; its transition time moves only when its status does. */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  set: Omit<Condition, 'lastTransitionTime'>,
  now: string,
): Condition[] {
  const before = conditions?.find(({ type }) => type === set.type);
  const lastTransitionTime = before?.status === set.status ? before.lastTransitionTime : now;
  const others = (conditions ?? []).filter(({ type }) => type !== set.type);
  return [...others, { ...set, lastTransitionTime }].sort((a, b) => (a.type < b.type ? -1 : 1));
}
