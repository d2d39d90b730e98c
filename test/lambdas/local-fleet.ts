import * as sdk from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { onTestFinished, vi } from 'vitest';
import { AwsError } from '../../drill/cloud/contract.ts';
import { bookkeepingEngine } from '../../drill/cloud/rds/bookkeeping-engine.ts';
import type { Rds } from '../../drill/cloud/rds/contract.ts';
import type { RdsOptions } from '../../drill/cloud/rds/fleet.ts';
import { rds as localRds } from '../../drill/cloud/rds/rds.ts';
import type { DatabaseSettings } from '../../lambdas/database/contract.ts';
import { call, testFoundation } from '../drill/cloud/foundation.ts';
import { awsError } from './memory-ledger.ts';

/** RDS as the local cloud imitates it, behind the SDK's client, on databases that are only bookkept. */
export interface LocalFleet {
  readonly rds: Rds;
  readonly engine: ReturnType<typeof bookkeepingEngine>;
  /** Changing calls as `ModifyDBInstance erlmcp`, in order. */
  readonly calls: string[];
  /** Called before every call of RDS that changes something; what it throws is thrown instead. */
  before: (name: string, input: Record<string, unknown>) => void;
  /** Called after it: what it throws is an answer that was lost. */
  after: (name: string, input: Record<string, unknown>) => void;
  /** Regions that do not answer. */
  readonly dark: Set<string>;
  /** Incident time, also of Date, which stands still otherwise. */
  pass(minutes: number): Promise<void>;
  /** ARN of the backups of a database that are copied to its standby's region. */
  copiedBackups(database: DatabaseSettings): Promise<string>;
  describe(region: string, identifier: string): Promise<sdk.DBInstance | undefined>;
  cluster(region: string, identifier: string): Promise<sdk.DBCluster | undefined>;
}

export function localFleet(options: Partial<RdsOptions> = {}): LocalFleet {
  const { foundation, clock } = testFoundation({ start: '2026-11-23T12:00:00Z' });
  vi.useFakeTimers({ toFake: ['Date'], now: clock.now() });
  let goOn: () => void = () => undefined;
  const standStill = () => void clock.busy(() => new Promise<void>((resolve) => (goOn = resolve)));
  standStill();
  const engine = bookkeepingEngine(clock);
  const dark = new Set<string>();
  const rds = localRds(foundation, { engine, metrics: { put: () => undefined }, ...options });
  rds.start();
  onTestFinished(() => {
    rds.stop();
    clock.stop();
    vi.useRealTimers();
  });
  const fleet: LocalFleet = {
    rds,
    engine,
    calls: [],
    before: () => undefined,
    after: () => undefined,
    dark,
    async pass(minutes) {
      goOn();
      await clock.sleep(minutes * 60_000);
      standStill();
      vi.setSystemTime(clock.now());
    },
    async copiedBackups({ standby: { region }, primary: { identifier } }) {
      const asked = { DBInstanceIdentifier: identifier };
      const answer = await call(rds.service, 'DescribeDBInstanceAutomatedBackups', asked, region);
      const [backups] = answer['DBInstanceAutomatedBackups'] as sdk.DBInstanceAutomatedBackup[];
      return backups?.DBInstanceAutomatedBackupsArn ?? '';
    },
    describe: (region, identifier) =>
      found(async () => {
        const { DBInstances } = await call(
          rds.service,
          'DescribeDBInstances',
          { DBInstanceIdentifier: identifier },
          region,
        );
        return (DBInstances as sdk.DBInstance[])[0];
      }),
    cluster: (region, identifier) =>
      found(async () => {
        const { DBClusters } = await call(
          rds.service,
          'DescribeDBClusters',
          { DBClusterIdentifier: identifier },
          region,
        );
        return (DBClusters as sdk.DBCluster[])[0];
      }),
  };
  const mock = mockClient(sdk.RDSClient);
  for (const name of Object.keys(rds.service.operations)) {
    const command = (sdk as unknown as Record<string, typeof sdk.DescribeDBInstancesCommand>)[
      `${name}Command`
    ];
    if (!command) throw new Error(`the SDK has no ${name}`);
    mock.on(command).callsFake(async (input: Record<string, unknown>, getClient: () => sdk.RDSClient) => {
      const region = await getClient().config.region();
      if (dark.has(region)) throw awsError('TimeoutError', `${region} does not answer`);
      const changes = !name.startsWith('Describe');
      if (changes) {
        fleet.before(name, input);
        fleet.calls.push(`${name} ${subjectOf(input)}`);
      }
      const answer = await asSdk(() => call(rds.service, name, input, region));
      if (changes) fleet.after(name, input);
      return answer;
    });
  }
  return fleet;
}

function subjectOf(input: Record<string, unknown>): string {
  const names = ['TargetDBInstanceIdentifier', 'DBInstanceIdentifier', 'DBClusterIdentifier', 'ResourceName'];
  const name = names.map((member) => input[member]).find((value) => typeof value === 'string') ?? '';
  return name.replace(/^arn:([^:]*:){5}/, '');
}

async function asSdk<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof AwsError) throw awsError(error.code, error.message);
    throw error;
  }
}

async function found<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof AwsError && error.code.includes('NotFound')) return undefined;
    throw error;
  }
}
