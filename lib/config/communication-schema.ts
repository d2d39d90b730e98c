import * as z from 'zod';
import { duration, email, hostName, matching, object, oneOf, phone, some, text, whole } from './fields.ts';
import { defaultRoutes } from './routes.ts';

/** What an environment says of its communication: whom to tell, by which way, how often. */

const contact = object({
  name: text('a name'),
  email: email(),
  phone: phone().optional(),
  role: text('a role').optional(),
});

const contactList = z.array(contact).default([]);

export const contacts = object({
  oncall: object({
    primary: some(contact, 'person on call'),
    secondary: contactList.describe('called when nobody has acknowledged'),
  }),
  management: contactList,
  customers: object({ enterprise: contactList, standard: contactList }).prefault({}),
  partners: contactList,
});

const secretName = matching(/^[\w/+=.@-]{1,512}$/, 'the name of a secret in Secrets Manager');

const route = object({
  to: oneOf([
    'oncall',
    'oncall-secondary',
    'management',
    'customers-enterprise',
    'customers-standard',
    'partners',
    'public',
  ]),
  by: some(oneOf(['email', 'sms', 'slack', 'pagerduty', 'ticket', 'statuspage', 'page']), 'channel'),
  hears: some(
    oneOf([
      'opened',
      'update',
      'approval',
      'unacknowledged',
      'milestone',
      'undelivered',
      'escalation',
      'recovered',
    ]),
    'kind of notice',
  ),
  from: oneOf(['opened', 'confirmed'])
    .default('opened')
    .describe('confirmed: not before the failure is known to be real, or five minutes are over'),
});

const routes = (severity: keyof typeof defaultRoutes) =>
  z
    .array(route)
    .min(1, { error: 'a list of at least one route' })
    .default(() => structuredClone(defaultRoutes[severity]) as z.output<typeof route>[]);

const timeOfDay = matching(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 22:00');

export const communication = object({
  routes: object({
    P0: routes('P0'),
    P1: routes('P1'),
    P2: routes('P2'),
    P3: routes('P3'),
  })
    .prefault({})
    .describe('who hears what by which way; a severity that is not named keeps its defaults'),
  acknowledgeWithin: object({
    P0: duration('24h').prefault('5m'),
    P1: duration('24h').prefault('10m'),
    P2: duration('24h').prefault('30m'),
    P3: duration('24h').prefault('4h'),
  })
    .prefault({})
    .describe('after so long without an acknowledgement the second on call is called'),
  milestones: z
    .array(whole(1, 1000, 'percent of the RTO'))
    .default([50, 80, 100])
    .describe('when management hears how much of the RTO is over'),
  quiet: object({
    severities: some(oneOf(['P1', 'P2', 'P3']), 'severity').default(['P3']),
    from: timeOfDay,
    to: timeOfDay,
    timeZone: text('an IANA time zone such as Europe/Berlin').refine(isTimeZone, {
      error: 'an IANA time zone such as Europe/Berlin',
    }),
  })
    .optional()
    .describe('when mails, text messages and pages of these severities wait until morning'),
});

export const channels = object({
  slack: object({
    channel: matching(/^[CG][A-Z0-9]{6,20}$/, 'the id of a Slack channel such as C0INCIDENTS'),
    tokenSecret: secretName,
    signingSecret: secretName
      .optional()
      .describe('of the Slack app; with it messages have buttons, which answer through a function URL'),
  }).optional(),
  email: object({
    from: matching(
      /^[\w.+-]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
      'an address whose domain is in lower case, such as lifeboat@company.com',
    ).describe('a verified identity of SES in the standby region, or an address of one'),
  })
    .optional()
    .describe('formatted mails by SES; without it, plain ones by SNS'),
  pagerduty: object({ routingKeySecret: secretName }).optional(),
  ticket: z
    .discriminatedUnion('system', [
      object({
        system: z.literal('jira'),
        host: hostName(),
        project: matching(/^[A-Z][A-Z0-9_]{1,9}$/, 'the key of a Jira project such as OPS'),
        issueType: text('a type of issue').default('Incident'),
        tokenSecret: secretName.describe('e-mail:token'),
      }),
      object({
        system: z.literal('servicenow'),
        host: hostName(),
        tokenSecret: secretName.describe('user:password'),
      }),
      object({
        system: z.literal('github'),
        host: hostName().default('api.github.com'),
        repository: matching(/^[\w.-]{1,100}\/[\w.-]{1,100}$/, 'a repository such as company/erlmcp'),
        tokenSecret: secretName,
      }),
    ])
    .optional(),
  statuspage: object({
    pageId: matching(/^[a-z0-9]{6,40}$/, 'the id of a Statuspage page'),
    keySecret: secretName,
  }).optional(),
  page: object({})
    .optional()
    .describe('a status page of our own, from a bucket in the standby region through CloudFront'),
});

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
