import type { Audience, ChannelName, IncidentRecord, Notice } from '../incident/contract.ts';
import type { CommunicationSettings, Hearing } from './contract.ts';

/** Who listens to an incident, and by which way. Pure. */

/** An audience as one channel reaches it: what it is told comes in order. */
export interface Pair {
  readonly audience: Audience;
  readonly channel: ChannelName;
}

export type Routing = Pick<
  CommunicationSettings,
  'routes' | 'acknowledgeWithin' | 'milestones' | 'quiet' | 'channels'
>;

export interface Listener extends Pair {
  readonly hears: ReadonlySet<Hearing>;
  readonly confirmedOnly: boolean;
}

export function listenersOf({ ref }: IncidentRecord, { routes, channels }: Routing): readonly Listener[] {
  // A plan changes nothing and is nobody's business but theirs who asked for it.
  if (ref.mode === 'plan') {
    const hears = new Set<Hearing>(['opened', 'update', 'escalation']);
    return (['email', 'slack'] as const)
      .filter((channel) => reaches(channels, { audience: 'oncall', channel }))
      .map((channel) => ({ audience: 'oncall', channel, hears, confirmedOnly: false }));
  }
  const pairs = new Map<string, { pair: Pair; hears: Set<Hearing>; confirmedOnly: boolean }>();
  for (const { to, by, hears, from } of routes[ref.severity]) {
    for (const channel of by) {
      const pair = { audience: to, channel };
      if (!reaches(channels, pair)) continue;
      const name = `${to} ${channel}`;
      const known = pairs.get(name);
      pairs.set(name, {
        pair,
        hears: new Set([...(known?.hears ?? []), ...hears]),
        confirmedOnly: (known?.confirmedOnly ?? true) && from === 'confirmed',
      });
    }
  }
  return [...pairs.values()].map(({ pair, hears, confirmedOnly }) => ({ ...pair, hears, confirmedOnly }));
}

/** Whether there is anything to send it by: a channel that is not set up, or an audience without addresses, is not. */
function reaches(channels: Routing['channels'], { audience, channel }: Pair): boolean {
  switch (channel) {
    case 'email':
      return channels.email.topics[audience] !== undefined;
    case 'sms':
      return channels.sms.topics[audience] !== undefined;
    default:
      return channels[channel] !== undefined;
  }
}

export function isOf(pair: Pair, notice: Pick<Notice, 'audience' | 'channel'>): boolean {
  return notice.audience === pair.audience && notice.channel === pair.channel;
}
