import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '../../../lambdas/switch-dns/contract.ts';
import { handler } from '../../../lambdas/switch-dns/handler.ts';
import { awsError, deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

const cloudWatch = mockClient(CloudWatchClient);
const route53 = mockClient(Route53Client);
let ledger: MemoryLedger;
let zone: ResourceRecordSet[];

const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  region: 'eu-central-1',
  dns: {
    mode: 'upsert',
    zoneId: 'Z1',
    zoneName: 'example.com',
    nameServers: [],
    resolvers: [],
    maxRecords: 20,
    records: ['api', 'www'].map((host) => ({
      name: `${host}.example.com`,
      type: 'A' as const,
      ttl: 30,
      primary: { values: ['192.0.2.10'] },
      standby: { values: ['198.51.100.10'] },
    })),
  },
};
const record = (Name: string, value: string, more: Partial<ResourceRecordSet> = {}): ResourceRecordSet => ({
  Name,
  Type: 'A',
  TTL: 30,
  ResourceRecords: [{ Value: value }],
  ...more,
});

beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  ledger = memoryLedger();
  cloudWatch.reset();
  cloudWatch.on(PutMetricDataCommand).resolves({});
  zone = [record('api.example.com.', '192.0.2.10'), record('www.example.com.', '192.0.2.10')];
  route53.reset();
  route53
    .on(ListResourceRecordSetsCommand)
    .callsFake(({ StartRecordName: from }: { StartRecordName: string }) => ({
      ResourceRecordSets: zone.slice(zone.findIndex(({ Name }) => Name === `${from}.`)),
      IsTruncated: false,
    }));
  route53
    .on(ChangeResourceRecordSetsCommand)
    .callsFake(
      ({ ChangeBatch }: { ChangeBatch: { Changes: { ResourceRecordSet: ResourceRecordSet }[] } }) => {
        const changed = ChangeBatch.Changes.map(({ ResourceRecordSet: set }) => set);
        zone = zone.map((set) => changed.find(({ Name }) => Name === set.Name) ?? set);
        return { ChangeInfo: { Id: '/change/C123', Status: 'PENDING' } };
      },
    );
});

const toStandby = (ref = incident) => handler({ incident: ref, target: 'standby' });
const metrics = () =>
  cloudWatch.commandCalls(PutMetricDataCommand).map(({ args }) => args[0].input.MetricData?.[0]?.Value);
const batches = () => route53.commandCalls(ChangeResourceRecordSetsCommand).map(({ args }) => args[0].input);

describe('switch-dns by the switch', () => {
  beforeEach(() => {
    deploy({ ...settings, dns: { ...settings.dns, mode: 'switch' } } satisfies Settings);
  });

  it('writes the switch in the epoch of the incident, then says so at once', async () => {
    const output = await toStandby();
    expect(output).toMatchObject({
      step: 'switch-dns',
      status: 'changed',
      summary: 'moved the switch from primary to standby',
      before: { site: 'primary' },
      after: { site: 'standby', epoch: 3 },
      changeIds: [],
    });
    expect(ledger.read<object>('switch.json')).toMatchObject({
      site: 'standby',
      epoch: 3,
      incidentId: incident.id,
    });
    expect(cloudWatch.commandCalls(PutMetricDataCommand)[0]!.args[0].input).toEqual({
      Namespace: 'Lifeboat',
      MetricData: [
        {
          MetricName: 'TrafficOnStandby',
          Dimensions: [{ Name: 'Environment', Value: 'dev' }],
          Value: 1,
        },
      ],
    });
    expect(ledger.record()).toMatchObject({
      steps: [{ status: 'changed' }],
      preImages: { 'switch-dns': { site: 'primary' } },
    });
    expect(route53.calls()).toEqual([]);
  });

  it('finds it there when it runs again, and says so again', async () => {
    await toStandby();
    expect(await toStandby()).toMatchObject({ status: 'already-there', after: { site: 'standby' } });
    expect(metrics()).toEqual([1, 1]);
  });

  it('says 0 when the traffic goes back to the primary', async () => {
    await toStandby();
    expect(await handler({ incident, target: 'primary' })).toMatchObject({ status: 'changed' });
    expect(metrics()).toEqual([1, 0]);
  });

  it('leaves everything in mode plan', async () => {
    expect(await toStandby(planOnly)).toMatchObject({
      status: 'planned',
      summary: 'would move the switch from primary to standby',
      after: { site: 'standby' },
    });
    expect(ledger.objects.has('switch.json')).toBe(false);
    expect(metrics()).toEqual([]);
  });

  it('refuses when a later incident has moved the switch', async () => {
    ledger.write('switch.json', { site: 'primary', epoch: 9, incidentId: 'later', changedAt: '' });
    await expect(toStandby()).rejects.toMatchObject({ name: 'LockLost' });
    expect(metrics()).toEqual([]);
  });

  it('is finished by the next try when the metric is throttled', async () => {
    cloudWatch.on(PutMetricDataCommand).rejectsOnce(awsError('ThrottlingException')).resolves({});
    await expect(toStandby()).rejects.toMatchObject({ name: 'TryAgain' });
    expect(await toStandby()).toMatchObject({
      status: 'changed',
      summary: 'the switch stands on standby already, since an earlier try of this step',
      before: { site: 'primary' },
    });
    expect(metrics()).toEqual([1, 1]);
    expect(await toStandby()).toMatchObject({ status: 'already-there' });
  });
});

describe('switch-dns by changing records', () => {
  beforeEach(() => {
    deploy(settings);
  });

  it('changes all records in one batch, after keeping what they were', async () => {
    const before = zone;
    const output = await toStandby();
    expect(batches()).toEqual([
      {
        HostedZoneId: 'Z1',
        ChangeBatch: {
          Comment: incident.id,
          Changes: before.map((set) => ({
            Action: 'UPSERT',
            ResourceRecordSet: { ...set, ResourceRecords: [{ Value: '198.51.100.10' }] },
          })),
        },
      },
    ]);
    expect(output).toMatchObject({
      status: 'changed',
      summary: 'pointed 2 records at standby (change C123)',
      changeIds: ['C123'],
      before,
      after: zone,
    });
    expect(ledger.record()).toMatchObject({
      preImages: { 'switch-dns': before },
      steps: [{ status: 'changed' }],
    });
    expect(cloudWatch.calls()).toEqual([]);
  });

  it('finds them there when it runs again', async () => {
    await toStandby();
    expect(await toStandby()).toMatchObject({ status: 'already-there', changeIds: [] });
    expect(batches()).toHaveLength(1);
  });

  it('changes only the record that is left', async () => {
    zone[0] = record('api.example.com.', '198.51.100.10');
    await toStandby();
    expect(batches()[0]!.ChangeBatch!.Changes!.map(({ ResourceRecordSet: set }) => set!.Name)).toEqual([
      'www.example.com.',
    ]);
  });

  it('reads on through the pages of a name until another name comes', async () => {
    const blue = record('www.example.com.', '192.0.2.10', { SetIdentifier: 'blue', Weight: 1 });
    const green = record('www.example.com.', '192.0.2.11', { SetIdentifier: 'green', Weight: 1 });
    const [listed] = settings.dns.records;
    deploy({
      ...settings,
      dns: {
        ...settings.dns,
        records: [{ ...listed!, name: 'www.example.com', setIdentifier: 'green', weight: 1 }],
      },
    } satisfies Settings);
    const next = {
      NextRecordName: 'www.example.com.',
      NextRecordType: 'A',
      NextRecordIdentifier: 'green',
    } as const;
    route53
      .on(ListResourceRecordSetsCommand, { HostedZoneId: 'Z1', StartRecordName: 'www.example.com' }, true)
      .resolves({ ResourceRecordSets: [blue], IsTruncated: true, MaxItems: 1, ...next })
      .on(ListResourceRecordSetsCommand, { StartRecordIdentifier: 'green' })
      .resolves({
        ResourceRecordSets: [green],
        IsTruncated: true,
        MaxItems: 1,
        NextRecordName: 'zzz.example.com.',
      });
    await toStandby();
    expect(batches()[0]!.ChangeBatch!.Changes).toMatchObject([
      {
        ResourceRecordSet: {
          SetIdentifier: 'green',
          Weight: 1,
          ResourceRecords: [{ Value: '198.51.100.10' }],
        },
      },
    ]);
    expect(route53.commandCalls(ListResourceRecordSetsCommand)[1]!.args[0].input).toEqual({
      HostedZoneId: 'Z1',
      StartRecordName: 'www.example.com.',
      StartRecordType: 'A',
      StartRecordIdentifier: 'green',
    });
  });

  it('leaves everything in mode plan', async () => {
    expect(await toStandby(planOnly)).toMatchObject({
      status: 'planned',
      summary: 'would point 2 records at standby',
      changeIds: [],
    });
    expect(batches()).toEqual([]);
  });

  it('refuses a plan beyond the blast radius, with nothing changed', async () => {
    deploy({ ...settings, dns: { ...settings.dns, maxRecords: 1 } } satisfies Settings);
    await expect(toStandby()).rejects.toMatchObject({
      name: 'UnsafePlan',
      message: '2 of 2 listed records would change, and the environment allows 1 (dns.maxRecords)',
    });
    expect(batches()).toEqual([]);
  });

  it('refuses without the lock, before it has asked Route 53 anything', async () => {
    ledger.write('lock.json', { ...ledger.read<object>('lock.json'), epoch: 4 });
    await expect(toStandby()).rejects.toMatchObject({ name: 'LockLost' });
    expect(route53.calls()).toEqual([]);
  });

  it.each(['PriorRequestNotComplete', 'Throttling', 'ThrottlingException'])('waits out %s', async (name) => {
    const busy = awsError(name);
    route53
      .on(ChangeResourceRecordSetsCommand)
      .rejectsOnce(busy)
      .rejectsOnce(busy)
      .resolves({ ChangeInfo: { Id: '/change/C9', Status: 'PENDING', SubmittedAt: new Date() } });
    expect((await toStandby()).changeIds).toEqual(['C9']);
  });

  it.each<[string, Error, string, string]>([
    ['a zone that stays busy', awsError('PriorRequestNotComplete'), 'TryAgain', 'PriorRequestNotComplete'],
    ['a throttle that stays', awsError('Throttling', 'Rate exceeded'), 'TryAgain', 'Rate exceeded'],
    ['a fault of the service', awsError('ServiceUnavailable', 'down', 503), 'TryAgain', 'down'],
    [
      'a refused batch',
      awsError('InvalidChangeBatch', 'it is not an address'),
      'UnsafePlan',
      'it is not an address',
    ],
    [
      'a refused batch with a list',
      awsError('InvalidChangeBatch', '', 400, { messages: ['one', 'two'] }),
      'UnsafePlan',
      'one; two',
    ],
    [
      'a refused batch in its bare form',
      awsError('Unknown', 'UnknownError', 400, { Messages: { Message: ['one', 'two'] } }),
      'UnsafePlan',
      'InvalidChangeBatch: one; two',
    ],
    ['an input that Route 53 calls invalid', awsError('InvalidInput', 'bad name'), 'UnsafePlan', 'bad name'],
    ['a zone that is gone', awsError('NoSuchHostedZone', 'no zone', 404), 'UnsafePlan', 'no zone'],
    ['a denial', awsError('AccessDenied', 'not you', 403), 'AccessDenied', 'not you'],
  ])('translates %s', async (_, thrown, name, message) => {
    route53.on(ChangeResourceRecordSetsCommand).rejects(thrown);
    await expect(toStandby()).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
    expect(ledger.record().steps).toEqual([]);
  });

  it('returns its change even when the look afterwards fails', async () => {
    let looks = 0;
    route53.on(ListResourceRecordSetsCommand).callsFake(() => {
      if ((looks += 1) > 2) throw awsError('AccessDenied', 'not any more', 403);
      return { ResourceRecordSets: zone, IsTruncated: false };
    });
    expect(await toStandby()).toMatchObject({
      status: 'changed',
      after: { unknown: expect.stringContaining('not any more') },
      changeIds: ['C123'],
    });
  });
});
