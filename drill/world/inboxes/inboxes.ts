import type { Environment } from '../../../lib/config/schema.ts';
import type { Clock } from '../../clock.ts';
import type { Cloud } from '../../cloud/cloud.ts';
import type { Authority } from '../certificates.ts';
import type { Mail } from './mail.ts';
import { startPagerDuty, type PagerDuty } from './pagerduty.ts';
import { startSlack, type Slack } from './slack.ts';
import { startStatuspage, type Statuspage } from './statuspage.ts';
import { startTickets, type Tickets } from './tickets.ts';

/** Where people read what they are told: the channels that the environment has. */
export interface Inboxes {
  readonly mail: Mail;
  readonly slack?: Slack;
  readonly pagerduty?: PagerDuty;
  readonly statuspage?: Statuspage;
  readonly tickets?: Tickets;
  /** What is in their secrets, and must be nowhere else. */
  readonly secrets: readonly string[];
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
  const secrets: string[] = [];
  const secret = (name: string, value: string) => {
    secrets.push(value);
    cloud.secrets.put(region, name, value);
  };
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
  if (channels.slack?.signingSecret !== undefined) {
    secret(channels.slack.signingSecret, 'the-signing-secret-of-the-slack-app');
  }
  let pagerduty: PagerDuty | undefined;
  if (channels.pagerduty) {
    const routingKey = '0123456789abcdef0123456789abcdef';
    pagerduty = await startPagerDuty({ clock, authority, routingKey });
    stopping.push(() => pagerduty?.stop() ?? Promise.resolve());
    hosts['events.pagerduty.com'] = pagerduty.port;
    secret(channels.pagerduty.routingKeySecret, routingKey);
  }
  let statuspage: Statuspage | undefined;
  if (channels.statuspage) {
    const apiKey = 'key-of-the-status-page';
    statuspage = await startStatuspage({ clock, authority, apiKey, pageId: channels.statuspage.pageId });
    stopping.push(() => statuspage?.stop() ?? Promise.resolve());
    hosts['api.statuspage.io'] = statuspage.port;
    secret(channels.statuspage.keySecret, apiKey);
  }
  let tickets: Tickets | undefined;
  if (channels.ticket) {
    const token = 'lifeboat@company.com:token-of-the-ticket-system';
    const settings = { ...channels.ticket, url: `https://${channels.ticket.host}` };
    tickets = await startTickets({ clock, authority, token, settings });
    stopping.push(() => tickets?.stop() ?? Promise.resolve());
    hosts[channels.ticket.host] = tickets.port;
    secret(channels.ticket.tokenSecret, token);
  }
  if (channels.email) {
    // An identity is a domain or an address; most have verified their domain.
    cloud.mailing.verify(region, channels.email.from.split('@')[1] ?? channels.email.from);
  }
  return {
    mail,
    ...(slack ? { slack } : {}),
    ...(pagerduty ? { pagerduty } : {}),
    ...(statuspage ? { statuspage } : {}),
    ...(tickets ? { tickets } : {}),
    secrets,
    hosts,
    async stop() {
      await Promise.all(stopping.map((stop) => stop()));
    },
  };
}
