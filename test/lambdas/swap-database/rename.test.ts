import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it, test } from 'vitest';
import type { DatabaseSettings, Recovery } from '../../../lambdas/database/contract.ts';
import { handler } from '../../../lambdas/swap-database/handler.ts';
import { localFleet, type LocalFleet } from '../local-fleet.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';
import { erlmcp as settings, restoring } from '../restore-settings.ts';
import { seedAurora } from '../restored-databases.ts';

const { region } = settings.primary;
const erlmcp: DatabaseSettings = {
  ...settings,
  quarantine: ['sg-99999999'],
  identity: { by: 'rename', host: { primary: 'erlmcp.rds.test', standby: 'erlmcp.rds.test' } },
};
const ledgerDatabase: DatabaseSettings = {
  ...erlmcp,
  name: 'ledger',
  kind: 'aurora',
  primary: { region, identifier: 'ledger' },
};
const { target } = restoring;
const keptName = 'erlmcp-damaged-202611231155';

let ledger: MemoryLedger;
let fleet: LocalFleet;
let resources: { damaged: string; copy: string };

const input = () => ({
  incident,
  database: 'erlmcp',
  site: 'primary' as const,
  target,
  endpoint: { host: 'restored.rds.test', port: 5432 },
  source: settings.primary,
});
const resourceOf = async (identifier: string) => (await fleet.describe(region, identifier))?.DbiResourceId;
const recovery = (name = 'erlmcp') => ledger.read<Recovery>(`recoveries/${name}.json`);

async function build(): Promise<void> {
  ledger = memoryLedger();
  fleet = localFleet();
  deploy({ environment: 'dev', ledgerBucket: 'ledger', databases: [erlmcp, ledgerDatabase] });
  for (const identifier of ['erlmcp', target.identifier]) {
    fleet.rds.seedInstance({
      region,
      identifier,
      server: await fleet.engine.create(identifier),
      dbName: 'app',
      tags: identifier === 'erlmcp' ? {} : { 'lifeboat:recovery': identifier },
    });
  }
  resources = {
    damaged: (await resourceOf('erlmcp')) ?? '',
    copy: (await resourceOf(target.identifier)) ?? '',
  };
  ledger.write('recoveries/erlmcp.json', { ...restoring, phase: 'validated' });
}

beforeEach(build);

/** As the state machine does, half a minute between two looks, or fewer looks where only their order matters. */
async function swap(given: Parameters<typeof handler>[0] = input(), minutes = 0.5) {
  for (let look = 1; look <= 120; look++) {
    const output = await handler(given);
    if (output.done) return output;
    await fleet.pass(minutes);
  }
  throw new Error('it is never over');
}

async function expectSwapped(): Promise<void> {
  expect(await resourceOf('erlmcp')).toBe(resources.copy);
  expect(await resourceOf(keptName)).toBe(resources.damaged);
  expect(await resourceOf(target.identifier)).toBeUndefined();
  expect(await fleet.describe(region, keptName)).toMatchObject({
    DBInstanceStatus: 'available',
    DeletionProtection: true,
    VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-99999999' }],
  });
  const found = await fleet.describe(region, 'erlmcp');
  const host = found?.Endpoint?.Address;
  expect(found).toMatchObject({ DBInstanceStatus: 'available', VpcSecurityGroups: [{}] });
  expect(recovery()).toMatchObject({
    phase: 'swapped',
    endpoint: { host, port: 5432 },
    keptAs: { identifier: keptName, host: expect.stringContaining(keptName) },
  });
}

describe('a swap of names', () => {
  it('gives the damaged one another name, and the copy the one that users know', async () => {
    expect(await swap()).toMatchObject({ status: 'changed', done: true });
    await expectSwapped();
    expect(fleet.calls).toEqual([
      'AddTagsToResource erlmcp',
      'ModifyDBInstance erlmcp',
      `ModifyDBInstance ${target.identifier}`,
    ]);
    expect(ledger.record().steps.map(({ summary }) => summary)).toEqual([
      `erlmcp: erlmcp is becoming ${keptName}, protected from deletion`,
      `erlmcp: ${target.identifier} is becoming erlmcp`,
      expect.stringContaining(`erlmcp is what was ${target.identifier}, at erlmcp.`),
    ]);
    expect(ledger.record().preImages['swap-database erlmcp']).toMatchObject({
      names: { original: { identifier: 'erlmcp', resource: resources.damaged } },
    });
  });

  it('begins the second rename when the first is over', async () => {
    await handler(input());
    await fleet.pass(5);
    expect(await handler(input())).toMatchObject({
      done: false,
      summary: expect.stringContaining('is being renamed'),
    });
    expect(fleet.calls).toHaveLength(2);
    expect(await fleet.describe(region, 'erlmcp')).toBeUndefined();
  });

  it('is finished by another incident', async () => {
    await handler(input());
    const other = { ...incident, id: 'dev-2' };
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), incidentId: other.id });
    ledger.write('incidents/dev-2.json', { ...ledger.record(), ref: other, steps: [], preImages: {} });
    await swap({ ...input(), incident: other });
    await expectSwapped();
    expect(recovery().incidents).toEqual([incident.id, 'dev-2']);
  });

  it('that is over is left alone', async () => {
    await swap();
    const calls = fleet.calls.length;
    expect(await handler(input())).toMatchObject({ status: 'changed', done: true });
    expect(fleet.calls).toHaveLength(calls);
    expect(ledger.record().steps).toHaveLength(3);
  });

  it('is begun only with what is proven, and changes nothing in mode plan', async () => {
    expect(await handler({ ...input(), incident: planOnly })).toMatchObject({
      status: 'planned',
      done: true,
    });
    ledger.write('recoveries/erlmcp.json', { ...restoring, phase: 'restored' });
    await expect(handler(input())).rejects.toMatchObject({ name: 'UnsafePlan' });
    expect(fleet.calls).toEqual([]);
  });

  it.each([
    ['the name for the damaged one is taken', keptName, {}],
    ['the copy is not of this recovery', target.identifier, { replace: true }],
  ])('is refused when %s', async (_, identifier, { replace = false }: { replace?: boolean }) => {
    if (replace) {
      await build();
      const plan = { ...input(), target: { region, identifier: 'erlmcp-r20261123000000' } };
      ledger.write('recoveries/erlmcp.json', { ...restoring, phase: 'validated', target: plan.target });
      const server = await fleet.engine.create('x');
      fleet.rds.seedInstance({ ...plan.target, server, dbName: 'app' });
      await expect(handler(plan)).rejects.toMatchObject({ name: 'UnsafePlan' });
    } else {
      fleet.rds.seedInstance({ region, identifier, server: await fleet.engine.create('x'), dbName: 'app' });
      await expect(handler(input())).rejects.toMatchObject({
        name: 'UnsafePlan',
        message: expect.stringContaining('is taken'),
      });
    }
    expect(fleet.calls).toEqual([]);
    expect(await resourceOf('erlmcp')).toBe(resources.damaged);
  });

  it('is refused when somebody made another database under the name between the renames', async () => {
    await handler(input());
    await fleet.pass(11);
    fleet.rds.seedInstance({
      region,
      identifier: 'erlmcp',
      server: await fleet.engine.create('x'),
      dbName: 'app',
    });
    await expect(handler(input())).rejects.toMatchObject({ name: 'UnsafePlan' });
    expect(await resourceOf(target.identifier)).toBe(resources.copy);
    expect(await resourceOf(keptName)).toBe(resources.damaged);
  });

  it('after a promotion under the right name needs no rename', async () => {
    ledger.write('recoveries/erlmcp.json', {
      ...restoring,
      kind: 'promotion',
      recoveryPoint: undefined,
      target: settings.primary,
      phase: 'promoted',
    });
    const { database, site, endpoint } = input();
    expect(await handler({ incident, database, site, endpoint, target: settings.primary })).toMatchObject({
      status: 'already-there',
      done: true,
    });
    expect(fleet.calls).toEqual([]);
  });
});

describe('a swap of names of clusters', () => {
  it('renames the clusters', async () => {
    const copy = { region, identifier: 'ledger-r20261123115500' };
    await seedAurora(fleet);
    fleet.rds.seedCluster({
      ...copy,
      server: await fleet.engine.create('copy'),
      dbName: 'app',
      members: ['ledger-r20261123115500-1'],
      tags: { 'lifeboat:recovery': copy.identifier },
    });
    const before = await fleet.cluster(region, copy.identifier);
    const source = ledgerDatabase.primary;
    ledger.write('recoveries/ledger.json', {
      ...restoring,
      database: 'ledger',
      source,
      target: copy,
      phase: 'validated',
    });
    await swap({ ...input(), database: 'ledger', source, target: copy });
    expect((await fleet.cluster(region, 'ledger'))?.DbClusterResourceId).toBe(before?.DbClusterResourceId);
    expect(await fleet.cluster(region, 'ledger-damaged-202611231155')).toMatchObject({
      Status: 'available',
      DeletionProtection: true,
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-99999999' }],
    });
    expect(recovery('ledger')).toMatchObject({
      phase: 'swapped',
      keptAs: { identifier: 'ledger-damaged-202611231155' },
    });
  });
});

/** The process dies at its n-th call of AWS, before it is made or before its answer is there, and makes no other. */
function killAt(at: number, when: 'before' | 'after') {
  let count = 0;
  const clients = [S3Client.prototype, RDSClient.prototype] as {
    send: (command: unknown) => Promise<unknown>;
  }[];
  const restore = clients.map((client) => {
    const { send } = client;
    client.send = async function (this: unknown, command: unknown) {
      count += 1;
      const mine = count;
      if (mine > at || (mine === at && when === 'before')) throw new Error('killed');
      const answer: unknown = await send.call(this as typeof client, command);
      if (mine === at) throw new Error('killed');
      return answer;
    };
    return () => void (client.send = send);
  });
  return {
    calls: () => count,
    release: () => {
      for (const undo of restore) undo();
    },
  };
}

test.each(['before', 'after'] as const)(
  'a swap that is killed %s any call of AWS is finished by running it again, by two names at most',
  async (when) => {
    const whole = killAt(Infinity, when);
    await swap(input(), 5);
    whole.release();
    expect(whole.calls()).toBeGreaterThan(30);
    for (let at = 1; at <= whole.calls(); at++) {
      await build();
      const killer = killAt(at, when);
      await expect(swap(input(), 5), `call ${at}`).rejects.toThrow('killed');
      killer.release();
      expect(await swap(input(), 5)).toMatchObject({ status: 'changed' });
      await expectSwapped();
      const renames = fleet.calls.filter((call) => call.startsWith('Modify'));
      expect(renames).toEqual(['ModifyDBInstance erlmcp', `ModifyDBInstance ${target.identifier}`]);
      expect(ledger.record().steps.filter(({ status }) => status === 'changed').length).toBeGreaterThan(0);
    }
  },
  60_000,
);

test('a rename that RDS has accepted and does not show yet is not asked for again', async () => {
  await handler(input());
  const calls = fleet.calls.length;
  expect(await handler(input())).toMatchObject({ done: false });
  expect(fleet.calls).toHaveLength(calls);
});
