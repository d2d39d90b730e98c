import * as z from 'zod';
import { type Complain, nameOf, type Path, type Rule, rule, unique } from './rule.ts';

/** What must hold between the members of an environment because it has databases. */

/** So many characters of its source are in the name of a copy (plan-restore): RDS's longest name has 63. */
export const copyStem = 40;

/** Hours that a restore of all databases may take with its gate: its machine ends after 34. */
const wholeRestore = 33;

const text = z.string();
const list = z.object({ databases: z.array(z.unknown()) });

/** One rule per database, so that a wrong one hides nothing about the others. */
function eachDatabase<Part extends z.ZodType>(
  part: Part,
  check: (database: z.output<Part>, at: (...path: Path) => Path, complain: Complain) => void,
): Rule {
  return rule(list, ({ databases }, complain) => {
    databases.forEach((database, index) => {
      const result = part.safeParse(database);
      if (result.success) check(result.data, (...path) => ['databases', index, ...path], complain);
    });
  });
}

const ordered = z.object({ name: text, after: z.array(text) });

export const ofDatabases: readonly Rule[] = [
  rule(list, ({ databases }, complain) => {
    unique(databases.map(nameOf), ['databases'], complain);
    for (const site of ['primary', 'standby'] as const) {
      const part = z.object({ [site]: z.object({ identifier: text }) });
      const identifiers = databases.map((database) => part.safeParse(database).data?.[site]?.identifier);
      unique(identifiers, ['databases'], complain);
      const stems = identifiers.map((identifier) => identifier?.slice(0, copyStem));
      stems.forEach((stem, index) => {
        const first = stems.indexOf(stem);
        if (stem === undefined || first === index || identifiers[first] === identifiers[index]) return;
        complain(
          ['databases', index, site, 'identifier'],
          `one that differs from ${identifiers[first] ?? ''} in its first ${copyStem} characters: they are all that ` +
            'the names of copies have of it',
        );
      });
    }
  }),
  rule(list, ({ databases }, complain) => {
    const secret = z.object({ identity: z.object({ secret: z.object({ primary: text, standby: text }) }) });
    for (const site of ['primary', 'standby'] as const) {
      const secrets = databases.map((database) => secret.safeParse(database).data?.identity.secret[site]);
      unique(secrets, ['databases'], complain);
    }
    const record = z.object({ identity: z.object({ record: z.object({ primary: text, standby: text }) }) });
    const names = databases.map((database) => record.safeParse(database).data?.identity.record);
    names.forEach((own, index) => {
      const others = names.slice(0, index).flatMap((other) => (other ? [other.primary, other.standby] : []));
      for (const site of ['primary', 'standby'] as const) {
        if (own && others.includes(own[site]))
          complain(['databases', index, 'identity', 'record', site], 'a name of no other database');
      }
    });
  }),
  ...(['primary', 'standby'] as const).map((site) =>
    rule(list, ({ databases }, complain) => {
      const part = z.object({ reader: z.object({ [site]: text }) });
      const secrets = databases.map((database) => part.safeParse(database).data?.reader[site]);
      secrets.forEach((secret, index) => {
        if (secret !== undefined && secrets.indexOf(secret) !== index)
          complain(
            ['databases', index, 'reader', site],
            'a secret of its own: it names the database (dbname) as well as the user',
          );
      });
    }),
  ),
  rule(list, ({ databases }, complain) => {
    const known = databases.map((database) => ordered.safeParse(database).data);
    const names = known.flatMap((database) => (database ? [database.name] : []));
    known.forEach((database, index) => {
      database?.after.forEach((name, place) => {
        const at = ['databases', index, 'after', place];
        if (!names.includes(name)) {
          complain(at, `another database of this environment: ${names.join(', ')}`);
        } else if (reaches(known, name, database.name)) {
          complain(at, `no database that waits for ${database.name} itself`);
        }
      });
    });
  }),
  eachDatabase(
    z.object({
      kind: z.literal('aurora'),
      standby: z.object({ from: z.literal('replica') }),
      globalCluster: text.optional(),
    }),
    ({ globalCluster }, at, complain) => {
      if (globalCluster === undefined)
        complain(at('globalCluster'), 'the Aurora global database that both clusters are members of');
    },
  ),
  eachDatabase(z.object({ kind: z.literal('instance'), globalCluster: text }), (_, at, complain) =>
    complain(at('globalCluster'), 'none: only clusters of kind aurora have one'),
  ),
  eachDatabase(
    z.object({ kind: z.literal('aurora'), standby: z.object({ from: z.literal('backups') }) }),
    (_, at, complain) =>
      complain(
        at('standby', 'from'),
        'replica: RDS does not copy automated backups of Aurora to another region',
      ),
  ),
  eachDatabase(
    z.object({ kind: z.literal('aurora'), identity: z.object({ by: z.literal('rename') }) }),
    (_, at, complain) =>
      complain(at('identity', 'by'), 'secret or cname: a cluster of a global database cannot be renamed'),
  ),
  eachDatabase(
    z.object({
      identity: z.object({ by: z.literal('cname'), record: z.object({ primary: text, standby: text }) }),
    }),
    ({ identity: { record } }, at, complain) => {
      if (record.primary === record.standby)
        complain(
          at('identity', 'record', 'standby'),
          "another name than the primary's: each site has its own",
        );
    },
  ),
  ...(['primary', 'standby'] as const).map((site) =>
    eachDatabase(
      z.object({
        [site]: z.object({ identifier: text }),
        identity: z.object({ by: z.literal('rename'), host: z.object({ [site]: text }) }),
      }),
      (database, at, complain) => {
        const { identifier } = z.object({ identifier: text }).parse(database[site]);
        const host = z.object({ host: z.record(text, text) }).parse(database['identity']).host[site];
        if (host?.startsWith(`${identifier}.`) === false)
          complain(
            at('identity', 'host', site),
            `the endpoint of ${identifier}: ${identifier}.<…>.rds.amazonaws.com`,
          );
      },
    ),
  ),
  rule(
    z.object({
      databases: z.array(z.unknown()),
      dns: z.object({ zoneId: text, zoneName: text, records: z.array(z.unknown()) }),
    }),
    ({ databases, dns }, complain) => {
      const cname = z.object({
        identity: z.object({ zoneId: text, record: z.object({ primary: text, standby: text }) }),
      });
      databases.forEach((database, index) => {
        const identity = cname.safeParse(database).data?.identity;
        if (identity?.zoneId !== dns.zoneId) return;
        for (const site of ['primary', 'standby'] as const) {
          const name = identity.record[site];
          const at = ['databases', index, 'identity', 'record', site];
          if (!name.endsWith(`.${dns.zoneName}`)) complain(at, `a name in the zone ${dns.zoneName}`);
          else if (dns.records.some((record) => nameOf(record) === name))
            complain(at, 'a name of the database itself, not a record that a failover moves');
        }
      });
    },
  ),
  rule(
    z.object({
      databases: z.array(
        z.object({ name: text, after: z.array(text), restore: z.object({ budget: z.number() }) }),
      ),
      gates: z.object({ timeout: z.number() }),
    }),
    ({ databases, gates: { timeout } }, complain) => {
      const waves = wavesOf(databases);
      const slowest = waves.map((wave) => Math.max(...wave.map(({ restore }) => restore.budget)));
      const hours = Math.ceil((timeout + slowest.reduce((sum, budget) => sum + budget, 0)) / 3_600);
      if (hours > wholeRestore)
        complain(
          ['gates', 'timeout'],
          `less, or smaller budgets: with the largest budget of each wave of databases it comes to ${hours} h, and ` +
            `a restore is cut off after ${wholeRestore} h`,
        );
    },
  ),
  eachDatabase(z.object({ consistency: z.array(z.unknown()) }), ({ consistency }, at, complain) => {
    unique(consistency.map(nameOf), at('consistency'), complain);
    consistency.forEach((query, index) => {
      const { data } = z.object({ sql: text }).safeParse(query);
      if (data && !/^\s*(select|with|table|values)\b[^;]*$/i.test(data.sql))
        complain(
          at('consistency', index, 'sql'),
          'one statement that reads: SELECT or WITH, without a semicolon',
        );
    });
  }),
  rule(
    z.object({
      databases: z.array(z.object({ lease: z.unknown().optional() })),
      gates: z.object({ promotion: z.record(text, text) }),
    }),
    ({ databases, gates }, complain) => {
      if (databases.every(({ lease }) => lease !== undefined)) return;
      for (const [level, gate] of Object.entries(gates.promotion)) {
        if (gate === 'waived')
          complain(
            ['gates', 'promotion', level],
            'person: without a lease on every database nothing keeps the old primary from writing',
          );
      }
    },
  ),
  rule(
    z.object({
      databases: z.array(z.unknown()).min(1),
      sites: z.object({ primary: z.object({ cluster: z.object({ writers: z.array(z.unknown()) }) }) }),
    }),
    ({ sites: { primary } }, complain) => {
      const at = ['sites', 'primary', 'cluster', 'writers'];
      if (primary.cluster.writers.length === 0)
        complain(at, 'the deployments that use the databases: they are stopped while one is restored');
      unique(primary.cluster.writers.map(nameOf), at, complain);
    },
  ),
];

/** Whether `from` waits for `to`, at whatever distance. */
function reaches(
  databases: readonly (z.output<typeof ordered> | undefined)[],
  from: string,
  to: string,
): boolean {
  const found = new Set([from]);
  for (const name of found) {
    for (const next of databases.find((database) => database?.name === name)?.after ?? []) found.add(next);
  }
  return found.has(to);
}

/** Those that wait for none, then those that wait for these only, and so on; what waits for itself is in none. */
function wavesOf<Database extends z.output<typeof ordered>>(
  databases: readonly Database[],
): readonly (readonly Database[])[] {
  const back = new Set<string>();
  const waves: (readonly Database[])[] = [];
  for (;;) {
    const wave = databases.filter(
      ({ name, after }) => !back.has(name) && after.every((each) => back.has(each)),
    );
    if (wave.length === 0) return waves;
    waves.push(wave);
    for (const { name } of wave) back.add(name);
  }
}
