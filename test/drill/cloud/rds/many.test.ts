import {
  DescribeDBInstancesCommand,
  paginateDescribeDBInstances,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import { beforeAll, describe, expect, it } from 'vitest';
import { localRds, primary } from './local-rds.ts';

const local = await localRds({ instanceQuota: 200, requestsPerSecond: 120, restoreMinutes: 45 });
const client = local.client();

beforeAll(async () => {
  for (let n = 1; n <= 100; n++) {
    const identifier = `database-${n}`;
    const server = await local.engine.create(identifier);
    local.rds.seedInstance({ region: primary, identifier, server, dbName: 'x' });
  }
  local.rds.start();
  await local.pass(10);
});

describe('a hundred databases', () => {
  it('are listed in pages, and chosen by filters', async () => {
    const names: string[] = [];
    for await (const page of paginateDescribeDBInstances({ client, pageSize: 30 }, {})) {
      names.push(...(page.DBInstances ?? []).map((each) => each.DBInstanceIdentifier ?? ''));
    }
    expect(new Set(names).size).toBe(100);
    const Filters = [{ Name: 'db-instance-id', Values: ['database-7', 'database-70'] }];
    expect((await client.send(new DescribeDBInstancesCommand({ Filters }))).DBInstances).toHaveLength(2);
    await expect(
      client.send(new DescribeDBInstancesCommand({ Filters: [{ Name: 'x', Values: [] }] })),
    ).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('have addresses of their own', () => {
    const addresses = local.rds.addresses();
    expect(new Set(addresses.map(({ ip }) => ip)).size).toBe(100);
    expect(addresses.every(({ ip }) => /^10\.77\.\d+\.\d+$/.test(ip))).toBe(true);
  });

  it('are restored together, up to the quota and in the time of this world', async () => {
    const restore = (n: number) =>
      client.send(
        new RestoreDBInstanceToPointInTimeCommand({
          SourceDBInstanceIdentifier: `database-${n}`,
          TargetDBInstanceIdentifier: `database-${n}-copy`,
          UseLatestRestorableTime: true,
        }),
      );
    await Promise.all(Array.from({ length: 100 }, (_, n) => restore(n + 1)));
    await local.pass(1);
    await expect(
      client.send(
        new RestoreDBInstanceToPointInTimeCommand({
          SourceDBInstanceIdentifier: 'database-1',
          TargetDBInstanceIdentifier: 'one-more',
          UseLatestRestorableTime: true,
        }),
      ),
    ).rejects.toMatchObject({ name: 'InstanceQuotaExceededFault' });
    await local.pass(42);
    expect(local.engine.servers.filter(({ name }) => name.endsWith('-copy'))).toHaveLength(0);
    await local.pass(2);
    expect(local.rds.addresses()).toHaveLength(200);
  });

  it('are asked about no more often than the rate allows', async () => {
    const ask = () => client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'database-1' }));
    await local.pass(1);
    const answers = await Promise.allSettled(Array.from({ length: 130 }, ask));
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(10);
    expect(refused[0]).toMatchObject({ reason: { name: 'Throttling' } });
    await local.pass(1);
    expect((await ask()).DBInstances).toHaveLength(1);
  });
});
