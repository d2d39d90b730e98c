import { requireUnlocked } from './locks.ts';
import type { ObjectVersion } from './object.ts';
import type { Kept, Store } from './store.ts';

const DAY = 24 * 3_600_000;

/** A rule as the template has it; what only moves objects to another storage class is kept and not applied. */
export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly prefix: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** Days after which a version that is not the newest goes, and how many of them stay whatever their age. */
  readonly noncurrent: { readonly days: number; readonly keep: number } | undefined;
  /** Days after which the object gets a delete marker. */
  readonly expireAfter: number | undefined;
  /** A marker that nothing is under any more goes. */
  readonly emptyMarkers: boolean;
  readonly abortUploadsAfter: number | undefined;
}

/**
 * Do what the lifecycle of a bucket would have done by now. S3 does it once a day; here it is done when a scenario
 * says so.
 *
 * Days are counted from when a version was replaced, to the next midnight UTC (S3 User Guide,
 * intro-lifecycle-rules). What is locked stays.
 *
 * @returns the versions that are gone for good
 */
export function applyLifecycle(store: Store, kept: Kept): readonly ObjectVersion[] {
  const { bucket, settings } = kept;
  const rules = settings.lifecycle.filter(({ enabled }) => enabled);
  const gone: ObjectVersion[] = [];
  const now = store.now();
  const due = (from: number, days: number) => Math.ceil((from + days * DAY) / DAY) * DAY <= now;
  const erase = (version: ObjectVersion) => {
    try {
      requireUnlocked(version, now, false);
    } catch {
      return;
    }
    bucket.erase(version);
    gone.push(version);
  };
  const speaksOf = ({ prefix, tags }: LifecycleRule, version: ObjectVersion) =>
    version.key.startsWith(prefix) && tags.every(([name, value]) => version.tags?.[name] === value);

  for (const [id, { announced }] of kept.uploads) {
    const given = rules.flatMap(({ prefix, abortUploadsAfter: days }) =>
      announced.key.startsWith(prefix) && days !== undefined ? [days] : [],
    );
    if (given.some((days) => due(announced.initiated, days))) kept.uploads.delete(id);
  }
  for (const key of rules.length === 0 ? [] : bucket.keys()) {
    const newestFirst = bucket.versions(key).toReversed();
    for (const [i, version] of newestFirst.entries()) {
      const replaced = newestFirst[i - 1]?.since;
      const expired = rules.some(
        (rule) =>
          rule.noncurrent !== undefined &&
          replaced !== undefined &&
          i > rule.noncurrent.keep &&
          speaksOf(rule, version) &&
          due(replaced, rule.noncurrent.days),
      );
      if (expired) erase(version);
    }
    const [newest, ...others] = bucket.versions(key).toReversed();
    if (!newest) continue;
    const fitting = rules.filter((rule) => speaksOf(rule, newest));
    if (newest.object) {
      const old = fitting.some(
        ({ expireAfter }) => expireAfter !== undefined && due(newest.since, expireAfter),
      );
      if (old && bucket.versioned) bucket.add({ key, object: undefined });
      else if (old) erase(newest);
    } else if (others.length === 0 && fitting.some(({ emptyMarkers }) => emptyMarkers)) {
      erase(newest);
    }
  }
  return gone;
}
