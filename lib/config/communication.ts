import type {
  ChannelSettings,
  CommunicationSettings,
  Route,
  TicketSettings,
} from '../../lambdas/communication/contract.ts';
import type { Audience, Severity } from '../../lambdas/incident/contract.ts';
import { names } from '../names.ts';
import { addressed, contactsOf, deskOf, emailsOf, phonesOf, type Addressed } from './contacts.ts';
import type { Environment } from './schema.ts';

/** What an environment says of its communication, as functions get it. Literals: it travels with the code. Pure. */
export function communicationOf(environment: Environment): Omit<CommunicationSettings, 'signingSecret'> {
  const { communication, application } = environment;
  const { acknowledgeWithin, milestones, quiet } = communication;
  const channels = channelsOf(environment);
  return {
    application: application.name,
    publicName: names(environment).publicName,
    routes: perSeverity((severity) => thinned(communication.routes[severity], channels)),
    acknowledgeWithin,
    milestones,
    ...(quiet ? { quiet } : {}),
    channels,
    contacts: {
      oncall: deskOf(environment, 'oncall'),
      'oncall-secondary': deskOf(environment, 'oncall-secondary'),
      management: deskOf(environment, 'management'),
      'customers-enterprise': deskOf(environment, 'customers-enterprise'),
      'customers-standard': deskOf(environment, 'customers-standard'),
      partners: deskOf(environment, 'partners'),
      public: deskOf(environment, 'public'),
    },
  };
}

function channelsOf(environment: Environment): ChannelSettings {
  const { slack, email, pagerduty, statuspage, page } = environment.channels;
  const named = names(environment);
  const having = (has: (audience: Addressed) => boolean, arn: (audience: Audience) => string) =>
    Object.fromEntries(addressed.filter(has).map((audience) => [audience, arn(audience)]));
  const emails = (audience: Addressed) => emailsOf(contactsOf(environment, audience));
  const ticket = ticketOf(environment);
  return {
    email: {
      topics: having((audience) => emails(audience).length > 0, named.topicArn),
      ...(email
        ? {
            ses: {
              from: email.from,
              to: Object.fromEntries(addressed.map((audience) => [audience, emails(audience)])),
            },
          }
        : {}),
    },
    sms: {
      topics: having((audience) => phonesOf(contactsOf(environment, audience)).length > 0, named.smsTopicArn),
    },
    ...(slack
      ? {
          slack: {
            channel: slack.channel,
            tokenSecret: slack.tokenSecret,
            buttons: slack.signingSecret !== undefined,
          },
        }
      : {}),
    ...(pagerduty ? { pagerduty } : {}),
    ...(ticket ? { ticket } : {}),
    ...(statuspage ? { statuspage } : {}),
    ...(page ? { page: { bucket: named.statusBucket } } : {}),
  };
}

function ticketOf({ channels }: Environment): TicketSettings | undefined {
  const { ticket } = channels;
  if (!ticket) return undefined;
  const { host, ...rest } = ticket;
  return { ...rest, url: `https://${host}` };
}

/** Without what reaches nobody: channels that the environment has not, audiences without contacts. */
function thinned(routes: readonly Route[], channels: ChannelSettings): readonly Route[] {
  return routes.flatMap((route) => {
    const by = route.by.filter((channel) =>
      channel === 'email' || channel === 'sms'
        ? channels[channel].topics[route.to] !== undefined
        : channels[channel] !== undefined,
    );
    return by.length > 0 ? [{ ...route, by }] : [];
  });
}

function perSeverity<T>(of: (severity: Severity) => T): Readonly<Record<Severity, T>> {
  return { P0: of('P0'), P1: of('P1'), P2: of('P2'), P3: of('P3') };
}
