import type { Audience, ChannelName, IncidentRecord, Notice } from '../incident/contract.ts';

/** Channels that do not take what they are given. Pure. */

interface Failing {
  readonly channel: ChannelName;
  /** Whom it does not reach. */
  readonly audiences: readonly Audience[];
  readonly since: string;
  readonly detail: string;
}

/** Channels of which the last word to somebody did not get through. */
export function failingChannels({ notices }: IncidentRecord): readonly Failing[] {
  const byChannel = new Map<ChannelName, Notice[]>();
  for (const notice of notices) {
    byChannel.set(notice.channel, [...(byChannel.get(notice.channel) ?? []), notice]);
  }
  return [...byChannel].flatMap(([channel, all]) => {
    const runs = [...new Set(all.map(({ audience }) => audience))].flatMap((audience) => {
      const own = all.filter((notice) => notice.audience === audience);
      const run = own.slice(own.findLastIndex(({ delivered }) => delivered) + 1);
      return run.length > 0 ? [{ audience, first: run[0]?.at ?? '', last: run.at(-1) }] : [];
    });
    if (runs.length === 0) return [];
    const since = runs.map(({ first }) => first).toSorted()[0] ?? '';
    const detail = runs
      .map(
        ({ audience, last }) =>
          `${channel} to ${audience}: ${last?.kind ?? 'a notice'} was not taken (${last?.failure ?? 'no reason given'})`,
      )
      .join('; ');
    return [{ channel, audiences: runs.map(({ audience }) => audience), since, detail }];
  });
}
