import { readFileSync } from 'node:fs';
import { CloudWatchRegion } from '@aws-sdk/client-route-53';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import {
  environmentNames,
  InvalidEnvironment,
  loadEnvironment,
  parseEnvironment,
} from '../../../lib/config/load.ts';
import { defaultRoutes } from '../../../lib/config/routes.ts';
import { regions } from '../../../lib/config/regions.ts';
import { communicationRefusals } from './communication-refusals.ts';
import { aurora, database, databaseRefusals, other } from './database-refusals.ts';
import { record, refusals } from './refusals.ts';
import { serviceRefusals } from './service-refusals.ts';

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

describe('an environment is refused', () => {
  it.each([...refusals, ...serviceRefusals, ...communicationRefusals])(
    'for %s',
    (_what, path, value, at, allowed) => {
      const problems = problemsOf(withMember(path, value));
      expect(problems, problems.join('\n')).toHaveLength(1);
      expect(problems[0]?.replace(/ \(line \d+\)/, '').split(': ')[0]).toBe(at);
      expect(problems[0]).toContain(allowed);
    },
  );

  it('for a load without tests', () => {
    const bare = withMember('configuration', undefined, withMember('tests', undefined));
    expect(problemsOf(withMember('load', {}, bare))).toEqual([expect.stringContaining('load') as string]);
  });

  it('for deployments that wait for each other', () => {
    const circle = [
      { name: 'erlmcp', replicas: 1, after: ['gateway'] },
      { name: 'gateway', replicas: 1, after: ['erlmcp'] },
    ];
    expect(problemsOf(withMember('sites.standby.deployments', circle))).toEqual([
      expect.stringContaining('no circle: erlmcp, gateway wait for each other') as string,
    ]);
  });

  it.each(databaseRefusals)('for %s', (_what, databases, at, allowed) => {
    const problems = problemsOf(withMember('databases', databases));
    expect(problems, problems.join('\n')).toHaveLength(1);
    expect(problems[0]?.replace(/ \(line \d+\)/, '').split(': ')[0]).toBe(at);
    expect(problems[0]).toContain(allowed);
  });

  it('for databases that wait for each other, each of which is told', () => {
    const problems = problemsOf(
      withMember('databases', [
        { ...database, after: ['billing'] },
        { ...other, after: ['erlmcp'] },
      ]),
    );
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'databases[0].after[0]',
      'databases[1].after[0]',
    ]);
  });

  it('for a promotion that asks nobody, where nothing keeps the old primary from writing', () => {
    const waived = withMember('gates', { promotion: { P0: 'waived' } });
    expect(problemsOf(waived)).toEqual([]);
    expect(problemsOf(withMember('databases', [database], waived))).toEqual([
      expect.stringMatching(/^gates\.promotion\.P0 .*without a lease on every database/),
    ]);
  });

  it('for databases of which nobody says who writes to them', () => {
    expect(problemsOf(withMember('sites.primary.cluster.writers', []))).toEqual([
      expect.stringMatching(/^sites\.primary\.cluster\.writers .*they are stopped while one is restored/),
    ]);
    const twice = [{ name: 'erlmcp' }, { name: 'erlmcp' }];
    expect(problemsOf(withMember('sites.primary.cluster.writers', twice))).toEqual([
      expect.stringMatching(/^sites\.primary\.cluster\.writers\[1\] .*each only once/),
    ]);
  });

  it('within a moment, however its hundred databases wait for each other', () => {
    const after = Array.from({ length: 100 }, (_, index) => `d${index}`);
    const problems = problemsOf(
      withMember(
        'databases',
        after.map((name) => ({ ...database, name, after })),
      ),
    );
    expect(problems.length).toBeGreaterThan(100);
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
    expect(problemsOf(broken)).toEqual([expect.stringMatching(/^line \d+: not YAML: /)]);
  });

  it('with the line of a key that is there twice', () => {
    expect(problemsOf(`${good}\nstrategy: pilot-light\n`)[0]).toMatch(/^line \d+: .*unique/);
  });

  it('when nobody has written it, with the names of those that exist', () => {
    expect(() => loadEnvironment('production')).toThrow('no such environment; allowed: dev, prod, staging');
  });

  it.each(['.', 'environments/', '', '../environments'])('for %j, which is no file', (name) => {
    expect(() => loadEnvironment(name)).toThrow(InvalidEnvironment);
  });

  it('when a copied file still has the name of another, over which it would be deployed', () => {
    const wrong = withMember('strategy', 'hot');
    expect(() => parseEnvironment(good, 'environments/qa.yaml', 'qa')).toThrow(
      /^environments\/qa.yaml: 1 problem\n {2}name \(line \d+\): got "dev", allowed: qa, as its file is called$/,
    );
    expect(() => parseEnvironment(wrong, 'environments/qa.yaml', 'qa')).toThrow('2 problems');
    expect(parseEnvironment(good, 'anywhere.yaml').name).toBe('dev');
  });

  it('for a weighted record beside one of its name and type that is not', () => {
    const records = [record, { ...record, weight: 10, setIdentifier: 'blue' }];
    const problems = problemsOf(withMember('dns.mode', 'upsert', withMember('dns.records', records)));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^dns\.records\[1\] .*all records of one name and type weighted, or one/);
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

  it('with instances and clusters, in the order in which they must be back', () => {
    const databases = [aurora, { ...other, after: ['erlmcp'] }];
    expect(problemsOf(withMember('databases', databases))).toEqual([]);
  });

  it('with routes of its own, and those of the other severities as they are', () => {
    const hears = ['opened', 'approval', 'escalation', 'recovered'];
    const routes = { P0: [{ to: 'oncall', by: ['email', 'slack'], hears }] };
    const { communication } = parseEnvironment(withMember('communication', { routes }), 'dev.yaml');
    expect(communication.routes.P0).toEqual([{ ...routes.P0[0], from: 'opened' }]);
    expect(communication.routes.P1).toEqual(defaultRoutes.P1);
  });

  it('with the routes of the default, although they name channels and people that it has not', () => {
    const { channels, contacts } = loadEnvironment('staging');
    expect(channels.slack ?? channels.pagerduty).toBeUndefined();
    expect(contacts.partners).toEqual([]);
  });

  it('with somebody called twice when nobody else can be', () => {
    const alone = withMember('contacts.oncall.secondary', undefined);
    expect(problemsOf(withMember('communication', { acknowledgeWithin: { P0: '2m' } }, alone))).toEqual([]);
  });

  it('with milestones beyond the RTO, or none', () => {
    expect(problemsOf(withMember('communication.milestones', [50, 100, 200]))).toEqual([]);
    expect(problemsOf(withMember('communication.milestones', []))).toEqual([]);
  });

  it('without any database, and so without anybody who writes to one', () => {
    const writers = withMember('sites.primary.cluster.writers', []);
    expect(problemsOf(withMember('databases', [], writers))).toEqual([]);
  });

  it('with records of a private zone, which has names of its own', () => {
    const record = { primary: 'db.erlmcp.internal', standby: 'db-standby.erlmcp.internal' };
    const databases = [{ ...database, identity: { by: 'cname', zoneId: 'Z0PRIVATE', record } }];
    expect(problemsOf(withMember('databases', databases))).toEqual([]);
  });

  it('with a wildcard among its records, and an AAAA beside an A', () => {
    const six = {
      ...record,
      type: 'AAAA',
      primary: { values: ['2001:db8::1'] },
      standby: { values: ['2001:db8::2'] },
    };
    const records = [record, six, { ...record, name: '*.erlmcp.company.com' }];
    expect(problemsOf(withMember('dns.records', records))).toEqual([]);
  });

  it('in each commercial region in which an alarm can drive a health check, and in no other', () => {
    const elsewhere = /^(cn|us-gov|us-iso[a-z]?|eu-iso[a-z]?|eusc)-/;
    const commercial = Object.values(CloudWatchRegion).filter((region) => !elsewhere.test(region));
    expect([...regions].toSorted()).toEqual(commercial.toSorted());
  });
});
