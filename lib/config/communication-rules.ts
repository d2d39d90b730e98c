import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { Hearing } from '../../lambdas/communication/contract.ts';
import type { Audience, ChannelName, Severity } from '../../lambdas/incident/contract.ts';
import { contactsOf, phonesOf } from './contacts.ts';
import { defaultRoutes } from './routes.ts';
import { type Complain, type Path, type Rule, rule } from './rule.ts';

/** What must hold between the members of an environment because of whom it tells, and by which way. */

/** By which way each audience can be told: who has no address reads a page, and only who acts has tools. */
const fitting: Readonly<Record<Audience, readonly ChannelName[]>> = {
  oncall: ['email', 'sms', 'slack', 'pagerduty', 'ticket'],
  'oncall-secondary': ['email', 'sms'],
  management: ['email', 'sms'],
  'customers-enterprise': ['email', 'sms'],
  'customers-standard': ['email', 'sms'],
  partners: ['email', 'sms'],
  public: ['statuspage', 'page'],
};

/** Who acts on an incident. A question has links in it, and whoever reads them can answer it. */
const acting: ReadonlySet<Audience> = new Set(['oncall', 'oncall-secondary']);
const ofManagement: readonly Hearing[] = [
  'opened',
  'update',
  'unacknowledged',
  'milestone',
  'undelivered',
  'escalation',
  'recovered',
];
const ofOthers: readonly Hearing[] = ['opened', 'update', 'escalation', 'recovered'];

/** Without these nobody acts: a gate that nobody hears of does nothing until its time is over. */
const mustBeHeard: readonly Hearing[] = ['opened', 'approval', 'escalation'];
/** A ticket is read by those who know of it already. */
const calling: ReadonlySet<ChannelName> = new Set(['email', 'sms', 'slack', 'pagerduty']);

const text = z.string();
const audience = z.enum(Object.keys(fitting) as [Audience, ...Audience[]]);
const channel = z.custom<ChannelName>((value) => typeof value === 'string');
const hearing = z.custom<Hearing>((value) => typeof value === 'string');
const route = z.object({ to: audience, by: z.array(channel), hears: z.array(hearing) });
type Route = z.output<typeof route>;

const person = z.array(z.object({ name: text, email: text, phone: text.optional() }));
const people = z.object({
  contacts: z.object({
    oncall: z.object({ primary: person, secondary: person }),
    management: person,
    customers: z.object({ enterprise: person, standard: person }),
    partners: person,
  }),
});
const ways = z.object({ channels: z.looseObject({}) });

/** Where the members stand that say who is in an audience. */
const listOf: Readonly<Record<Exclude<Audience, 'public'>, string>> = {
  oncall: 'contacts.oncall.primary',
  'oncall-secondary': 'contacts.oncall.secondary',
  management: 'contacts.management',
  'customers-enterprise': 'contacts.customers.enterprise',
  'customers-standard': 'contacts.customers.standard',
  partners: 'contacts.partners',
};

const ofRoutes: readonly Rule[] = (['P0', 'P1', 'P2', 'P3'] as const).flatMap((severity) => {
  const at = ['communication', 'routes', severity] as const;
  return [
    eachRoute(severity, ({ to, by, hears }, place, complain) => {
      checkEach(by, fitting[to], [...place, 'by'], `what reaches ${to}`, complain);
      checkEach(hears, hearingsFor(to), [...place, 'hears'], `what is for ${to}`, complain);
    }),
    eachRoute(severity, ({ to, by }, place, complain, environment) => {
      const known = people.safeParse(environment).data;
      if (!known || to === 'public') return;
      const contacts = contactsOf(known, to);
      if (contacts.length === 0) {
        complain([...place, 'to'], `an audience with contacts, and there are none in ${listOf[to]}`);
      } else if (by.includes('sms') && phonesOf(contacts).length === 0) {
        complain([...place, 'by', by.indexOf('sms')], `sms only where one of ${listOf[to]} has a phone`);
      }
    }),
    eachRoute(severity, ({ to, by }, place, complain, environment) => {
      const known = ways.safeParse(environment).data;
      if (!known) return;
      by.forEach((name, index) => {
        if (name === 'email' || name === 'sms' || !fitting[to].includes(name)) return;
        if (known.channels[name] === undefined)
          complain(
            [...place, 'by', index],
            `a channel that the environment has: there is no channels.${name}`,
          );
      });
    }),
    (environment: unknown, complain: Complain) => {
      const routes = written(environment, severity).map((one) => route.safeParse(one).data);
      if (routes.length === 0 || routes.includes(undefined)) return;
      const heard = routes.flatMap((one) =>
        one?.to === 'oncall' && one.by.some((name) => calling.has(name)) ? one.hears : [],
      );
      const silent = mustBeHeard.filter((kind) => !heard.includes(kind));
      if (silent.length > 0) {
        complain(
          at,
          `routes by which oncall hears ${mustBeHeard.join(', ')} on one of ${[...calling].join(', ')} (it does ` +
            `not hear ${silent.join(', ')})`,
        );
      }
    },
  ];
});

/** Of the routes that somebody wrote. */
function eachRoute(
  severity: Severity,
  check: (route: Route, at: Path, complain: Complain, environment: unknown) => void,
): Rule {
  return (environment, complain) =>
    written(environment, severity).forEach((one, index) => {
      const { data } = route.safeParse(one);
      if (data) check(data, ['communication', 'routes', severity, index], complain, environment);
    });
}

/**
 * The routes of a severity, unless they are those of the default: these ask for nothing, and what an environment has not
 * is left out of them.
 */
function written(environment: unknown, severity: Severity): readonly unknown[] {
  const part = z.object({
    communication: z.object({ routes: z.object({ [severity]: z.array(z.unknown()) }) }),
  });
  const routes = part.safeParse(environment).data?.communication.routes[severity] ?? [];
  return isDeepStrictEqual(routes, defaultRoutes[severity]) ? [] : routes;
}

function hearingsFor(to: Audience): readonly Hearing[] {
  if (acting.has(to)) return [...ofManagement, 'approval'];
  return to === 'management' ? ofManagement : ofOthers;
}

function checkEach<Word extends string>(
  words: readonly Word[],
  allowed: readonly Word[],
  at: Path,
  what: string,
  complain: Complain,
): void {
  words.forEach((word, index) => {
    if (!allowed.includes(word)) complain([...at, index], `${what}: ${allowed.join(', ')}`);
    else if (words.indexOf(word) !== index)
      complain([...at, index], `each only once (${word} is listed before)`);
  });
}

const secrets = z.looseObject({
  tokenSecret: text.optional(),
  signingSecret: text.optional(),
  routingKeySecret: text.optional(),
  keySecret: text.optional(),
});

export const ofCommunication: readonly Rule[] = [
  ...ofRoutes,
  rule(
    z.object({ communication: z.object({ milestones: z.array(z.number()) }) }),
    ({ communication: { milestones } }, complain) =>
      milestones.forEach((percent, index) => {
        const before = milestones[index - 1] ?? 0;
        if (percent <= before)
          complain(['communication', 'milestones', index], `ascending: more than the ${before} % before it`);
      }),
  ),
  rule(
    z.object({ communication: z.object({ quiet: z.object({ from: text, to: text }) }) }),
    ({ communication: { quiet } }, complain) => {
      if (quiet.from === quiet.to)
        complain(['communication', 'quiet', 'to'], `another time of day than from (${quiet.from})`);
    },
  ),
  rule(z.object({ channels: z.looseObject({}) }), ({ channels }, complain) => {
    const owners = new Map<string, string>();
    for (const [name, settings] of Object.entries(channels)) {
      for (const [member, secret] of Object.entries(secrets.safeParse(settings).data ?? {})) {
        if (!member.endsWith('Secret') || typeof secret !== 'string') continue;
        const owner = owners.get(secret);
        if (owner !== undefined)
          complain(['channels', name, member], `a secret of its own, and ${owner} has this one`);
        else owners.set(secret, `channels.${name}.${member}`);
      }
    }
  }),
];
