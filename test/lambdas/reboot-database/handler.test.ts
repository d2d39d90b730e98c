import { beforeEach, describe, expect, it, vi } from 'vitest';
import { queryDatabase } from '../../../lambdas/aws/database-query.ts';
import type { IncidentRef } from '../../../lambdas/incident/contract.ts';
import type { Settings } from '../../../lambdas/reboot-database/contract.ts';
import { handler } from '../../../lambdas/reboot-database/handler.ts';
import { localFleet, type LocalFleet } from '../local-fleet.ts';
import { awsError, deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';
import { restoring } from '../restore-settings.ts';
import { answerOf, aurora, multiAz, query, region, seedDatabases } from '../silent-database.ts';

vi.mock('../../../lambdas/aws/database-query.ts', () => ({ queryDatabase: vi.fn() }));

let ledger: MemoryLedger;
let fleet: LocalFleet;

const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  databases: [multiAz, aurora],
  query,
};
const restart = (database = 'erlmcp', given: IncidentRef = incident) =>
  handler({ incident: given, database, site: 'primary' });
const zone = async () => (await fleet.describe(region, 'erlmcp'))?.AvailabilityZone;
const lost = () => {
  throw awsError('TimeoutError', 'no answer');
};

beforeEach(async () => {
  ledger = memoryLedger();
  fleet = localFleet();
  deploy(settings);
  await seedDatabases(fleet);
  vi.mocked(queryDatabase).mockImplementation((_, { database }) =>
    Promise.resolve(answerOf(fleet, database)),
  );
  fleet.rds.setHostDown(region, 'erlmcp', true);
  fleet.rds.setHostDown(region, 'orders', true);
  await fleet.pass(1);
});

describe('a silent database', () => {
  it('is restarted in its other zone, and where it was is kept', async () => {
    expect(await restart()).toMatchObject({
      status: 'changed',
      summary: 'restarting erlmcp (erlmcp in eu-central-1a) in another zone: erlmcp:5432: timeout expired',
      before: { database: 'erlmcp', zone: 'eu-central-1a', status: 'available' },
    });
    expect(ledger.record().preImages['reboot-database erlmcp']).toMatchObject({ zone: 'eu-central-1a' });
    expect(fleet.calls).toEqual(['RebootDBInstance erlmcp']);
    await fleet.pass(2);
    expect(await zone()).toBe('eu-central-1b');
    expect(answerOf(fleet, 'erlmcp').reachable).toBe(true);
  });

  it('of Aurora gets another writer', async () => {
    expect(await restart('orders')).toMatchObject({
      status: 'changed',
      before: { instance: 'orders-1', zone: 'eu-central-1a' },
    });
    expect(fleet.calls).toEqual(['FailoverDBCluster orders']);
    await fleet.pass(1);
    const members = (await fleet.cluster(region, 'orders'))?.DBClusterMembers;
    expect(members?.[0]).toMatchObject({ DBInstanceIdentifier: 'orders-2', IsClusterWriter: true });
    expect(answerOf(fleet, 'orders').reachable).toBe(true);
  });

  it('is found where a restore has put it', async () => {
    ledger.write('recoveries/erlmcp.json', {
      ...{ ...restoring, phase: 'finished' },
      target: { region, identifier: 'erlmcp-r1' },
    });
    await expect(restart()).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringContaining('there is no erlmcp-r1 in eu-central-1 any more'),
    });
  });
});

describe('once per incident', () => {
  it.each([
    ['while RDS restarts it', 0],
    ['when RDS is done', 5],
  ])('a try whose answer was lost is not followed by another restart, %s', async (_, minutes) => {
    fleet.after = lost;
    await expect(restart()).rejects.toMatchObject({ name: 'TryAgain' });
    fleet.after = () => undefined;
    await fleet.pass(minutes);
    expect(await restart()).toMatchObject({
      status: 'changed',
      summary: expect.stringMatching(
        minutes === 0
          ? /: it is rebooting$/
          : /it was erlmcp in eu-central-1a, and is erlmcp in eu-central-1b$/,
      ),
      before: { zone: 'eu-central-1a' },
    });
    expect(fleet.calls).toEqual(['RebootDBInstance erlmcp']);
    expect(ledger.record().steps).toHaveLength(1);
  });

  it('the same of Aurora', async () => {
    fleet.after = lost;
    await expect(restart('orders')).rejects.toMatchObject({ name: 'TryAgain' });
    fleet.after = () => undefined;
    await fleet.pass(5);
    expect(await restart('orders')).toMatchObject({ status: 'changed', before: { instance: 'orders-1' } });
    expect(fleet.calls).toEqual(['FailoverDBCluster orders']);
  });

  it('a failover that ended where it began is known by the events of RDS', async () => {
    fleet.after = lost;
    await expect(restart()).rejects.toMatchObject({ name: 'TryAgain' });
    fleet.after = () => undefined;
    await fleet.pass(3);
    // RDS tells the new zone minutes later (RDS User Guide).
    ledger.write(`incidents/${incident.id}.json`, {
      ...ledger.record(),
      preImages: {
        'reboot-database erlmcp': {
          ...(ledger.record().preImages['reboot-database erlmcp'] as object),
          zone: 'eu-central-1b',
        },
      },
    });
    expect(await restart()).toMatchObject({
      status: 'changed',
      summary: expect.stringContaining('Multi-AZ instance failover completed'),
    });
    expect(fleet.calls).toHaveLength(1);
  });

  it('what an earlier try has told is not done again, although the database is silent still', async () => {
    await restart();
    await fleet.pass(3);
    vi.mocked(queryDatabase).mockResolvedValue({ ...answerOf(fleet, 'none') });
    expect(await restart()).toMatchObject({ status: 'already-there' });
    expect(fleet.calls).toHaveLength(1);
  });

  it('a try that died before RDS was asked is followed by one that asks', async () => {
    fleet.before = lost;
    await expect(restart()).rejects.toMatchObject({ name: 'TryAgain' });
    fleet.before = () => undefined;
    expect(await restart()).toMatchObject({ status: 'changed' });
    await fleet.pass(2);
    expect(await zone()).toBe('eu-central-1b');
  });
});

describe('a database that needs no restart', () => {
  it('because it answers again is left alone', async () => {
    fleet.rds.setHostDown(region, 'erlmcp', false);
    await fleet.pass(1);
    expect(await restart()).toMatchObject({
      status: 'already-there',
      summary: expect.stringContaining('erlmcp answers again'),
    });
    expect(fleet.calls).toEqual([]);
  });

  it('because it refuses a password is left alone', async () => {
    const evidence = 'erlmcp:5432: password authentication failed';
    vi.mocked(queryDatabase).mockResolvedValue({ reachable: false, evidence, at: '' });
    expect(await restart()).toMatchObject({
      status: 'already-there',
      summary: expect.stringContaining('a restart is not what it needs'),
    });
    expect(fleet.calls).toEqual([]);
  });
});

describe('what is refused', () => {
  it('is a database without a copy in another zone', async () => {
    fleet = localFleet();
    await seedDatabases(fleet, { MultiAZ: false });
    fleet.rds.setHostDown(region, 'erlmcp', true);
    await fleet.pass(1);
    await expect(restart()).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: expect.stringMatching(/no copy in another zone any more.*Nothing was changed/),
    });
    expect(fleet.calls).toEqual([]);
  });

  it('is an incident that has lost the lock', async () => {
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: incident.epoch + 1 });
    await expect(restart()).rejects.toMatchObject({ name: 'LockLost' });
    expect(fleet.calls).toEqual([]);
  });

  it('is a database that the environment does not have', async () => {
    await expect(restart('other')).rejects.toMatchObject({ name: 'InvalidInput' });
  });
});

it('waits while RDS does something else to it', async () => {
  fleet.before = (name) => {
    if (name === 'RebootDBInstance') throw awsError('InvalidDBInstanceState', 'modifying');
  };
  await expect(restart()).rejects.toMatchObject({ name: 'TryAgain' });
});

it('changes nothing in a plan', async () => {
  expect(await restart('erlmcp', planOnly)).toMatchObject({
    status: 'planned',
    summary: expect.stringMatching(/^would restart erlmcp/),
  });
  expect(fleet.calls).toEqual([]);
  expect(ledger.record().preImages).toEqual({});
});
