import type { Placed } from './plan.ts';
import { inSeconds, rangeOf, type NoPoint } from './recovery-point.ts';

/**
 * Databases that depend on each other come back from one time, the earliest of them: an order whose customer
 * does not exist yet is damage again. Independent ones keep their own, and lose no more than they must.
 *
 * What has begun cannot be moved: the others take its time, unless they were wrong by then.
 */
export function inOneTime(placed: readonly Placed[]): {
  readonly placed: readonly Placed[];
  readonly problems: readonly NoPoint[];
} {
  const groups = groupsOf(placed).map(ofOneTime);
  return {
    placed: placed.map(
      (each) =>
        groups.flatMap((group) => group.placed).find(({ candidate }) => candidate === each.candidate) ?? each,
    ),
    problems: groups.flatMap(({ problems }) => problems),
  };
}

function ofOneTime(group: readonly Placed[]): {
  readonly placed: readonly Placed[];
  readonly problems: readonly NoPoint[];
} {
  const fixed = group.filter(({ begun }) => begun !== null);
  const earliest = earliestOf(fixed.length > 0 ? fixed : group);
  const problems: NoPoint[] = [];
  const moved = group.map((each): Placed => {
    const { candidate, point, begun } = each;
    if (begun || !earliest || point.at === earliest.point.at) return each;
    const { name } = candidate.settings;
    const [time, other] = [inSeconds(earliest.point.at), earliest.candidate.settings.name];
    const { window } = candidate;
    if (point.at < earliest.point.at) {
      problems.push({
        problem: `${name} was right at ${inSeconds(point.at)} the last time, but the restore of ${other}, which belongs with it, to ${time} has begun`,
        nextStep: `Finish or abandon the restore of ${other} first.`,
      });
      return each;
    }
    if (!('missing' in window) && window.from !== null && earliest.point.at < window.from) {
      problems.push({
        problem: `${name} belongs with ${other}, which is restored to ${time}, but its backups begin later`,
        nextStep: `Give a recoverTo that both reach: ${rangeOf(name, window)}.`,
      });
      return each;
    }
    return {
      ...each,
      point: { at: earliest.point.at, foundBy: `the time of ${other}, with which it belongs together` },
    };
  });
  return { placed: moved, problems };
}

function earliestOf(group: readonly Placed[]): Placed | undefined {
  return group.toSorted((a, b) => a.point.at - b.point.at)[0];
}

/** Those that are connected by `after`, however far. */
function groupsOf(placed: readonly Placed[]): readonly (readonly Placed[])[] {
  const groups: Placed[][] = [];
  for (const each of placed) {
    const near = groups.filter((group) => group.some((other) => belongTogether(each, other)));
    for (const group of near) groups.splice(groups.indexOf(group), 1);
    groups.push([...near.flat(), each]);
  }
  return groups;
}

function belongTogether(
  { candidate: { settings: a } }: Placed,
  { candidate: { settings: b } }: Placed,
): boolean {
  return a.after.includes(b.name) || b.after.includes(a.name);
}
