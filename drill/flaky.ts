import type { ChannelName } from '../lambdas/incident/contract.ts';
import type { World } from './world/world.ts';

/** A channel that fails so often: a share of its requests, from 0 to 1. */
export interface Flaky {
  readonly channel: ChannelName;
  readonly share: number;
}

/** The channels that can be made to fail. Our own page fails as S3 does, which `fault` is for. */
export const flakyChannels = ['email', 'sms', 'slack', 'pagerduty', 'ticket', 'statuspage'] as const;

/** The same failures in each run. */
const seed = 20_261_123;

/**
 * Make a channel of the world fail.
 *
 * @throws Error when the environment does not have it
 */
export function makeFlaky(world: World, { channel, share }: Flaky): void {
  const { inboxes, cloud } = world;
  const random = mulberry32(seed);
  const fails = () => random() < share;
  const inbox = {
    slack: inboxes.slack,
    pagerduty: inboxes.pagerduty,
    statuspage: inboxes.statuspage,
    ticket: inboxes.tickets,
  };
  switch (channel) {
    case 'email':
      if (world.environment.channels.email) cloud.mailing.fail('TooManyRequestsException', fails);
      cloud.notifications.throttle((topic) => !topic.endsWith('-sms') && fails());
      return;
    case 'sms':
      cloud.notifications.throttle((topic) => topic.endsWith('-sms') && fails());
      return;
    case 'page':
      throw new Error('the page of our own fails only as S3 does');
    default: {
      const found = inbox[channel];
      if (!found) throw new Error(`${world.environment.name} has no ${channel}`);
      found.failEvery(share, random);
    }
  }
}

/** A small generator of random numbers in [0, 1) (Mulberry32, public domain). */
function mulberry32(state: number): () => number {
  let current = state;
  return () => {
    current = (current + 0x6d2b79f5) | 0;
    let t = Math.imul(current ^ (current >>> 15), 1 | current);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
