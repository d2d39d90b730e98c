import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import {
  environmentNames,
  InvalidEnvironment,
  loadEnvironment,
  parseEnvironment,
} from '../../../lib/config/load.ts';

type Tree = Record<string, unknown>;

const good = readFileSync('environments/dev.yaml', 'utf8');

/** The dev environment with one member set, by its path; undefined removes it. */
function withMember(path: string, value: unknown, from = good): string {
  const tree = parse(from) as Tree;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce<Tree>((node, key) => (node[key] ??= {}) as Tree, tree);
  if (value === undefined) Reflect.deleteProperty(parent, last);
  else parent[last] = value;
  return stringify(tree);
}

function problemsOf(yaml: string): readonly string[] {
  try {
    parseEnvironment(yaml, 'dev.yaml');
  } catch (error) {
    if (error instanceof InvalidEnvironment) return error.problems;
    throw error;
  }
  return [];
}

const record = {
  name: 'erlmcp.company.com',
  type: 'A',
  ttl: 30,
  primary: { values: ['192.0.2.10'] },
  standby: { values: ['198.51.100.10'] },
};
const alias = (dnsName: string) => ({
  alias: { dnsName, hostedZoneId: 'Z1H1FL5HABSF5', evaluateTargetHealth: true },
});
const group = { name: 'workers', min: 2, desired: 2, max: 4 };
const level = { rto: '10m', rpo: '5m', updateEvery: '15m' };

/** What is wrong, where it is told, and what is said to be allowed. */
const refusals: readonly (readonly [
  what: string,
  path: string,
  value: unknown,
  at: string,
  allowed: string,
])[] = [
  ['an unknown key', 'stratgy', 'warm', 'the file', 'did you mean strategy?'],
  ['an unknown key deep inside', 'detection.probe.failurs', 3, 'detection.probe', 'did you mean failures?'],
  [
    'a region that does not exist',
    'sites.primary.region',
    'eu-west-9',
    'sites.primary.region',
    'an AWS region',
  ],
  [
    'a region in which no alarm can drive a health check',
    'sites.standby.region',
    'us-gov-west-1',
    'sites.standby.region',
    'an AWS region',
  ],
  [
    "a standby in the primary's region",
    'sites.standby.region',
    'eu-west-1',
    'sites.standby.region',
    'another region than',
  ],
  [
    "a standby that is the primary's host",
    'sites.standby.host',
    'primary.erlmcp.company.com',
    'sites.standby.host',
    'another host than',
  ],
  [
    'a site known only by the name that moves',
    'sites.primary.host',
    'erlmcp.company.com',
    'sites.primary.host',
    'not a record that a failover moves',
  ],
  [
    'an account that lost its zeros as a number',
    'account',
    11111111111,
    'account',
    'twelve digits in quotes',
  ],
  ['a name too long for the functions', 'name', 'an-environment-with-a-long-name', 'name', 'up to 16'],
  ['a strategy nobody knows', 'strategy', 'hot', 'strategy', 'warm-standby, pilot-light'],
  [
    'a zone that does not cover the record',
    'dns.zoneName',
    'company.org',
    'dns.records[0].name',
    'a name in the zone company.org',
  ],
  [
    'a zone that only ends like the record',
    'dns.zoneName',
    'ny.com',
    'dns.records[0].name',
    'a name in the zone ny.com',
  ],
  ['a TTL above a minute', 'dns.records', [{ ...record, ttl: 300 }], 'dns.records[0].ttl', 'from 1 to 60'],
  ['no record at all', 'dns.records', [], 'dns.records', 'at least one record'],
  [
    'more records than may be moved',
    'dns.records',
    Array.from({ length: 21 }, (_, i) => ({ ...record, name: `r${i}.company.com` })),
    'dns.maxRecords',
    'at least the 21 records',
  ],
  ['a record listed twice', 'dns.records', [record, record], 'dns.records[1]', 'each only once'],
  [
    'a wildcard as the name that users call',
    'dns.records',
    [{ ...record, name: '*.company.com' }],
    'dns.records[0].name',
    'not a wildcard',
  ],
  [
    'a CNAME at the top of the zone',
    'dns.records',
    [
      {
        ...record,
        name: 'company.com',
        type: 'CNAME',
        primary: { values: ['a.company.com'] },
        standby: { values: ['b.company.com'] },
      },
    ],
    'dns.records[0].type',
    'cannot be a CNAME',
  ],
  [
    'a name as the value of an A record',
    'dns.records',
    [{ ...record, standby: { values: ['standby.company.com'] } }],
    'dns.records[0].standby.values[0]',
    'an IPv4 address',
  ],
  [
    'an IPv4 address in an AAAA record',
    'dns.records',
    [{ ...record, type: 'AAAA', standby: { values: ['2001:db8::1'] } }],
    'dns.records[0].primary.values[0]',
    'an IPv6 address',
  ],
  [
    'two values of a CNAME',
    'dns.records',
    [
      {
        ...record,
        type: 'CNAME',
        primary: { values: ['a.company.com', 'b.company.com'] },
        standby: { values: ['c.company.com'] },
      },
    ],
    'dns.records[0].primary.values',
    'one DNS name',
  ],
  [
    'an alias of type CNAME',
    'dns.records',
    [
      {
        ...record,
        type: 'CNAME',
        primary: alias('a.elb.amazonaws.com'),
        standby: { values: ['c.company.com'] },
      },
    ],
    'dns.records[0].primary.alias',
    'of type A or AAAA',
  ],
  [
    'an alias that does not follow its target',
    'dns.records',
    [
      {
        ...record,
        primary: {
          alias: {
            dnsName: 'a.elb.amazonaws.com',
            hostedZoneId: 'Z1H1FL5HABSF5',
            evaluateTargetHealth: false,
          },
        },
      },
    ],
    'dns.records[0].primary',
    'evaluateTargetHealth: true',
  ],
  [
    'both sites at the same address',
    'dns.records',
    [{ ...record, standby: record.primary }],
    'dns.records[0].standby',
    'another target',
  ],
  [
    'an identifier without a weight',
    'dns.records',
    [{ ...record, setIdentifier: 'blue' }],
    'dns.records[0].setIdentifier',
    'together',
  ],
  [
    'a weighted record steered by the switch',
    'dns.records',
    [{ ...record, weight: 10, setIdentifier: 'blue' }],
    'dns.records[0].weight',
    'no weight in mode switch',
  ],
  [
    'a zone with one name server',
    'dns.nameServers',
    ['ns-1.awsdns-01.com'],
    'dns.nameServers',
    'at least two',
  ],
  ['a resolver that is a name', 'dns.resolvers', ['dns.google'], 'dns.resolvers[0]', 'IPv4 address'],
  ['an update cadence of zero', 'severities.P0.updateEvery', '0m', 'severities.P0.updateEvery', 'above zero'],
  ['a time without a unit', 'severities.P1.rto', 15, 'severities.P1.rto', 'such as 90s, 15m or 4h'],
  ['updates after the RTO', 'severities.P0', level, 'severities.P0.updateEvery', 'at most the RTO, 600s'],
  [
    'an interval that Route 53 does not have',
    'detection.checkInterval',
    20,
    'detection.checkInterval',
    '10 or 30',
  ],
  [
    'a probe that fails over on its first miss',
    'detection.probe.failures',
    1,
    'detection.probe.failures',
    'from 2 to 15',
  ],
  [
    'a node group whose desired size is below its floor',
    'sites.standby.nodeGroups',
    [{ ...group, desired: 1 }],
    'sites.standby.nodeGroups[0]',
    'min <= desired <= max',
  ],
  [
    'a node group whose desired size is above its ceiling',
    'sites.standby.nodeGroups',
    [{ ...group, desired: 5 }],
    'sites.standby.nodeGroups[0]',
    'min <= desired <= max',
  ],
  [
    'a node group listed twice',
    'sites.standby.nodeGroups',
    [group, group],
    'sites.standby.nodeGroups[1]',
    'each only once',
  ],
  [
    'a deployment listed twice',
    'sites.standby.deployments',
    [
      { name: 'erlmcp', replicas: 3 },
      { name: 'erlmcp', replicas: 2 },
    ],
    'sites.standby.deployments[1]',
    'each only once',
  ],
  [
    'a deployment without pods',
    'sites.standby.deployments',
    [{ name: 'erlmcp', replicas: 0 }],
    'sites.standby.deployments[0].replicas',
    'from 1 to 5000',
  ],
  ['nobody on call', 'contacts.oncall', [], 'contacts.oncall', 'at least one person on call'],
  [
    'an e-mail address without a host',
    'contacts.oncall',
    [{ name: 'A', email: 'oncall' }],
    'contacts.oncall[0].email',
    'an e-mail address',
  ],
  [
    'a telephone number without its country',
    'contacts.oncall',
    [{ name: 'A', email: 'a@b.co', phone: '0555123' }],
    'contacts.oncall[0].phone',
    'with its country',
  ],
  [
    'a Slack channel by its name',
    'channels.slack',
    { channel: '#incidents', tokenSecret: 'x' },
    'channels.slack.channel',
    'the id of a Slack channel',
  ],
  [
    'plain http on the port of https',
    'application.health',
    { protocol: 'http' },
    'application.health.port',
    'such as 80',
  ],
  [
    'a health path that is a URL',
    'application.health.path',
    'https://a/health',
    'application.health.path',
    'a path such as /health',
  ],
  ['no sites', 'sites', undefined, 'sites', 'an object with primary, standby'],
];

describe('an environment is refused', () => {
  it.each(refusals)('for %s', (_what, path, value, at, allowed) => {
    const problems = problemsOf(withMember(path, value));
    expect(problems, problems.join('\n')).toHaveLength(1);
    expect(problems[0]?.replace(/ \(line \d+\)/, '')).toMatch(new RegExp(`^${RegExp.escape(at)}: `));
    expect(problems[0]).toContain(allowed);
  });

  it('with what was got beside what is allowed', () => {
    const [problem] = problemsOf(withMember('strategy', 'hot'));
    expect(problem).toMatch(/^strategy \(line \d+\): got "hot", allowed: warm-standby, pilot-light$/);
  });

  it('with every problem at once, those between members too', () => {
    const yaml = [
      'strategy=hot',
      'sites.standby.region=eu-west-1',
      'dns.zoneName=company.org',
      'unknown=1',
    ].reduce((text, change) => withMember(change.split('=')[0] ?? '', change.split('=')[1], text), good);
    const problems = problemsOf(yaml);
    expect(problems).toHaveLength(4);
    for (const at of ['strategy', 'the file', 'sites.standby.region', 'dns.records[0].name']) {
      expect(problems.some((problem) => problem.startsWith(at))).toBe(true);
    }
  });

  it('with a wrong record hiding nothing about the next one', () => {
    const problems = problemsOf(
      withMember('dns.records', [
        { ...record, ttl: 300 },
        { ...record, name: 'other.org' },
      ]),
    );
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'dns.records[0].ttl',
      'dns.records[1].name',
    ]);
  });

  it('with the line of a YAML error', () => {
    const lines = good.split('\n');
    const broken = [...lines.slice(0, 4), '  name: [unclosed', ...lines.slice(4)].join('\n');
    expect(problemsOf(broken)[0]).toMatch(/^line \d+: /);
  });

  it('with the line of a key that is there twice', () => {
    expect(problemsOf(`${good}\nstrategy: pilot-light\n`)[0]).toMatch(/^line \d+: .*unique/);
  });

  it('when nobody has written it, with the names of those that exist', () => {
    expect(() => loadEnvironment('production')).toThrow('no such environment; allowed: dev, prod, staging');
  });
});

describe('an environment is taken', () => {
  it.each(environmentNames())('%s, under the name of its file', (name) => {
    expect(loadEnvironment(name).name).toBe(name);
  });

  it('with the defaults of the severities in seconds', () => {
    const { severities } = loadEnvironment('dev');
    expect(severities.P0).toEqual({ rto: 3600, rpo: 900, updateEvery: 900 });
    expect(severities.P1).toEqual({ rto: 14_400, rpo: 3600, updateEvery: 1800 });
    expect(severities.P2).toEqual({ rto: 28_800, rpo: 14_400, updateEvery: 7200 });
    expect(severities.P3).toEqual({ rto: 86_400, rpo: 28_800, updateEvery: 14_400 });
  });

  it('with one severity set and the others as they are', () => {
    const { severities } = parseEnvironment(withMember('severities', { P0: { rto: '30m' } }), 'dev.yaml');
    expect(severities.P0).toEqual({ rto: 1800, rpo: 900, updateEvery: 900 });
    expect(severities.P1.rto).toBe(14_400);
  });

  it('with weighted records in mode upsert', () => {
    const weighted = withMember('dns.records', [{ ...record, weight: 10, setIdentifier: 'blue' }]);
    expect(problemsOf(withMember('dns.mode', 'upsert', weighted))).toEqual([]);
  });
});
