import { InvalidInput } from '../incident/errors.ts';
import type { BucketPlace, BucketSettings, RestorePlan } from './contract.ts';

export interface RestorePlaces {
  readonly own: BucketPlace;
  /** The other site's bucket of the same name in the environment; null when there is none. */
  readonly replica: BucketPlace | null;
  /** None of them begins with another. */
  readonly prefixes: readonly string[];
}

/**
 * Where a bucket of the environment is restored, and where its replica is.
 *
 * @throws InvalidInput when the environment has no such bucket, or not at that site
 */
export function placesOf(
  buckets: readonly BucketSettings[],
  name: string,
  { site }: Pick<RestorePlan, 'site'>,
): RestorePlaces {
  const bucket = buckets.find((each) => each.name === name);
  if (!bucket) {
    const allowed = buckets.map((each) => each.name).join(', ') || 'none';
    throw new InvalidInput(`bucket: got ${name}, allowed: ${allowed}`);
  }
  const { primary, standby } = bucket.places;
  const own = site === 'primary' ? primary : standby;
  if (!own) throw new InvalidInput(`bucket: ${name} has no place at the ${site} site; nothing was changed`);
  return {
    own,
    replica: (site === 'primary' ? standby : primary) ?? null,
    prefixes: bucket.prefixes.filter(
      (prefix, at) =>
        !bucket.prefixes.some(
          (other, otherAt) => prefix.startsWith(other) && (prefix !== other || otherAt < at),
        ),
    ),
  };
}
