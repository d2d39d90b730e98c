import * as z from 'zod';
import { channels, communication, contacts } from './communication-schema.ts';
import {
  accountId,
  duration,
  hostName,
  kubernetesName,
  matching,
  object,
  oneOf,
  region,
  some,
  text,
  whole,
} from './fields.ts';
import { recordSchema } from './record.ts';
import { checkWhole } from './rules.ts';
import { configuration, hardware, load, smokeTest } from './service-schema.ts';

/**
 * The environment: one YAML file, one deployment. This schema is the only place with defaults; everything
 * after it takes the values as they come.
 */

const awsName = (what: string) =>
  matching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, `the name of an EKS ${what}: letters, digits, - and _`);

const nodeGroup = object({
  name: awsName('node group'),
  min: whole(0, 450, 'nodes'),
  desired: whole(0, 450, 'nodes'),
  max: whole(1, 450, 'nodes'),
}).describe('what a node group of the standby must reach; nothing is ever lowered');

const deployment = object({
  name: kubernetesName('deployment'),
  replicas: whole(1, 5000, 'pods'),
  after: z
    .array(kubernetesName('deployment'))
    .default([])
    .describe('deployments that must be ready before this one is restarted'),
  autoscaler: kubernetesName('HorizontalPodAutoscaler')
    .optional()
    .describe('its HPA: the floor is raised rather than the count set'),
});

const vpc = object({
  subnetIds: some(
    matching(/^subnet-[0-9a-f]{8,17}$/, 'a subnet id such as subnet-0123456789abcdef0'),
    'subnet',
  ),
  securityGroupIds: some(
    matching(/^sg-[0-9a-f]{8,17}$/, 'a security group id such as sg-0123456789abcdef0'),
    'security group',
  ),
}).describe('where functions that talk to the cluster run, when its endpoint is private');

const cluster = { name: awsName('cluster'), namespace: kubernetesName('namespace') };

const sites = object({
  primary: object({
    region: region(),
    host: hostName(),
    cluster: object({
      ...cluster,
      vpc: vpc.optional(),
      writers: z
        .array(
          object({
            name: kubernetesName('deployment'),
            autoscaler: kubernetesName('HorizontalPodAutoscaler').optional(),
          }),
        )
        .default([])
        .describe('deployments that use the databases, in the order in which they are started'),
    }),
    nodeGroups: z
      .array(nodeGroup)
      .default([])
      .describe('node groups whose lost capacity and unhealthy nodes are replaced'),
    databaseVpc: vpc.optional().describe('where the function that asks the databases runs'),
  }),
  standby: object({
    region: region(),
    host: hostName(),
    cluster: object({ ...cluster, vpc: vpc.optional() }),
    nodeGroups: z.array(nodeGroup).default([]).describe('empty when something else provides the nodes'),
    deployments: some(deployment, 'deployment'),
    databaseVpc: vpc.optional().describe('where the function that asks the databases runs'),
  }),
});

const dns = object({
  mode: oneOf(['switch', 'upsert']).describe(
    'switch: failover records steered from the standby region; upsert: records changed through Route 53',
  ),
  zoneId: matching(/^Z[A-Z0-9]{1,31}$/, 'the id of a hosted zone such as Z0123456789ABCDEFGHIJ'),
  zoneName: hostName(),
  nameServers: some(hostName(), 'name server of the zone').min(2, {
    error: 'at least two name servers of the zone',
  }),
  resolvers: some(z.ipv4({ error: 'the IPv4 address of a public resolver' }), 'resolver').default([
    '1.1.1.1',
    '8.8.8.8',
  ]),
  maxRecords: whole(1, 500, 'records').default(20),
  records: some(recordSchema, 'record'),
});

const sqlName = (what: string) =>
  matching(/^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/, `${what}, as SQL spells it without quotes`);

const rdsName = (what: string) =>
  matching(
    /^[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]$/,
    `the identifier of a ${what}: lower case letters, digits and single hyphens, a letter first`,
  );

const secretName = matching(/^[\w/+=.@-]{1,512}$/, 'the name of a secret in Secrets Manager');

const perSite = <T extends z.ZodType>(of: T) => object({ primary: of, standby: of });

const consistency = object({
  name: kubernetesName('consistency query'),
  sql: text('one SELECT').max(4000),
  expect: z
    .union(
      [
        object({ rows: whole(0, 1_000_000, 'rows') }),
        object({ value: text('a value') }),
        object({ atLeast: z.number() }),
      ],
      { error: 'one of { rows: 0 }, { value: "ok" }, { atLeast: 1 }' },
    )
    .describe('so many rows; or the first column of the first row, as text or at least this number'),
});

const databaseName = matching(
  /^[a-z0-9]([a-z0-9-]{0,26}[a-z0-9])?$/,
  'a name of a database of at most 28 lower case letters, digits and -',
);

const database = object({
  name: databaseName.describe(
    'with the id of an incident it names an execution, which may have 80 characters',
  ),
  kind: oneOf(['instance', 'aurora'])
    .default('instance')
    .describe('aurora: identifiers are those of clusters'),
  primary: object({ identifier: rdsName('DB instance or cluster') }),
  standby: object({
    identifier: rdsName('DB instance or cluster').describe(
      'of the replica or secondary cluster; with from: backups, what a restored one is called',
    ),
    from: oneOf(['replica', 'backups']).default('replica'),
    backupKeyId: text('the id or ARN of a KMS key in the standby region')
      .optional()
      .describe('for copied backups of an encrypted database'),
    backupRetentionDays: whole(1, 35, 'days').default(7),
  }),
  globalCluster: rdsName('global cluster').optional(),
  after: z.array(databaseName).default([]).describe('databases that must be back before this one'),
  identity: z
    .discriminatedUnion('by', [
      object({ by: z.literal('secret'), secret: perSite(secretName) }),
      object({
        by: z.literal('cname'),
        zoneId: matching(/^Z[A-Z0-9]{1,31}$/, 'the id of a hosted zone such as Z0123456789ABCDEFGHIJ'),
        ttl: whole(1, 60, 'seconds').default(5),
        record: perSite(hostName()),
      }),
      object({
        by: z.literal('rename'),
        host: perSite(hostName()).describe('the endpoints that the application has in its configuration'),
      }),
    ])
    .describe('how the application finds its database, and so what is changed when another takes its place'),
  port: whole(1, 65_535, 'TCP port').default(5432),
  reader: perSite(secretName).describe(
    'secrets with username, password and dbname of a user that may read, for consistency queries',
  ),
  tables: z
    .array(object({ table: sqlName('a table'), writtenAt: sqlName('a column').optional() }))
    .default([])
    .describe('tables whose rows are counted for the report of lost writes'),
  consistency: z.array(consistency).default([]),
  statementTimeout: duration('30s')
    .prefault('10s')
    .describe('of each query; the function that asks has 40 s for all of them'),
  quarantine: z
    .array(matching(/^sg-[0-9a-f]{8,17}$/, 'a security group id such as sg-0123456789abcdef0'))
    .default([])
    .describe('security groups that a damaged database is put into'),
  lease: object({
    ttl: duration().prefault('30s'),
    skew: duration().prefault('10s').describe('by how much clocks may differ'),
    keeperRoleArn: matching(
      /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
      'the ARN of an IAM role such as arn:aws:iam::111111111111:role/erlmcp',
    )
      .optional()
      .describe('the role of the lease keepers, when it is to be let into the ledger by its bucket policy'),
  })
    .optional()
    .describe('the lease that writers must renew; without it a promotion always asks a person'),
  restore: object({
    expected: duration().prefault('45m').describe('until a restore has been measured'),
    budget: duration('7h').prefault('4h').describe('a restore that takes longer is given up'),
  }).prefault({}),
});

const gates = object({
  promotion: object({
    P0: oneOf(['person', 'waived']).default('person'),
    P1: oneOf(['person', 'waived']).default('person'),
    P2: oneOf(['person', 'waived']).default('person'),
    P3: oneOf(['person', 'waived']).default('person'),
  })
    .prefault({})
    .describe('waived: a promotion within the RPO, of a database with a lease, asks nobody'),
  restore: oneOf(['always', 'beyond-rpo'])
    .default('beyond-rpo')
    .describe('when a person is asked before a restore'),
  timeout: duration('34h').prefault('30m').describe('after so long without an answer nothing is done'),
});

const detection = object({
  checkInterval: z
    .union([z.literal(10), z.literal(30)], { error: '10 or 30 (seconds)' })
    .default(10)
    .describe('seconds between two checks of one checker'),
  checkFailures: whole(1, 10, 'checks in a row').default(3),
  healthyPercent: whole(1, 99, 'percent')
    .default(50)
    .describe('alarm when fewer checkers than this say healthy'),
  periods: whole(1, 15, 'minutes in a row').default(1),
  probe: object({ failures: whole(2, 15, 'minutes in a row').default(3) }).prefault({}),
  configuration: object({ failures: whole(2, 15, 'minutes in a row').default(2) }).prefault({}),
  application: object({ failures: whole(2, 15, 'minutes in a row').default(3) }).prefault({}),
  nodes: object({ failures: whole(2, 15, 'minutes in a row').default(3) }).prefault({}),
  confirmMinutes: whole(1, 30, 'minutes').default(1),
  maxEventAgeMinutes: whole(1, 60, 'minutes').default(10),
  cooldownMinutes: whole(0, 1440, 'minutes').default(60),
});

const level = (rto: string, rpo: string, updateEvery: string) =>
  object({
    rto: duration().prefault(rto),
    rpo: duration().prefault(rpo),
    updateEvery: duration().prefault(updateEvery),
  }).prefault({});

const severities = object({
  P0: level('1h', '15m', '15m'),
  P1: level('4h', '1h', '30m'),
  P2: level('8h', '4h', '2h'),
  P3: level('24h', '8h', '4h'),
});

const fields = object({
  name: matching(/^[a-z][a-z0-9-]{0,15}$/, 'up to 16 lower case letters, digits and -'),
  account: accountId(),
  application: object({
    name: kubernetesName('application'),
    health: object({
      protocol: oneOf(['https', 'http']).default('https'),
      port: whole(1, 65_535, 'TCP port').default(443),
      path: matching(/^\/[\x21-\x7e]{0,254}$/, 'a path such as /health').default('/health'),
      contains: text('text')
        .max(255)
        .optional()
        .describe('text that the first 5,120 bytes of a good answer contain'),
    }).prefault({}),
  }),
  strategy: oneOf(['warm-standby', 'pilot-light']),
  sites,
  dns,
  detection: detection.prefault({}),
  databases: z.array(database).max(100).default([]),
  gates: gates.prefault({}),
  configuration: configuration.prefault({}),
  tests: z
    .array(smokeTest)
    .max(50)
    .default([])
    .describe('asked each minute, and after every recovery, from outside'),
  load: load.optional().describe('a light load after a recovery, on the recovered service only'),
  hardware: hardware.prefault({}),
  contacts,
  channels: channels.prefault({}),
  communication: communication.prefault({}),
  severities: severities.prefault({}),
});

/** Member by member, and what must hold between members, even when a member elsewhere is wrong. */
export const environmentSchema = fields.superRefine(checkWhole, { when: () => true });

/** An environment as the program uses it: durations are seconds, defaults are filled in. */
export type Environment = z.output<typeof environmentSchema>;
