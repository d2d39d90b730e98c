import type { ChannelName, Audience, Notice } from '../../incident/contract.ts';

/** Who was told what, and what did not get through. Pure. */

export interface Reader {
  readonly audience: Audience;
  readonly channel: ChannelName;
  readonly delivered: number;
  readonly failed: number;
  /** Those among the delivered that took more than one try. */
  readonly retried: number;
  readonly first?: Notice;
  readonly last?: Notice;
  readonly lastFailure?: string;
  /** Its last word did not get through. */
  readonly endedUntold: boolean;
  /** Milliseconds since the epoch. */
  readonly deliveredAt: readonly number[];
  readonly failedAt: readonly number[];
}

export interface Told {
  readonly readers: readonly Reader[];
  readonly all: readonly Notice[];
}

/** How often each was told, in the order of the audiences. */
const order: readonly Audience[] = [
  'oncall',
  'oncall-secondary',
  'management',
  'customers-enterprise',
  'customers-standard',
  'partners',
  'public',
];

export function told(notices: readonly Notice[]): Told {
  const all = notices.toSorted((one, other) => one.at.localeCompare(other.at));
  const groups = Map.groupBy(all, ({ audience, channel }) => `${audience} ${channel}`);
  const readers = [...groups.values()].flatMap((own) => readerOf(own) ?? []);
  return {
    all,
    readers: readers.toSorted((one, other) => order.indexOf(one.audience) - order.indexOf(other.audience)),
  };
}

function readerOf(own: readonly Notice[]): Reader | undefined {
  const delivered = own.filter((notice) => notice.delivered);
  const failed = own.filter((notice) => !notice.delivered);
  const [notice] = own;
  if (!notice) return undefined;
  const [first, last] = [delivered[0], delivered.at(-1)];
  // What reached most says why it did not reach the others.
  const lastFailure = own.findLast(({ failure }) => failure !== undefined)?.failure;
  return {
    audience: notice.audience,
    channel: notice.channel,
    delivered: delivered.length,
    failed: failed.length,
    retried: delivered.filter(({ attempts = 1 }) => attempts > 1).length,
    ...(first ? { first } : {}),
    ...(last ? { last } : {}),
    ...(lastFailure === undefined ? {} : { lastFailure }),
    endedUntold: own.at(-1)?.delivered === false,
    deliveredAt: delivered.map(({ at }) => Date.parse(at)),
    failedAt: failed.map(({ at }) => Date.parse(at)),
  };
}
