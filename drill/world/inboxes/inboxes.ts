import type { Environment } from '../../../lib/config/schema.ts';
import type { Clock } from '../../clock.ts';
import type { Cloud } from '../../cloud/cloud.ts';
import type { Authority } from '../certificates.ts';
import type { Mail } from './mail.ts';
import { startSlack, type Slack } from './slack.ts';

/** Where people read what they are told: the channels that the environment has. */
export interface Inboxes {
  readonly mail: Mail;
  readonly slack?: Slack;
  /** Host names of theirs that functions call, and the loopback port behind each. */
  readonly hosts: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

interface InboxesOptions {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly authority: Authority;
  readonly cloud: Cloud;
  /** Started before the cloud, whose services post to it. */
  readonly mail: Mail;
}

/** Start them, and put their tokens where functions look for them. */
export async function startInboxes({
  environment,
  clock,
  authority,
  cloud,
  mail,
}: InboxesOptions): Promise<Inboxes> {
  const { channels, sites } = environment;
  const { region } = sites.standby;
  const secret = (name: string, value: string) => cloud.secrets.put(region, name, value);
  const stopping: (() => Promise<unknown>)[] = [];
  const hosts: Record<string, number> = {};

  let slack: Slack | undefined;
  if (channels.slack) {
    const token = 'xoxb-of-this-world';
    slack = await startSlack({ clock, authority, token, channels: [channels.slack.channel] });
    stopping.push(() => slack?.stop() ?? Promise.resolve());
    hosts['slack.com'] = slack.port;
    secret(channels.slack.tokenSecret, token);
  }
  if (channels.email) {
    // An identity is a domain or an address; most have verified their domain.
    cloud.mailing.verify(region, channels.email.from.split('@')[1] ?? channels.email.from);
  }
  return {
    mail,
    ...(slack ? { slack } : {}),
    hosts,
    async stop() {
      await Promise.all(stopping.map((stop) => stop()));
    },
  };
}
