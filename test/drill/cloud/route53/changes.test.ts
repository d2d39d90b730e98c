import { beforeEach, describe, expect, it } from 'vitest';
import { delays } from '../../../../drill/cloud/delays.ts';
import { a, create, remove, upsert, zoneId, zoneWorld } from './zone-world.ts';

const other = 'Z99';
let world: ReturnType<typeof zoneWorld>;
beforeEach(() => {
  world = zoneWorld({ records: [a('erlmcp.company.com', '192.0.2.10')] });
});

const statusOf = async (Id: string) =>
  ((await world.ask('GetChange', { Id }))['ChangeInfo'] as { Status: string }).Status;
const listed = async (input: object = {}) =>
  (await world.ask('ListResourceRecordSets', { HostedZoneId: zoneId, ...input })) as {
    ResourceRecordSets: { Name: string; Type: string; ResourceRecords: { Value: string }[] }[];
    IsTruncated: boolean;
    NextRecordName?: string;
    NextRecordType?: string;
  };
const changeTo = (value: string) => world.change(upsert(a('erlmcp.company.com', value)));

describe('a change', () => {
  it('is pending, then in sync, and the answers change then and not before', async () => {
    const { Id, Status } = await changeTo('198.51.100.10');
    expect(Status).toBe('PENDING');
    await world.clock.sleep(delays.route53Insync - 1);
    expect(await statusOf(Id)).toBe('PENDING');
    expect(world.values('erlmcp.company.com')).toEqual(['192.0.2.10']);
    await world.clock.sleep(1);
    expect(await statusOf(Id)).toBe('INSYNC');
    expect(world.values('erlmcp.company.com')).toEqual(['198.51.100.10']);
  });

  it('is listed at once', async () => {
    await changeTo('198.51.100.10');
    const { ResourceRecordSets: sets } = await listed({ StartRecordName: 'erlmcp.company.com' });
    expect(sets[0]?.ResourceRecords).toEqual([{ Value: '198.51.100.10' }]);
  });

  it('can be asked for with and without the prefix of its id; an unknown one is NoSuchChange', async () => {
    const { Id } = await changeTo('198.51.100.10');
    expect(Id).toMatch(/^\/change\/C[A-Z0-9]{13}$/);
    expect(await statusOf(Id.replace('/change/', ''))).toBe('PENDING');
    expect(await world.refusal(world.ask('GetChange', { Id: 'C1' }))).toMatch(/^NoSuchChange/);
  });

  it('follows another in order', async () => {
    await changeTo('198.51.100.10');
    await world.clock.sleep(10_000);
    await changeTo('198.51.100.20');
    await world.clock.sleep(20_000);
    expect(world.values('erlmcp.company.com')).toEqual(['198.51.100.10']);
    await world.clock.sleep(10_000);
    expect(world.values('erlmcp.company.com')).toEqual(['198.51.100.20']);
  });

  it('of an unknown zone is NoSuchHostedZone', async () => {
    const attempt = world.ask('ChangeResourceRecordSets', {
      HostedZoneId: other,
      ChangeBatch: { Changes: [upsert(a('x.company.com', '192.0.2.1'))] },
    });
    expect(await world.refusal(attempt)).toBe(`NoSuchHostedZone: No hosted zone found with ID: ${other}`);
  });
});

describe('a batch', () => {
  it('changes everything or nothing', async () => {
    const refused = await world.refusal(
      world.change(
        upsert(a('erlmcp.company.com', '198.51.100.10')),
        remove(a('missing.company.com', '192.0.2.1')),
      ),
    );
    expect(refused).toMatch(/^InvalidChangeBatch/);
    await world.clock.sleep(60_000);
    expect(world.values('erlmcp.company.com')).toEqual(['192.0.2.10']);
    expect((await listed()).ResourceRecordSets.map(({ Type }) => Type)).toEqual(['NS', 'SOA', 'A']);
  });

  it('turns a simple record into a failover pair', async () => {
    const { Id: HealthCheckId } = await world.createCheck({ Type: 'CALCULATED', HealthThreshold: 0 });
    const name = 'erlmcp.company.com';
    await world.change(
      remove(a(name, '192.0.2.10')),
      create(a(name, '192.0.2.10', { SetIdentifier: 'primary', Failover: 'PRIMARY', HealthCheckId })),
      create(a(name, '198.51.100.10', { SetIdentifier: 'standby', Failover: 'SECONDARY' })),
    );
    await world.clock.sleep(delays.route53Insync);
    expect(world.values(name)).toEqual(['192.0.2.10']);
  });

  it('exchanges PRIMARY and SECONDARY', async () => {
    const { Id: HealthCheckId } = await world.createCheck({ Type: 'CALCULATED', HealthThreshold: 0 });
    const pair = (first: 'PRIMARY' | 'SECONDARY', second: 'PRIMARY' | 'SECONDARY') =>
      world.change(
        upsert(a('x.company.com', '192.0.2.1', { SetIdentifier: 'one', Failover: first, HealthCheckId })),
        upsert(a('x.company.com', '192.0.2.2', { SetIdentifier: 'two', Failover: second, HealthCheckId })),
      );
    await pair('PRIMARY', 'SECONDARY');
    await pair('SECONDARY', 'PRIMARY');
    await world.clock.sleep(delays.route53Insync);
    expect(world.values('x.company.com')).toEqual(['192.0.2.2']);
  });

  it('holds 500 UPSERTs but not one more', async () => {
    const upserts = (count: number) =>
      Array.from({ length: count }, (_, index) => upsert(a(`n${index}.company.com`, '192.0.2.1')));
    expect(await world.refusal(world.change(...upserts(501)))).toBe(
      'InvalidChangeBatch: [Number of records limit of 1000 exceeded.]',
    );
    await world.change(...upserts(500));
  });

  it('holds 16,000 characters of UPSERTs but not one more', async () => {
    const text = (length: number): string => {
      const strings = Array.from(
        { length: Math.floor((length - 2) / 200) },
        () => `"${'x'.repeat(197)}" `,
      ).join('');
      return `${strings}"${'y'.repeat(length - strings.length - 2)}"`;
    };
    const sized = (length: number) =>
      world.change(
        upsert({ Name: 't.company.com', Type: 'TXT', TTL: 30, ResourceRecords: [{ Value: text(length) }] }),
      );
    expect(await world.refusal(sized(16_001))).toContain('Number of characters limit of 32000 exceeded.');
    await sized(16_000);
  });
});

describe('another change being processed', () => {
  it('is PriorRequestNotComplete for its zone only, for a short while', async () => {
    world.service.seedZone({ id: other, name: 'other.org', nameServers: ['ns-1.awsdns-01.com'] });
    world.service.occupyZone(zoneId, 500);
    expect(await world.refusal(changeTo('198.51.100.10'))).toBe(
      'PriorRequestNotComplete: The request was rejected because Route 53 was still processing a prior request.',
    );
    await world.ask('ChangeResourceRecordSets', {
      HostedZoneId: other,
      ChangeBatch: { Changes: [upsert(a('x.other.org', '192.0.2.1'))] },
    });
    await world.clock.sleep(500);
    await changeTo('198.51.100.10');
  });

  it('lasts as long as the world says, far shorter than PENDING', async () => {
    world = zoneWorld({ processing: 200 });
    const { Id } = await changeTo('198.51.100.10');
    expect(await world.refusal(changeTo('198.51.100.20'))).toMatch(/^PriorRequestNotComplete/);
    await world.clock.sleep(200);
    expect(await statusOf(Id)).toBe('PENDING');
    await changeTo('198.51.100.20');
  });
});

describe('the buckets', () => {
  const throttled = 'Throttling: Rate exceeded';

  it('let 50 requests through at once and 10 more each second', async () => {
    for (let n = 0; n < 50; n++) await listed();
    expect(await world.refusal(listed())).toBe(throttled);
    await world.clock.sleep(1_000);
    for (let n = 0; n < 10; n++) await listed();
    expect(await world.refusal(listed())).toBe(throttled);
  });

  it('let 4 calls of GetHealthCheckStatus through at once and one more each second', async () => {
    const { Id: HealthCheckId } = await world.createCheck({ Type: 'TCP', IPAddress: '192.0.2.1', Port: 80 });
    const status = () => world.ask('GetHealthCheckStatus', { HealthCheckId });
    for (let n = 0; n < 4; n++) await status();
    expect(await world.refusal(status())).toBe(throttled);
    await listed();
    await world.clock.sleep(1_000);
    await status();
  });

  it('let 1,500 changes through at once, UPSERT counting twice, and 100 more each second', async () => {
    const batch = (count: number) =>
      world.change(
        ...Array.from({ length: count }, (_, index) => upsert(a(`n${index}.company.com`, '192.0.2.1'))),
      );
    await batch(500);
    expect(await world.refusal(batch(251))).toBe(throttled);
    await batch(250);
    await world.clock.sleep(1_000);
    await batch(50);
    expect(await world.refusal(batch(1))).toBe(throttled);
  });
});

describe('a listing', () => {
  beforeEach(async () => {
    await world.change(
      upsert(a('b.company.com', '192.0.2.1')),
      upsert(a('*.b.company.com', '192.0.2.2')),
      upsert({ ...a('b.company.com', '2001:db8::1'), Type: 'AAAA' }),
      upsert(a('w.company.com', '192.0.2.3', { SetIdentifier: 'two', Weight: 2 })),
      upsert(a('w.company.com', '192.0.2.4', { SetIdentifier: 'one', Weight: 1 })),
    );
  });

  it('is in order of reversed labels, type and set identifier, wildcards escaped', async () => {
    const { ResourceRecordSets: sets } = await listed();
    expect(sets.map(({ Name, Type }) => `${Name} ${Type}`)).toEqual([
      'company.com. NS',
      'company.com. SOA',
      'b.company.com. A',
      'b.company.com. AAAA',
      '\\052.b.company.com. A',
      'erlmcp.company.com. A',
      'w.company.com. A',
      'w.company.com. A',
    ]);
    expect(sets.slice(-2)).toMatchObject([
      { SetIdentifier: 'one', Weight: 1 },
      { SetIdentifier: 'two', Weight: 2 },
    ]);
  });

  it('goes on where the last page says', async () => {
    const first = await listed({ MaxItems: 3 });
    expect(first).toMatchObject({
      IsTruncated: true,
      NextRecordName: 'b.company.com.',
      NextRecordType: 'AAAA',
    });
    const second = await listed({
      MaxItems: 100,
      StartRecordName: first.NextRecordName,
      StartRecordType: first.NextRecordType,
    });
    expect(second.IsTruncated).toBe(false);
    expect(first.ResourceRecordSets.length + second.ResourceRecordSets.length).toBe(8);
  });
});

describe('the zones', () => {
  it('are found by id, by name, and in the list', async () => {
    const zone = { Id: `/hostedzone/${zoneId}`, Name: 'company.com.', ResourceRecordSetCount: 3 };
    expect(await world.ask('GetHostedZone', { Id: zoneId })).toMatchObject({
      HostedZone: zone,
      DelegationSet: { NameServers: ['ns-1.awsdns-01.com', 'ns-2.awsdns-02.net'] },
    });
    expect(await world.ask('ListHostedZones', {})).toMatchObject({ HostedZones: [zone], IsTruncated: false });
    expect(await world.ask('ListHostedZonesByName', { DNSName: 'company.com' })).toMatchObject({
      HostedZones: [zone],
    });
    expect(await world.ask('ListHostedZonesByName', { DNSName: 'd.com' })).toMatchObject({ HostedZones: [] });
  });

  it('answer a test of their DNS', async () => {
    const input = { HostedZoneId: zoneId, RecordName: 'erlmcp.company.com', RecordType: 'A' };
    expect(await world.ask('TestDNSAnswer', input)).toMatchObject({
      RecordData: ['192.0.2.10'],
      ResponseCode: 'NOERROR',
      Nameserver: 'ns-1.awsdns-01.com',
    });
  });
});
