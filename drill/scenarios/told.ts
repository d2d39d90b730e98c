import type { Audience, ChannelName, IncidentRecord, Notice } from '../../lambdas/incident/contract.ts';
import type { Route } from '../../lambdas/communication/contract.ts';
import { contactsOf, emailsOf, phonesOf } from '../../lib/config/contacts.ts';
import { communicationOf } from '../../lib/config/communication.ts';
import type { World } from '../world/world.ts';
import type { HeldCheck } from './contract.ts';

/**
 * Who should have heard what, worked out from the environment and the incident's times alone, and compared with what
 * arrived: nothing missing, nothing twice, nothing late, nothing after the end.
 */

interface Expected {
  readonly key: string;
  /** When it should be told, milliseconds since the epoch. */
  readonly at: number;
  /** It may be absent: another word came so close to it that it would have said the same. */
  readonly optional?: boolean;
}

interface Reader {
  readonly audience: Audience;
  readonly channel: ChannelName;
  readonly hears: ReadonlySet<string>;
  /** When they may hear the first word. */
  readonly from: number;
}

const minute = 60_000;
/** What follows what a person or another channel did, and is not counted here. */
const asides = /^(joined|ignored|acknowledged|note|undelivered) ?/;

export interface ToldOptions {
  /** A channel was made to fail: its words may come later than a minute. */
  readonly flaky?: ChannelName;
}

export function toldChecks(
  world: World,
  record: IncidentRecord,
  options: ToldOptions = {},
): readonly HeldCheck[] {
  const readers = readersOf(world, record);
  const told = record.notices.filter(({ delivered }) => delivered);
  const settings = communicationOf(world.environment);
  const problems = readers.flatMap((reader) => problemsOf(reader, record, told, settings, options));
  const strangers = told.filter(
    (notice) =>
      !readers.some(({ audience, channel }) => audience === notice.audience && channel === notice.channel),
  );
  const arrived = arrivals(world, told);
  const channels = new Set(told.map(({ channel }) => channel)).size;
  const failed = record.notices.length - told.length;
  return [
    {
      name: 'each audience got exactly its messages, in order and in time',
      held: problems.length === 0 && strangers.length === 0,
      evidence:
        [
          ...problems,
          ...strangers.map(
            ({ kind, audience, channel }) => `${kind} by ${channel} to ${audience}: nobody asked for it`,
          ),
        ]
          .slice(0, 6)
          .join('; ') ||
        `${told.length} notices to ${readers.length} readers by ${channels} channels, ${failed} failed and came later`,
    },
    {
      name: 'what the record calls delivered has arrived, once',
      held: arrived.length === 0,
      evidence: arrived.slice(0, 6).join('; ') || 'counted in the inboxes themselves',
    },
    {
      name: 'no secret was told to anybody',
      held: leaks(world).length === 0,
      evidence: leaks(world).join('; ') || 'looked for in inboxes, logs and inputs',
    },
  ];
}

function readersOf({ environment }: World, { ref, confirmedAt }: IncidentRecord): readonly Reader[] {
  const { routes } = communicationOf(environment);
  const start = Date.parse(ref.startedAt);
  const confirmed = Math.min(
    confirmedAt === undefined ? Infinity : Date.parse(confirmedAt),
    start + 5 * minute,
  );
  const byReader = Map.groupBy(
    routes[ref.severity].flatMap((route) => route.by.map((channel) => ({ channel, route }))),
    ({ channel, route }) => `${route.to} ${channel}`,
  );
  return [...byReader.values()].flatMap((own) => {
    const [first] = own;
    if (!first) return [];
    const all: readonly Route[] = own.map(({ route }) => route);
    return [
      {
        audience: first.route.to,
        channel: first.channel,
        hears: new Set(all.flatMap(({ hears }) => hears)),
        from: all.some(({ from }) => from === 'opened') ? start : confirmed,
      },
    ];
  });
}

/** In the order in which they should come. */
function expectedOf(
  reader: Reader,
  record: IncidentRecord,
  told: readonly Notice[],
  settings: Settings,
): readonly Expected[] {
  const { hears, from } = reader;
  const { ref, closedAt } = record;
  const start = Date.parse(ref.startedAt);
  const end = closedAt === undefined ? Infinity : Date.parse(closedAt);
  const own = told.filter(
    ({ audience, channel }) => audience === reader.audience && channel === reader.channel,
  );
  const expected: Expected[] = [];
  // What is over within a minute may overtake its own beginning.
  if (hears.has('opened') && from < end) {
    expected.push({ key: 'opened', at: from, optional: end - from < minute });
  }
  if (hears.has('update')) {
    const beat = ref.updateEverySeconds * 1_000;
    for (let n = 1; start + n * beat < end; n++) {
      const at = start + n * beat;
      if (at < from) continue;
      const close = own.some(
        ({ key, at: when }) => key === 'opened' && Math.abs(Date.parse(when) - at) < 2 * minute,
      );
      expected.push({ key: `update ${n}`, at, optional: close || end - at < minute });
    }
  }
  for (const { gate, askedAt } of questionsOf(record)) {
    if (hears.has('approval')) expected.push({ key: `approval ${gate} ${askedAt}`, at: Date.parse(askedAt) });
  }
  for (const percent of hears.has('milestone') ? settings.milestones : []) {
    const at = start + (ref.rtoSeconds * 1_000 * percent) / 100;
    if (at < end) expected.push({ key: `milestone ${percent}`, at, optional: end - at < minute });
  }
  const within = settings.acknowledgeWithin[ref.severity];
  const calledAt = start + (within ?? Infinity) * 1_000;
  const takenAt = record.acknowledged === undefined ? Infinity : Date.parse(record.acknowledged.at);
  if (hears.has('unacknowledged') && calledAt < Math.min(end, takenAt)) {
    expected.push({
      key: 'unacknowledged',
      at: calledAt,
      optional: Math.min(end, takenAt) - calledAt < minute,
    });
  }
  const ending =
    record.outcome === 'recovered' ? 'recovered' : record.outcome === 'escalated' ? 'escalation' : undefined;
  if (ending !== undefined && hears.has(ending)) {
    const promised = hears.has('opened') && (from === start || record.confirmedAt !== undefined);
    const wasTold = own.some(({ key }) => key !== ending);
    const acts = ending === 'escalation' && from === start;
    if (promised || wasTold || acts) expected.push({ key: ending, at: end });
  }
  return expected.toSorted((a, b) => a.at - b.at);
}

type Settings = Pick<ReturnType<typeof communicationOf>, 'milestones' | 'acknowledgeWithin'>;

/** As the timeline has them: what was answered is not pending any more. */
function questionsOf({
  timeline,
}: IncidentRecord): readonly { readonly gate: string; readonly askedAt: string }[] {
  return timeline.flatMap(({ actor, event, at }) => {
    const gate = actor === 'request-approval' ? /^asks a person about the (.+)$/.exec(event)?.[1] : undefined;
    return gate === undefined ? [] : [{ gate, askedAt: at }];
  });
}

function problemsOf(
  reader: Reader,
  record: IncidentRecord,
  told: readonly Notice[],
  settings: Settings,
  { flaky }: ToldOptions,
): readonly string[] {
  const who = `${reader.channel} to ${reader.audience}`;
  const expected = expectedOf(reader, record, told, settings);
  const own = told.filter(
    ({ audience, channel }) => audience === reader.audience && channel === reader.channel,
  );
  const patience =
    flaky === reader.channel
      ? 12 * minute
      : reader.from > Date.parse(record.ref.startedAt)
        ? 2 * minute
        : minute;
  const problems: string[] = [];
  for (const { key, at, optional } of expected) {
    const found = own.filter((notice) => notice.key === key);
    const [first] = found;
    if (!first && optional !== true && !overtaken(key, own, flaky === reader.channel))
      problems.push(`${who}: ${key} is missing`);
    if (found.length > 1) problems.push(`${who}: ${key} came ${found.length} times`);
    if (first) {
      const late = Date.parse(first.at) - at;
      if (late < -1_000) problems.push(`${who}: ${key} came ${Math.round(-late / 1_000)} s too early`);
      if (late > patience) problems.push(`${who}: ${key} came ${Math.round(late / 1_000)} s late`);
    }
  }
  for (const { key = '' } of own) {
    if (!asides.test(key) && !expected.some((each) => each.key === key))
      problems.push(`${who}: ${key} was not to be told`);
  }
  const order = own.filter(({ key = '' }) => /^(opened|update|recovered|escalation)/.test(key));
  const sorted = order.toSorted((a, b) => rank(a.key) - rank(b.key));
  if (order.some((notice, index) => notice !== sorted[index])) problems.push(`${who}: out of order`);
  return problems;
}

/** A channel that was down over a beat tells the next one: an update of an hour ago helps nobody. */
function overtaken(key: string, own: readonly Notice[], flaky: boolean): boolean {
  if (!flaky) return false;
  const n = Number(/^update (\d+)$/.exec(key)?.[1] ?? Number.NaN);
  return own.some((notice) => Number(/^update (\d+)$/.exec(notice.key ?? '')?.[1] ?? Number.NaN) > n);
}

function rank(key = ''): number {
  if (key === 'opened') return 0;
  const n = /^update (\d+)$/.exec(key)?.[1];
  return n === undefined ? Infinity : Number(n);
}

/** What the inboxes hold against what the record says; empty when they agree. */
function arrivals(world: World, told: readonly Notice[]): readonly string[] {
  const { environment, inboxes, cloud } = world;
  const problems: string[] = [];
  const compare = (what: string, wanted: number, got: number) => {
    if (wanted !== got) problems.push(`${what}: ${got} arrived of ${wanted}`);
  };
  const of = (channel: ChannelName) => told.filter((notice) => notice.channel === channel);
  const audiences = [...new Set(told.map(({ audience }) => audience))].filter(
    (audience) => audience !== 'public',
  );
  for (const audience of audiences) {
    const contacts = contactsOf(environment, audience);
    for (const [channel, addresses] of [
      ['email', emailsOf(contacts)],
      ['sms', phonesOf(contacts)],
    ] as const) {
      const own = of(channel).filter((notice) => notice.audience === audience);
      const subjects = new Set(own.map(({ subject }) => subject));
      for (const address of addresses) {
        const got =
          channel === 'email'
            ? inboxes.mail.mails().filter(({ to, subject }) => to === address && subjects.has(subject)).length
            : cloud.notifications
                .messages()
                .filter(
                  ({ protocol, endpoint, message }) =>
                    protocol === 'sms' &&
                    endpoint === address &&
                    [...subjects].some((subject) => message.startsWith(subject)),
                ).length;
        if (own.length > 0) compare(`${channel} at ${address}`, own.length, got);
      }
    }
  }
  if (inboxes.slack) {
    // The head and the first details come with the first notice.
    const posts = inboxes.slack.messages().length;
    const wanted = of('slack').filter(({ merged }) => merged !== true).length;
    if (wanted > 0) compare('messages in Slack', wanted + 1, posts);
  }
  if (inboxes.pagerduty)
    compare('events at PagerDuty', of('pagerduty').length, inboxes.pagerduty.messages().length);
  if (inboxes.statuspage)
    compare('updates on Statuspage', of('statuspage').length, inboxes.statuspage.messages().length);
  if (inboxes.tickets && of('ticket').length > 0) {
    const tickets = inboxes.tickets.tickets();
    compare('tickets', 1, tickets.length);
    compare(
      'comments on the ticket',
      of('ticket').length - 1,
      tickets.flatMap(({ comments }) => comments).length,
    );
  }
  return problems;
}

/** Where a token shows up that belongs into a secret. */
function leaks({ inboxes, cloud }: World): readonly string[] {
  const places: readonly (readonly [string, string])[] = [
    ['a mail', JSON.stringify(inboxes.mail.mails())],
    ['a text message', JSON.stringify(cloud.notifications.messages())],
    ['Slack', JSON.stringify(inboxes.slack?.messages() ?? [])],
    ['PagerDuty', JSON.stringify(inboxes.pagerduty?.messages() ?? [])],
    ['Statuspage', JSON.stringify(inboxes.statuspage?.messages() ?? [])],
    ['a ticket', JSON.stringify(inboxes.tickets?.tickets() ?? [])],
    [
      'a log',
      cloud.sandbox
        .logs()
        .map(({ line }) => line)
        .join('\n'),
    ],
    [
      'an input or output',
      JSON.stringify(cloud.states.executions().map(({ input, output }) => [input, output])),
    ],
  ];
  return places.flatMap(([place, text]) =>
    inboxes.secrets.some((secret) => text.includes(secret)) ? [place] : [],
  );
}
