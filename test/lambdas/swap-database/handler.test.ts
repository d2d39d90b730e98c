import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseSettings, Recovery } from '../../../lambdas/database/contract.ts';
import { handler } from '../../../lambdas/swap-database/handler.ts';
import { fakeSecrets, type FakeSecrets } from '../fake-secrets.ts';
import { localFleet, type LocalFleet } from '../local-fleet.ts';
import { awsError, deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';
import { erlmcp as settings, restoring } from '../restore-settings.ts';

const region = settings.primary.region;
const quarantine = ['sg-99999999'];
const erlmcp: DatabaseSettings = {
  ...settings,
  quarantine,
  identity: { by: 'secret', secret: { primary: 'erlmcp/db', standby: 'erlmcp/standby' } },
};
const cname: DatabaseSettings = {
  ...erlmcp,
  name: 'mail',
  identity: {
    by: 'cname',
    zoneId: 'Z1',
    ttl: 5,
    record: { primary: 'db.example.com', standby: 'db2.example.com' },
  },
};
const { target } = restoring;

let ledger: MemoryLedger;
let fleet: LocalFleet;
let secrets: FakeSecrets;
let endpoint: { host: string; port: number };

const recovery = (name = 'erlmcp') => ledger.read<Recovery>(`recoveries/${name}.json`);
const damaged = () => fleet.describe(region, 'erlmcp');
const input = () => ({
  incident,
  database: 'erlmcp',
  site: 'primary' as const,
  target,
  endpoint,
  source: settings.primary,
});
const secret = () => JSON.parse(secrets.current(region, 'erlmcp/db')) as Record<string, unknown>;

beforeEach(async () => {
  ledger = memoryLedger();
  fleet = localFleet();
  secrets = fakeSecrets();
  deploy({ environment: 'dev', ledgerBucket: 'ledger', databases: [erlmcp, cname] });
  for (const identifier of ['erlmcp', target.identifier]) {
    fleet.rds.seedInstance({
      region,
      identifier,
      server: await fleet.engine.create(identifier),
      dbName: 'app',
      tags: identifier === 'erlmcp' ? {} : { 'lifeboat:recovery': identifier },
    });
  }
  const copy = await fleet.describe(region, target.identifier);
  endpoint = { host: copy?.Endpoint?.Address ?? '', port: 5432 };
  secrets.put(
    region,
    'erlmcp/db',
    JSON.stringify({ host: 'old.rds.test', port: 5432, password: 'p', dbname: 'app' }),
  );
  ledger.write('recoveries/erlmcp.json', { ...restoring, phase: 'validated', endpoint });
  ledger.write('recoveries/mail.json', { ...restoring, database: 'mail', phase: 'validated', endpoint });
});

describe('a secret', () => {
  it('says the copy, and keeps its other members', async () => {
    expect(await handler(input())).toMatchObject({ status: 'changed', done: true });
    expect(secret()).toEqual({ host: endpoint.host, port: 5432, password: 'p', dbname: 'app' });
    expect(ledger.record().preImages['swap-database erlmcp']).toEqual({
      address: { secret: 'erlmcp/db', host: 'old.rds.test', port: 5432, version: 'v1' },
    });
    expect(JSON.stringify(ledger.record())).not.toContain('"p"');
  });

  it('keeps a port that is text as text', async () => {
    secrets.put(region, 'erlmcp/db', JSON.stringify({ host: 'old', port: '5432' }));
    await handler(input());
    expect(secret()).toEqual({ host: endpoint.host, port: '5432' });
    expect(await handler(input())).toMatchObject({ done: true });
    expect(secrets.writes).toHaveLength(1);
  });

  it('says the copy when the damaged one is out of reach and safe, and where that is kept', async () => {
    const order: string[] = [];
    fleet.before = (name) => order.push(name);
    secrets.beforePut = () => order.push('PutSecretValue');
    await handler(input());
    expect(order).toEqual(['AddTagsToResource', 'ModifyDBInstance', 'PutSecretValue']);
    expect(await damaged()).toMatchObject({
      DeletionProtection: true,
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-99999999' }],
      TagList: [{ Key: 'lifeboat:replaced-by', Value: target.identifier }],
    });
    expect(recovery()).toMatchObject({
      phase: 'swapped',
      endpoint,
      keptAs: { identifier: 'erlmcp', host: (await damaged())?.Endpoint?.Address, port: 5432 },
    });
  });

  it('does not undo a password that is rotated at the same moment', async () => {
    secrets.beforePut = (attempt) => {
      if (attempt > 1) return;
      secrets.put(region, 'erlmcp/db', JSON.stringify({ host: 'old.rds.test', port: 5432, password: 'new' }));
    };
    await handler(input());
    expect(secret()).toEqual({ host: endpoint.host, port: 5432, password: 'new' });
  });

  it('that is swapped already is left alone, and what this incident changed stays changed', async () => {
    await handler(input());
    expect(await handler(input())).toMatchObject({ status: 'changed', done: true });
    expect(secrets.writes).toHaveLength(1);
    expect(ledger.record().steps).toHaveLength(1);
    const other = { ...incident, id: 'dev-2' };
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), incidentId: other.id });
    ledger.write('incidents/dev-2.json', { ...ledger.record(), ref: other, steps: [], preImages: {} });
    expect(await handler({ ...input(), incident: other })).toMatchObject({
      status: 'already-there',
      done: true,
    });
  });

  it('tells the change of a try that died before it could', async () => {
    secrets.afterPut = () => {
      throw awsError('TimeoutError');
    };
    await expect(handler(input())).rejects.toMatchObject({ name: 'TryAgain' });
    expect(recovery()).toMatchObject({ phase: 'swapping' });
    secrets.afterPut = () => undefined;
    expect(await handler(input())).toMatchObject({ status: 'changed', done: true });
  });

  it.each([
    ['not JSON', 'UnsafePlan'],
    ['["a"]', 'UnsafePlan'],
  ])('that is %s is refused, without being quoted', async (text, name) => {
    secrets.put(region, 'erlmcp/db', text);
    await expect(handler(input())).rejects.toMatchObject({
      name,
      message: expect.not.stringContaining(text),
    });
    expect(fleet.calls).toEqual([]);
  });

  it.each([
    ['ResourceNotFoundException', 'UnsafePlan'],
    ['InternalServiceError', 'TryAgain'],
    ['ThrottlingException', 'TryAgain'],
    ['AccessDeniedException', 'AccessDeniedException'],
  ])('translates %s to %s', async (thrown, name) => {
    secrets.beforePut = () => {
      throw awsError(thrown, 'because');
    };
    await expect(handler(input())).rejects.toMatchObject({
      name,
      message: expect.stringContaining('because'),
    });
    expect(recovery()).toMatchObject({ phase: 'swapping' });
  });

  it('of the standby is in its region, after a promotion', async () => {
    const standby = { region: settings.standby.region, identifier: 'erlmcp-standby' };
    fleet.rds.seedInstance({ ...standby, server: await fleet.engine.create('standby'), dbName: 'app' });
    const host = (await fleet.describe(standby.region, standby.identifier))?.Endpoint?.Address ?? '';
    secrets.put(standby.region, 'erlmcp/standby', JSON.stringify({ host: 'x', port: 1 }));
    const promotion = {
      ...restoring,
      kind: 'promotion',
      site: 'standby',
      target: standby,
      phase: 'promoting',
    };
    ledger.write('recoveries/erlmcp.json', promotion);
    const given = { incident, database: 'erlmcp', site: 'standby' as const, target: standby };
    const swap = () => handler({ ...given, endpoint: { host, port: 5432 } });
    await expect(swap()).rejects.toMatchObject({ name: 'UnsafePlan' });
    ledger.write('recoveries/erlmcp.json', { ...promotion, phase: 'promoted' });
    expect(await swap()).toMatchObject({ status: 'changed', done: true });
    expect(JSON.parse(secrets.current(standby.region, 'erlmcp/standby'))).toEqual({ host, port: 5432 });
    expect(fleet.calls).toEqual([]);
  });
});

describe('a damaged database', () => {
  it('that is busy is waited for, and nobody is sent anywhere yet', async () => {
    await call('RebootDBInstance', 'erlmcp');
    expect(await handler(input())).toMatchObject({
      done: false,
      summary: expect.stringContaining('is rebooting'),
    });
    expect(secrets.writes).toHaveLength(0);
    await fleet.pass(3);
    expect(await handler(input())).toMatchObject({ done: true });
  });

  it('that RDS refuses to change keeps nobody from the copy, and that is told', async () => {
    fleet.before = (name) => {
      if (name === 'ModifyDBInstance') throw awsError('InvalidParameterValue', 'no such security group');
    };
    const { done, summary } = await handler(input());
    expect(done).toBe(true);
    expect(summary).toContain('no such security group');
    expect(secret()['host']).toBe(endpoint.host);
  });

  it('that is not there any more keeps nobody from the copy', async () => {
    const source = { region, identifier: 'erlmcp-gone' };
    const { done, summary } = await handler({ ...input(), source });
    expect(done).toBe(true);
    expect(summary).toContain('erlmcp-gone is not there any more');
  });
});

describe('what is not proven', () => {
  it.each(['planned', 'restoring', 'restored', 'abandoned'] as const)(
    'is not swapped in while its recovery is %s',
    async (phase) => {
      ledger.write('recoveries/erlmcp.json', { ...restoring, phase });
      await expect(handler(input())).rejects.toMatchObject({ name: 'UnsafePlan' });
      expect(secrets.writes).toHaveLength(0);
      expect(fleet.calls).toEqual([]);
    },
  );

  it('is not swapped in without a recovery, for another target, or at another address', async () => {
    const elsewhere = { ...input(), target: { region, identifier: 'other' } };
    await expect(handler(elsewhere)).rejects.toMatchObject({ name: 'UnsafePlan' });
    const moved = { ...input(), endpoint: { host: 'other.rds.test', port: 5432 } };
    await expect(handler(moved)).rejects.toMatchObject({ name: 'UnsafePlan' });
    ledger.objects.delete('recoveries/erlmcp.json');
    await expect(handler(input())).rejects.toMatchObject({ name: 'UnsafePlan' });
    expect(secrets.writes).toHaveLength(0);
  });

  it('is swapped in neither by a plan nor without the lock', async () => {
    expect(await handler({ ...input(), incident: planOnly })).toMatchObject({
      status: 'planned',
      done: true,
    });
    expect(secrets.writes).toHaveLength(0);
    expect(fleet.calls).toEqual([]);
    expect(recovery()).toMatchObject({ phase: 'validated' });
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: 4 });
    await expect(handler(input())).rejects.toMatchObject({ name: 'LockLost' });
  });
});

describe('a record of ours', () => {
  let zone: ResourceRecordSet[];

  beforeEach(() => {
    zone = [
      { Name: 'db.example.com.', Type: 'CNAME', TTL: 60, ResourceRecords: [{ Value: 'old.rds.test' }] },
    ];
    const route53 = mockClient(Route53Client);
    route53
      .on(ListResourceRecordSetsCommand)
      .callsFake(() => ({ ResourceRecordSets: zone, IsTruncated: false }));
    route53
      .on(ChangeResourceRecordSetsCommand)
      .callsFake(
        ({ ChangeBatch }: { ChangeBatch: { Changes: { ResourceRecordSet: ResourceRecordSet }[] } }) => {
          zone = ChangeBatch.Changes.map(({ ResourceRecordSet: set }) => set);
          return { ChangeInfo: { Id: '/change/C1' } };
        },
      );
  });
  const mail = () => ({ ...input(), database: 'mail' });

  it('points at the copy', async () => {
    expect(await handler(mail())).toMatchObject({ status: 'changed', done: true });
    expect(zone).toEqual([
      { Name: 'db.example.com', Type: 'CNAME', TTL: 5, ResourceRecords: [{ Value: endpoint.host }] },
    ]);
    expect(ledger.record().preImages['swap-database mail']).toMatchObject({
      address: { value: 'old.rds.test' },
    });
    expect(recovery('mail')).toMatchObject({ phase: 'swapped', keptAs: { identifier: 'erlmcp' } });
  });

  it('is made when there is none', async () => {
    zone = [];
    expect(await handler(mail())).toMatchObject({ done: true });
    expect(zone).toHaveLength(1);
  });

  it.each<[string, Partial<ResourceRecordSet>]>([
    ['an A record', { Type: 'A' }],
    ['one of several weighted ones', { SetIdentifier: 'a', Weight: 1 }],
  ])('that is %s is refused', async (_, change) => {
    zone = [{ ...zone[0]!, ...change }];
    await expect(handler(mail())).rejects.toMatchObject({ name: 'UnsafePlan' });
    expect(fleet.calls).toEqual([]);
  });
});

async function call(name: string, identifier: string): Promise<void> {
  const { RDSClient, RebootDBInstanceCommand } = await import('@aws-sdk/client-rds');
  expect(name).toBe('RebootDBInstance');
  await new RDSClient({ region }).send(new RebootDBInstanceCommand({ DBInstanceIdentifier: identifier }));
}
