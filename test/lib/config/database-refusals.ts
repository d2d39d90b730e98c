/** Databases of an environment, one thing wrong at a time, and what is said about each. */

/** The smallest that is taken. */
export const database = {
  name: 'erlmcp',
  primary: { identifier: 'erlmcp-primary' },
  standby: { identifier: 'erlmcp-standby' },
  identity: { by: 'secret', secret: { primary: 'erlmcp/db', standby: 'erlmcp/db' } },
  reader: { primary: 'erlmcp/reader', standby: 'erlmcp/reader' },
};

/** Another one, which shares nothing with the first. */
export const other = {
  name: 'billing',
  primary: { identifier: 'billing-primary' },
  standby: { identifier: 'billing-standby' },
  identity: { by: 'secret', secret: { primary: 'billing/db', standby: 'billing/db' } },
  reader: { primary: 'billing/reader', standby: 'billing/reader' },
};

export const aurora = { ...database, kind: 'aurora', globalCluster: 'erlmcp-global' };

const cname = (record: { readonly primary: string; readonly standby: string }, zoneId = 'Z0PRIVATE') => ({
  ...database,
  identity: { by: 'cname', zoneId, record },
});
const query = (sql: string, name = 'accounts-present') => ({ name, sql, expect: { rows: 0 } });
const long = `${'a'.repeat(45)}-1`;

/** What is wrong, the databases, where it is told, and what is said to be allowed. */
export const databaseRefusals: readonly (readonly [
  what: string,
  databases: readonly unknown[],
  at: string,
  allowed: string,
])[] = [
  ['two databases of one name', [database, { ...other, name: 'erlmcp' }], 'databases[1]', 'each only once'],
  [
    'a name that no execution could have',
    [{ ...database, name: 'the-ledger-of-all-the-accounts' }],
    'databases[0].name',
    'at most 28',
  ],
  [
    'one instance that is two databases',
    [database, { ...other, primary: database.primary }],
    'databases[1]',
    'each only once (erlmcp-primary is listed before)',
  ],
  [
    'two instances whose copies would have one name',
    [
      { ...database, primary: { identifier: long } },
      { ...other, primary: { identifier: `${long}2` } },
    ],
    'databases[1].primary.identifier',
    'in its first 40 characters',
  ],
  [
    'an identifier that RDS does not take',
    [{ ...database, primary: { identifier: 'Erlmcp--1' } }],
    'databases[0].primary.identifier',
    'single hyphens',
  ],
  [
    'a database that waits for one that is not there',
    [{ ...database, after: ['accounts'] }],
    'databases[0].after[0]',
    'another database of this environment: erlmcp',
  ],
  [
    'a database that waits for itself',
    [{ ...database, after: ['erlmcp'] }],
    'databases[0].after[0]',
    'no database that waits for erlmcp itself',
  ],
  [
    'a cluster whose copy nothing would promote',
    [{ ...aurora, globalCluster: undefined }],
    'databases[0].globalCluster',
    'the Aurora global database',
  ],
  [
    'an instance in a global cluster',
    [{ ...database, globalCluster: 'erlmcp-global' }],
    'databases[0].globalCluster',
    'only clusters of kind aurora',
  ],
  [
    'backups of a cluster, which RDS does not copy to another region',
    [{ ...aurora, standby: { ...database.standby, from: 'backups' } }],
    'databases[0].standby.from',
    'replica',
  ],
  [
    'a cluster of a global database that is to be renamed',
    [
      {
        ...aurora,
        identity: { by: 'rename', host: { primary: 'erlmcp-primary.a.co', standby: 'erlmcp-standby.a.co' } },
      },
    ],
    'databases[0].identity.by',
    'cannot be renamed',
  ],
  [
    'an endpoint that no rename would restore',
    [
      {
        ...database,
        identity: { by: 'rename', host: { primary: 'db.company.com', standby: 'erlmcp-standby.a.co' } },
      },
    ],
    'databases[0].identity.host.primary',
    'the endpoint of erlmcp-primary',
  ],
  [
    'one secret by which two applications find their databases',
    [
      database,
      { ...other, identity: { by: 'secret', secret: { primary: 'billing/db', standby: 'erlmcp/db' } } },
    ],
    'databases[1]',
    'each only once (erlmcp/db is listed before)',
  ],
  [
    "one reader's secret for two databases",
    [database, { ...other, reader: { primary: 'billing/reader', standby: 'erlmcp/reader' } }],
    'databases[1].reader.standby',
    'a secret of its own',
  ],
  [
    'one record for both sites',
    [cname({ primary: 'db.company.internal', standby: 'db.company.internal' })],
    'databases[0].identity.record.standby',
    "another name than the primary's",
  ],
  [
    'one record for two databases',
    [
      cname({ primary: 'a.company.internal', standby: 'b.company.internal' }),
      {
        ...other,
        identity: cname({ primary: 'c.company.internal', standby: 'a.company.internal' }).identity,
      },
    ],
    'databases[1].identity.record.standby',
    'a name of no other database',
  ],
  [
    'a record outside of the zone it is said to be in',
    [cname({ primary: 'db.company.org', standby: 'db-standby.company.com' }, 'Z0123456789ABCDEFGHIJ')],
    'databases[0].identity.record.primary',
    'a name in the zone company.com',
  ],
  [
    'a record that a failover moves as well',
    [cname({ primary: 'erlmcp.company.com', standby: 'db-standby.company.com' }, 'Z0123456789ABCDEFGHIJ')],
    'databases[0].identity.record.primary',
    'not a record that a failover moves',
  ],
  [
    'two queries of one name',
    [{ ...database, consistency: [query('select 1'), query('select 2')] }],
    'databases[0].consistency[1]',
    'each only once',
  ],
  ...['delete from accounts', 'select 1; select 2', 'select 1;', '', 'selection of 1'].map(
    (sql) =>
      [
        `${JSON.stringify(sql)} as a consistency query`,
        [{ ...database, consistency: [query(sql)] }],
        'databases[0].consistency[0].sql',
        'one',
      ] as const,
  ),
  [
    'a query that expects nothing',
    [{ ...database, consistency: [{ name: 'a', sql: 'select 1', expect: {} }] }],
    'databases[0].consistency[0].expect',
    'one of { rows: 0 }',
  ],
  [
    'a table by anything but its name',
    [{ ...database, tables: [{ table: 'accounts; drop table accounts' }] }],
    'databases[0].tables[0].table',
    'as SQL spells it without quotes',
  ],
  [
    'a query that the function which asks it would not outlive',
    [{ ...database, statementTimeout: '1m' }],
    'databases[0].statementTimeout',
    'at most 30s',
  ],
  [
    'a restore that its machine would not outlive',
    [{ ...database, restore: { budget: '8h' } }],
    'databases[0].restore.budget',
    'at most 7h',
  ],
  [
    'databases one after the other that take longer than their machine may',
    ['a', 'b', 'c', 'd', 'e'].map((name, index, names) => ({
      ...database,
      name,
      primary: { identifier: `${name}-primary` },
      standby: { identifier: `${name}-standby` },
      identity: { by: 'secret', secret: { primary: `${name}/db`, standby: `${name}/db` } },
      reader: { primary: `${name}/reader`, standby: `${name}/reader` },
      after: names.slice(0, index),
      restore: { budget: '7h' },
    })),
    'gates.timeout',
    'it comes to 36 h',
  ],
  [
    'a keeper that is no role',
    [{ ...database, lease: { keeperRoleArn: 'arn:aws:iam::111111111111:user/erlmcp' } }],
    'databases[0].lease.keeperRoleArn',
    'the ARN of an IAM role',
  ],
];
