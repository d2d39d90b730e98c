import type { RecordSet } from './record-set.ts';

/**
 * Which of the sets of one name and type answers a query.
 *
 * After "How Amazon Route 53 chooses records when health checking is configured": a set without a health check
 * is healthy; when none is healthy all are treated as healthy. Failover: the secondary answers only while the
 * primary is unhealthy and it is itself healthy, so two unhealthy ones mean the primary. Weighted: sets of
 * weight zero come into play only when every other one is unhealthy.
 *
 * @param random from 0 (inclusive) to 1 (exclusive)
 */
export function choose(
  sets: readonly RecordSet[],
  healthy: (set: RecordSet) => boolean,
  random: () => number,
): RecordSet | undefined {
  const [first] = sets;
  if (!first || first.policy.kind === 'simple') return first;
  if (first.policy.kind === 'failover') {
    const primary = sets.find(({ policy }) => policy.kind === 'failover' && policy.role === 'PRIMARY');
    const secondary = sets.find(({ policy }) => policy.kind === 'failover' && policy.role === 'SECONDARY');
    if (primary && healthy(primary)) return primary;
    return secondary && healthy(secondary) ? secondary : (primary ?? secondary);
  }
  const weighted = sets.map((set) => ({
    set,
    weight: set.policy.kind === 'weighted' ? set.policy.weight : 0,
  }));
  const [positive, zero] = [
    weighted.filter(({ weight }) => weight > 0),
    weighted.filter(({ weight }) => weight === 0),
  ];
  const fit = (candidates: typeof weighted) => candidates.filter(({ set }) => healthy(set));
  const candidates = [fit(positive), fit(zero), positive, zero].find(({ length }) => length > 0) ?? [];
  return draw(candidates, random);
}

function draw(
  candidates: readonly { readonly set: RecordSet; readonly weight: number }[],
  random: () => number,
): RecordSet | undefined {
  const share = (weight: number) => (weight === 0 ? 1 : weight);
  let left = random() * candidates.reduce((sum, { weight }) => sum + share(weight), 0);
  for (const { set, weight } of candidates) {
    left -= share(weight);
    if (left < 0) return set;
  }
  return candidates.at(-1)?.set;
}
