import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../../drill/cloud/contract.ts';
import { a, create, remove, upsert, zoneId, zoneWorld } from './zone-world.ts';

const cname = (name: string, value = 'elsewhere.example.org'): ResourceRecordSet => ({
  ...a(name, value),
  Type: 'CNAME',
});
const alias = (
  name: string,
  target: Partial<ResourceRecordSet['AliasTarget']>,
  more = {},
): ResourceRecordSet => ({
  Name: name,
  Type: 'A',
  AliasTarget: { HostedZoneId: zoneId, DNSName: 'plain.company.com', EvaluateTargetHealth: true, ...target },
  ...more,
});
const weighted = (name: string, id: string) => a(name, '192.0.2.9', { SetIdentifier: id, Weight: 1 });
const secondary = (name: string, id: string) =>
  a(name, '192.0.2.9', { SetIdentifier: id, Failover: 'SECONDARY' });

const records: ResourceRecordSet[] = [
  a('plain.company.com', ['192.0.2.1', '192.0.2.2']),
  cname('alias.company.com'),
  weighted('w.company.com', 'one'),
  secondary('f.company.com', 'standby'),
];

const cases: readonly [what: string, changes: Change[], refusal: string][] = [
  [
    'creating what exists',
    [create(a('plain.company.com', '192.0.2.3'))],
    "InvalidChangeBatch: [Tried to create resource record set [name='plain.company.com.', type='A'] but it already exists]",
  ],
  [
    'deleting what does not exist',
    [remove(a('missing.company.com', '192.0.2.3'))],
    "InvalidChangeBatch: [Tried to delete resource record set [name='missing.company.com.', type='A'] but it was not found]",
  ],
  [
    'deleting other values',
    [remove(a('plain.company.com', '192.0.2.1'))],
    "InvalidChangeBatch: [Tried to delete resource record set [name='plain.company.com.', type='A'] but the values provided do not match the current values]",
  ],
  [
    'deleting with another TTL',
    [remove(a('plain.company.com', ['192.0.2.1', '192.0.2.2'], { TTL: 31 }))],
    "InvalidChangeBatch: [Tried to delete resource record set [name='plain.company.com.', type='A'] but the values provided do not match the current values]",
  ],
  [
    'deleting the same set twice',
    [remove(a('plain.company.com', ['192.0.2.2', '192.0.2.1'])), remove(a('plain.company.com', '192.0.2.1'))],
    "InvalidChangeBatch: [Tried to delete resource record set [name='plain.company.com.', type='A'] but it was not found]",
  ],
  [
    'a name outside the zone',
    [upsert(a('www.example.org', '192.0.2.3'))],
    'InvalidChangeBatch: [RRSet with DNS name www.example.org. is not permitted in zone company.com.]',
  ],
  [
    'a name that only ends like the zone',
    [upsert(a('notcompany.com', '192.0.2.3'))],
    'InvalidChangeBatch: [RRSet with DNS name notcompany.com. is not permitted in zone company.com.]',
  ],
  [
    'a CNAME at the apex',
    [upsert(cname('company.com'))],
    'InvalidChangeBatch: [RRSet of type CNAME with DNS name company.com. is not permitted at apex in zone company.com., RRSet of type CNAME with DNS name company.com. is not permitted as it conflicts with other records with the same DNS name in zone company.com.]',
  ],
  [
    'a CNAME beside other records',
    [upsert(cname('plain.company.com'))],
    'InvalidChangeBatch: [RRSet of type CNAME with DNS name plain.company.com. is not permitted as it conflicts with other records with the same DNS name in zone company.com.]',
  ],
  [
    'a record beside a CNAME',
    [upsert(a('alias.company.com', '192.0.2.3'))],
    'InvalidChangeBatch: [RRSet of type A with DNS name alias.company.com. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone company.com.]',
  ],
  [
    'an A value that is no address',
    [upsert(a('x.company.com', 'not-an-ip'))],
    "InvalidChangeBatch: [Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with 'not-an-ip'']",
  ],
  [
    'an AAAA value that is no address',
    [upsert({ ...a('x.company.com', '192.0.2.3'), Type: 'AAAA' })],
    "InvalidChangeBatch: [Invalid Resource Record: 'FATAL problem: AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address) encountered with '192.0.2.3'']",
  ],
  [
    'text without quotation marks',
    [upsert({ ...a('x.company.com', 'healthy'), Type: 'TXT' })],
    "InvalidChangeBatch: [Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'healthy'']",
  ],
  [
    'a value twice',
    [upsert(a('x.company.com', ['192.0.2.3', '192.0.2.3']))],
    "InvalidChangeBatch: [Duplicate Resource Record: '192.0.2.3']",
  ],
  [
    'a simple record beside weighted ones',
    [upsert(a('w.company.com', '192.0.2.3'))],
    'InvalidChangeBatch: [RRSet with DNS name w.company.com., type A cannot be created as other RRSets exist with the same name and type.]',
  ],
  [
    'a weighted record beside a simple one',
    [upsert(weighted('plain.company.com', 'one'))],
    'InvalidChangeBatch: [RRSet with DNS name plain.company.com., type A, SetIdentifier one cannot be created as a non-weighted set exists with the same name and type.]',
  ],
  [
    'a failover record beside weighted ones',
    [upsert(secondary('w.company.com', 'standby'))],
    'InvalidChangeBatch: [RRSet with DNS name w.company.com., type A, SetIdentifier standby, marked as secondary cannot be created because a non-failover RRSet with the same name and type already exists]',
  ],
  [
    'two records of one failover role',
    [upsert(secondary('f.company.com', 'other'))],
    'InvalidChangeBatch: [RRSet with DNS name f.company.com., type A, SetIdentifier other, marked as secondary cannot be created because a failover RRSet marked as secondary with the same name and type already exists]',
  ],
  [
    'a primary record without a health check',
    [upsert(a('f.company.com', '192.0.2.3', { SetIdentifier: 'primary', Failover: 'PRIMARY' }))],
    'InvalidChangeBatch: [A non-alias primary ResourceRecordSet must have an associated health check]',
  ],
  [
    'a failover alias that does not evaluate its target',
    [
      upsert(
        alias(
          'f.company.com',
          { EvaluateTargetHealth: false },
          { SetIdentifier: 'primary', Failover: 'PRIMARY' },
        ),
      ),
    ],
    'InvalidChangeBatch: [Failover alias RRSet with DNS name f.company.com., type A, SetIdentifier primary must have EvaluateTargetHealth set to true]',
  ],
  [
    'an alias to a record that is not there',
    [upsert(alias('x.company.com', { DNSName: 'missing.company.com' }))],
    `InvalidChangeBatch: [Tried to create an alias that targets missing.company.com., type A in zone ${zoneId}, but that target was not found]`,
  ],
  [
    'an alias out of its zone with the id of its zone',
    [upsert(alias('x.company.com', { DNSName: 'lb.example.org' }))],
    `InvalidChangeBatch: [Tried to create an alias that targets lb.example.org., type A in zone ${zoneId}, but the alias target name does not lie within the target zone, Tried to create an alias that targets lb.example.org., type A in zone ${zoneId}, but that target was not found]`,
  ],
  [
    'deleting the NS records of the zone itself',
    [
      remove({
        Name: 'company.com',
        Type: 'NS',
        TTL: 172_800,
        ResourceRecords: [{ Value: 'ns-1.awsdns-01.com.' }, { Value: 'ns-2.awsdns-02.net.' }],
      }),
    ],
    'InvalidChangeBatch: [A HostedZone must contain at least one NS record for the zone itself.]',
  ],
  [
    'a health check that does not exist',
    [upsert(a('x.company.com', '192.0.2.3', { SetIdentifier: 'one', Weight: 1, HealthCheckId: 'gone' }))],
    'NoSuchHealthCheck: A health check with id gone does not exist.',
  ],
  [
    'a set identifier without a policy',
    [upsert(a('x.company.com', '192.0.2.3', { SetIdentifier: 'one' }))],
    'InvalidInput: Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig], but found none in Change with [Action=UPSERT, Name=x.company.com, Type=A, SetIdentifier=one]',
  ],
  [
    'two policies',
    [upsert(a('x.company.com', '192.0.2.3', { SetIdentifier: 'one', Weight: 1, Failover: 'SECONDARY' }))],
    'InvalidInput: Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig], but found more than one in Change with [Action=UPSERT, Name=x.company.com, Type=A, SetIdentifier=one]',
  ],
  [
    'a policy without a set identifier',
    [upsert(a('x.company.com', '192.0.2.3', { Weight: 1 }))],
    "InvalidInput: Invalid request: Missing field 'SetIdentifier' in Change with [Action=UPSERT, Name=x.company.com, Type=A, SetIdentifier=null]",
  ],
  [
    'neither values nor an alias',
    [upsert({ Name: 'x.company.com', Type: 'A' })],
    'InvalidInput: Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=UPSERT, Name=x.company.com, Type=A, SetIdentifier=null]',
  ],
  [
    'a weight beyond 255',
    [upsert(a('x.company.com', '192.0.2.3', { SetIdentifier: 'one', Weight: 256 }))],
    'InvalidInput: Invalid request: Weight must be a whole number from 0 to 255 in Change with [Action=UPSERT, Name=x.company.com, Type=A, SetIdentifier=one]',
  ],
  [
    'latency records, which nobody here could answer truthfully',
    [upsert(a('x.company.com', '192.0.2.3', { SetIdentifier: 'one', Region: 'eu-west-1' }))],
    'InvalidInput: Invalid request: the local cloud answers simple, weighted and failover records only, not Region in Change with [Action=UPSERT, Name=x.company.com, Type=A, SetIdentifier=one]',
  ],
  ['no change at all', [], 'InvalidInput: Invalid request: ChangeBatch must contain at least one Change'],
];

describe('Route 53 refuses', () => {
  it.each(cases)('%s', async (_, changes, refusal) => {
    const world = zoneWorld({ records });
    const before = await world.ask('ListResourceRecordSets', { HostedZoneId: zoneId });
    expect(await world.refusal(world.change(...changes))).toBe(refusal);
    expect(await world.ask('ListResourceRecordSets', { HostedZoneId: zoneId })).toEqual(before);
  });

  it('all faults of a batch at once', async () => {
    const world = zoneWorld({ records });
    const refusal = await world.refusal(
      world.change(
        create(a('plain.company.com', '192.0.2.3')),
        remove(a('missing.company.com', '192.0.2.3')),
      ),
    );
    expect(refusal).toContain('but it already exists, Tried to delete');
  });

  it('whatever is not a change with one of its own errors, and never falls over', async () => {
    const word = fc.constantFrom(
      '',
      'A',
      'x.company.com',
      'CREATE',
      'PRIMARY',
      '"',
      '..',
      '\u0000',
      '*.company.com',
    );
    const change = fc.record(
      {
        Action: fc.constantFrom('CREATE', 'DELETE', 'UPSERT', 'NONE'),
        ResourceRecordSet: fc.record(
          {
            Name: word,
            Type: fc.constantFrom('A', 'CNAME', 'TXT', 'MX', 'SRV', 'CAA', 'SOA', 'NAPTR'),
            TTL: fc.oneof(fc.integer(), fc.double()),
            SetIdentifier: word,
            Weight: fc.integer(),
            Failover: word,
            ResourceRecords: fc.array(fc.record({ Value: word }, { requiredKeys: [] })),
            AliasTarget: fc.record(
              { HostedZoneId: word, DNSName: word, EvaluateTargetHealth: fc.boolean() },
              { requiredKeys: [] },
            ),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 3 }), async (changes) => {
        const world = zoneWorld({ records });
        const thrown: unknown = await world.change(...(changes as Change[])).catch((error: unknown) => error);
        if (thrown instanceof Error && !(thrown instanceof AwsError)) throw thrown;
      }),
      { numRuns: 200 },
    );
  });
});
