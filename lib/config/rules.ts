import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';
import { ofCommunication } from './communication-rules.ts';
import { ofDatabases } from './database-rules.ts';
import { ofService } from './service-rules.ts';
import { type Complain, nameOf, type Path, type Rule, rule, unique } from './rule.ts';

/**
 * What must hold between the members of an environment. Each rule names the members that it compares, and
 * runs when those are right by themselves, whatever is wrong elsewhere: one reading mends the file.
 */

/** One rule per item of a list, so that a wrong item hides nothing about the others. */
function eachRecord<Part extends z.ZodType>(
  part: Part,
  check: (record: z.output<Part>, at: (...path: Path) => Path, complain: Complain, zone: string) => void,
): Rule {
  return rule(recordsInZone, ({ dns }, complain) => {
    dns.records.forEach((record, index) => {
      const result = part.safeParse(record);
      if (result.success)
        check(result.data, (...path) => ['dns', 'records', index, ...path], complain, dns.zoneName);
    });
  });
}

const text = z.string();
const site = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.object({ sites: z.object({ primary: z.object(shape), standby: z.object(shape) }) });
const recordsInZone = z.object({ dns: z.object({ zoneName: text, records: z.array(z.unknown()) }) });
const recordNames = z.object({ name: text });
const target = z.union([
  z.object({ values: z.array(text) }),
  z.object({ alias: z.looseObject({ dnsName: z.unknown() }) }),
]);
const type = z.enum(['A', 'AAAA', 'CNAME']);
const sharingName = z.object({ name: text, type, weight: z.number().optional() });

const valueOf = {
  A: { allowed: 'an IPv4 address', fits: (value: string) => isIPv4(value) },
  AAAA: { allowed: 'an IPv6 address', fits: (value: string) => isIPv6(value) },
  CNAME: { allowed: 'a DNS name', fits: (value: string) => /^[a-z0-9_.-]+\.[a-z]+\.?$/i.test(value) },
} as const;

const ofSites: readonly Rule[] = [
  rule(site({ region: text }), ({ sites: { primary, standby } }, complain) => {
    if (standby.region === primary.region)
      complain(['sites', 'standby', 'region'], `another region than the primary's (${primary.region})`);
  }),
  rule(site({ host: text }), ({ sites: { primary, standby } }, complain) => {
    if (standby.host === primary.host)
      complain(['sites', 'standby', 'host'], "another host than the primary's");
  }),
  ...(['primary', 'standby'] as const).map((which) =>
    rule(
      z.intersection(z.object({ sites: z.object({ [which]: z.object({ host: text }) }) }), recordsInZone),
      ({ sites, dns }, complain) => {
        const host = sites[which]?.host;
        if (dns.records.some((record) => recordNames.safeParse(record).data?.name === host))
          complain(['sites', which, 'host'], 'a name of the site itself, not a record that a failover moves');
      },
    ),
  ),
  rule(
    z.object({ sites: z.object({ standby: z.object({ nodeGroups: z.array(z.unknown()) }) }) }),
    ({ sites: { standby } }, complain) => {
      const sizes = z.object({ min: z.number(), desired: z.number(), max: z.number() });
      standby.nodeGroups.forEach((group, index) => {
        const { data } = sizes.safeParse(group);
        if (data && !(data.min <= data.desired && data.desired <= data.max))
          complain(['sites', 'standby', 'nodeGroups', index], 'min <= desired <= max');
      });
      unique(standby.nodeGroups.map(nameOf), ['sites', 'standby', 'nodeGroups'], complain);
    },
  ),
  rule(
    z.object({ sites: z.object({ standby: z.object({ deployments: z.array(z.unknown()) }) }) }),
    ({ sites: { standby } }, complain) =>
      unique(standby.deployments.map(nameOf), ['sites', 'standby', 'deployments'], complain),
  ),
  rule(
    z.object({
      application: z.object({ health: z.object({ protocol: z.literal('http'), port: z.literal(443) }) }),
    }),
    (_, complain) =>
      complain(['application', 'health', 'port'], 'the port of the http endpoint, such as 80 (443 is https)'),
  ),
];

const ofRecords: readonly Rule[] = [
  eachRecord(recordNames, ({ name }, at, complain, zone) => {
    if (name !== zone && !name.endsWith(`.${zone}`)) complain(at('name'), `a name in the zone ${zone}`);
  }),
  eachRecord(z.object({ name: text, type }), (record, at, complain, zone) => {
    if (record.type === 'CNAME' && record.name === zone)
      complain(at('type'), 'A or AAAA (an alias): the top of a zone cannot be a CNAME');
  }),
  eachRecord(
    z.object({ weight: z.number().optional(), setIdentifier: text.optional() }),
    ({ weight, setIdentifier }, at, complain) => {
      if ((weight === undefined) !== (setIdentifier === undefined))
        complain(at('setIdentifier'), 'weight and setIdentifier together, for a weighted record, or neither');
    },
  ),
  eachRecord(z.object({ primary: target, standby: target }), ({ primary, standby }, at, complain) => {
    const ofPrimary = new Set(destinations(primary));
    const shared = destinations(standby).find((destination) => ofPrimary.has(destination));
    if (shared !== undefined) complain(at('standby'), `another target than the primary's, without ${shared}`);
  }),
  eachRecord(z.object({ type, primary: target }), (record, at, complain) =>
    checkTarget(record.type, record.primary, (...path) => at('primary', ...path), complain),
  ),
  eachRecord(z.object({ type, standby: target }), (record, at, complain) =>
    checkTarget(record.type, record.standby, (...path) => at('standby', ...path), complain),
  ),
  rule(
    z.object({ dns: z.object({ mode: z.literal('switch'), records: z.array(z.unknown()) }) }),
    ({ dns }, complain) => {
      const weighted = z.object({ weight: z.number() });
      dns.records.forEach((record, index) => {
        if (weighted.safeParse(record).success)
          complain(
            ['dns', 'records', index, 'weight'],
            'no weight in mode switch: a failover record cannot be weighted too',
          );
      });
    },
  ),
  rule(
    z.object({ dns: z.object({ maxRecords: z.number(), records: z.array(z.unknown()) }) }),
    ({ dns: { maxRecords, records } }, complain) => {
      if (records.length > maxRecords)
        complain(
          ['dns', 'maxRecords'],
          `at least the ${records.length} records, or no failover may move them`,
        );
    },
  ),
  rule(recordsInZone, ({ dns: { records } }, complain) => {
    const first = recordNames.safeParse(records[0]).data;
    if (first?.name.startsWith('*.'))
      complain(['dns', 'records', 0, 'name'], 'first a name that users call, not a wildcard');
    const keys = records.map((record) => {
      const { data } = z.object({ name: text, type, setIdentifier: text.optional() }).safeParse(record);
      return data && [data.name, data.type, data.setIdentifier].filter(Boolean).join(' ');
    });
    unique(keys, ['dns', 'records'], complain);
  }),
  rule(recordsInZone, ({ dns: { records } }, complain) => {
    const named = records.map((record) => sharingName.safeParse(record).data);
    named.forEach((record, index) => {
      const before = named.slice(0, index).filter((other) => record && other?.name === record.name);
      if (!record || before.length === 0) return;
      if (before.some((other) => (other?.type === 'CNAME') !== (record.type === 'CNAME')))
        complain(['dns', 'records', index, 'type'], 'no other type beside a CNAME of the same name');
      const alike = before.filter((other) => other?.type === record.type);
      if (alike.some((other) => (other?.weight === undefined) !== (record.weight === undefined)))
        complain(['dns', 'records', index], 'all records of one name and type weighted, or one that is not');
    });
  }),
  ...(['nameServers', 'resolvers'] as const).map((list) =>
    rule(z.object({ dns: z.object({ [list]: z.array(text) }) }), ({ dns }, complain) => {
      unique(dns[list] ?? [], ['dns', list], complain);
    }),
  ),
];

const ofDetection: readonly Rule[] = [
  rule(
    z.object({ detection: z.object({ periods: z.number(), confirmMinutes: z.number() }) }),
    ({ detection: { periods, confirmMinutes } }, complain) => {
      if (confirmMinutes > periods + 1)
        complain(
          ['detection', 'confirmMinutes'],
          `at most ${periods + 1}, one more than the alarm's minutes (detection.periods): the gate waits for two ` +
            'minutes, and would stop every failover as not yet confirmed',
        );
    },
  ),
];

const ofSeverities: readonly Rule[] = (['P0', 'P1', 'P2', 'P3'] as const).map((level) =>
  rule(
    z.object({
      severities: z.object({ [level]: z.object({ rto: z.number(), updateEvery: z.number() }) }),
    }),
    ({ severities }, complain) => {
      const { rto = 0, updateEvery = 0 } = severities[level] ?? {};
      if (updateEvery > rto)
        complain(
          ['severities', level, 'updateEvery'],
          `at most the RTO, ${rto}s: an update after it is too late`,
        );
    },
  ),
);

export function checkWhole(environment: unknown, context: z.core.$RefinementCtx): void {
  const right = withoutWrong(environment, context.issues);
  const all = [
    ...ofSites,
    ...ofRecords,
    ...ofDetection,
    ...ofSeverities,
    ...ofDatabases,
    ...ofService,
    ...ofCommunication,
  ];
  for (const check of all) {
    check(right, (path, allowed) => {
      context.addIssue({ code: 'custom', path: [...path], message: allowed });
    });
  }
}

/** The environment with something that no rule takes in the place of each member that is wrong by itself. */
function withoutWrong(environment: unknown, issues: readonly z.core.$ZodRawIssue[]): unknown {
  const copy = structuredClone(environment);
  for (const { code, path = [] } of issues) {
    const last = path.at(-1);
    if (code === 'unrecognized_keys' || last === undefined) continue;
    const parent = path
      .slice(0, -1)
      .reduce<unknown>((node, key) => (isTree(node) ? node[key] : undefined), copy);
    if (isTree(parent)) parent[last] = Symbol('wrong');
  }
  return copy;
}

function isTree(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}

function checkTarget(
  recordType: z.output<typeof type>,
  wanted: z.output<typeof target>,
  at: (...path: Path) => Path,
  complain: Complain,
): void {
  if (!('values' in wanted)) {
    if (recordType === 'CNAME') complain(at('alias'), 'values: an alias is of type A or AAAA');
    return;
  }
  const { allowed, fits } = valueOf[recordType];
  wanted.values.forEach((value, index) => {
    if (!fits(value)) complain(at('values', index), allowed);
  });
  if (recordType !== 'CNAME') unique(wanted.values, at('values'), complain);
  else if (wanted.values.length > 1) complain(at('values'), 'one DNS name');
}

/** Where a target sends users, as one who compares names would write it. */
function destinations(wanted: z.output<typeof target>): readonly string[] {
  const written = 'values' in wanted ? wanted.values : [wanted.alias.dnsName];
  return written
    .filter((each) => typeof each === 'string')
    .map((each) => each.toLowerCase().replace(/\.$/, ''));
}
