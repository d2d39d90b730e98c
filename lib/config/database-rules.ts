import * as z from 'zod';
import { type Complain, nameOf, type Path, type Rule, rule, unique } from './rule.ts';

/** What must hold between the members of an environment because it has databases. */

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
      unique(
        databases.map((database) => part.safeParse(database).data?.[site]?.identifier),
        ['databases'],
        complain,
      );
    }
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
  seen: readonly string[] = [],
): boolean {
  if (from === to) return true;
  if (seen.includes(from)) return false;
  const next = databases.find((database) => database?.name === from)?.after ?? [];
  return next.some((name) => reaches(databases, name, to, [...seen, from]));
}
