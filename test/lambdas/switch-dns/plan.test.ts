import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordPlan } from '../../../lambdas/switch-dns/contract.ts';
import { planChanges } from '../../../lambdas/switch-dns/plan.ts';

const www: RecordPlan = {
  name: 'www.example.com',
  type: 'A',
  ttl: 30,
  primary: { values: ['192.0.2.10'] },
  standby: { values: ['198.51.100.10'] },
};
const inZone: ResourceRecordSet = {
  Name: 'www.example.com.',
  Type: 'A',
  TTL: 60,
  ResourceRecords: [{ Value: '192.0.2.10' }],
};
const elb = (dnsName: string) => ({
  alias: { dnsName, hostedZoneId: 'Z35SXDOTRQ7X7K', evaluateTargetHealth: true },
});
const aliased: RecordPlan = {
  ...www,
  primary: elb('p.elb.amazonaws.com'),
  standby: elb('s.elb.amazonaws.com'),
};
const aliasInZone: ResourceRecordSet = {
  Name: 'www.example.com.',
  Type: 'A',
  AliasTarget: {
    DNSName: 'p.elb.amazonaws.com.',
    HostedZoneId: 'Z35SXDOTRQ7X7K',
    EvaluateTargetHealth: true,
  },
};
const refusal = (message: string): unknown =>
  expect.objectContaining({ name: 'UnsafePlan', message: expect.stringContaining(message) });

describe('a change', () => {
  it('replaces only the target of the record', () => {
    const rich: ResourceRecordSet = {
      ...inZone,
      SetIdentifier: 'blue',
      Weight: 10,
      HealthCheckId: 'hc-1',
      TTL: 45,
    };
    const { changes, before } = planChanges(
      [rich],
      [{ ...www, setIdentifier: 'blue', weight: 99 }],
      'standby',
      20,
    );
    expect(changes).toEqual([{ ...rich, ResourceRecords: [{ Value: '198.51.100.10' }] }]);
    expect(before).toEqual([rich]);
  });

  it('leaves a weighted record that is not listed alone', () => {
    const blue = { ...inZone, SetIdentifier: 'blue', Weight: 10 };
    const green = { ...inZone, SetIdentifier: 'green', Weight: 90 };
    const { changes } = planChanges([blue, green], [{ ...www, setIdentifier: 'green' }], 'standby', 20);
    expect(changes.map(({ SetIdentifier }) => SetIdentifier)).toEqual(['green']);
  });

  it('moves an alias to another alias, which has no TTL', () => {
    const { changes } = planChanges([aliasInZone], [aliased], 'standby', 20);
    expect(changes).toEqual([
      {
        Name: 'www.example.com.',
        Type: 'A',
        AliasTarget: {
          DNSName: 's.elb.amazonaws.com',
          HostedZoneId: 'Z35SXDOTRQ7X7K',
          EvaluateTargetHealth: true,
        },
      },
    ]);
  });

  it('from an alias to plain values takes the TTL of the environment', () => {
    const { changes } = planChanges([aliasInZone], [{ ...aliased, standby: www.standby }], 'standby', 20);
    expect(changes).toEqual([{ ...inZone, TTL: 30, ResourceRecords: [{ Value: '198.51.100.10' }] }]);
  });

  it('from plain values to an alias drops TTL and values', () => {
    const [change] = planChanges(
      [inZone],
      [{ ...www, standby: elb('s.elb.amazonaws.com') }],
      'standby',
      20,
    ).changes;
    expect(Object.keys(change!)).toEqual(['Name', 'Type', 'AliasTarget']);
  });

  it.each<[string, RecordPlan, ResourceRecordSet]>([
    [
      'plain values in another order',
      { ...www, standby: { values: ['192.0.2.2', '192.0.2.1'] } },
      { ...inZone, ResourceRecords: [{ Value: '192.0.2.1' }, { Value: '192.0.2.2' }] },
    ],
    [
      'an alias with a trailing dot and capitals',
      { ...aliased, standby: elb('P.elb.amazonaws.com') },
      aliasInZone,
    ],
    [
      'an IPv6 address in its long form',
      { ...www, type: 'AAAA', standby: { values: ['2001:db8::1'] } },
      { ...inZone, Type: 'AAAA', ResourceRecords: [{ Value: '2001:DB8:0:0:0:0:0:1' }] },
    ],
    [
      'a wildcard as Route 53 escapes it',
      { ...www, name: '*.example.com', standby: www.primary },
      { ...inZone, Name: '\\052.example.com.' },
    ],
  ])('is not needed for %s', (_, record, current) => {
    const plan = planChanges([current], [record], 'standby', 20);
    expect(plan.changes).toEqual([]);
    expect(plan.alreadyThere).toHaveLength(1);
  });
});

describe('a plan is refused', () => {
  it('when a listed record is missing, with both numbers', () => {
    const records = [www, { ...www, name: 'api.example.com' }];
    expect(() => planChanges([inZone], records, 'standby', 20)).toThrow(
      refusal('1 of 2 listed records are not in the zone: api.example.com A'),
    );
  });

  it('when the record it lists is there only as members of a weighted set', () => {
    const blue = { ...inZone, SetIdentifier: 'blue', Weight: 10 };
    expect(() => planChanges([blue], [www], 'standby', 20)).toThrow(refusal('1 of 1 listed records'));
  });

  it('when more would change than the environment allows, with both numbers', () => {
    const names = ['a.example.com', 'b.example.com', 'c.example.com'];
    const zone = names.map((Name) => ({ ...inZone, Name }));
    const records = names.map((name) => ({ ...www, name }));
    expect(() => planChanges(zone, records, 'standby', 2)).toThrow(
      refusal('3 of 3 listed records would change, and the environment allows 2'),
    );
    expect(planChanges(zone, records, 'primary', 2).changes).toEqual([]);
  });

  it('when a TTL would keep clients on the dead site', () => {
    expect(() => planChanges([{ ...inZone, TTL: 300 }], [www], 'standby', 20)).toThrow(
      refusal('has a TTL of 300 s; a record that fails over may have 60 s at most'),
    );
  });

  it('when a record belongs to a traffic policy', () => {
    expect(() => planChanges([{ ...inZone, TrafficPolicyInstanceId: 'tp-1' }], [www], 'standby', 20)).toThrow(
      refusal('traffic policy instance tp-1'),
    );
  });

  it('when the batch has more values than one takes', () => {
    const values = Array.from({ length: 501 }, (_, index) => `198.51.${index >> 8}.${index & 255}`);
    expect(() => planChanges([inZone], [{ ...www, standby: { values } }], 'standby', 20)).toThrow(
      refusal('the batch has 501 values, and one batch of UPSERTs takes 500'),
    );
  });

  it('when the batch has more characters than one takes', () => {
    const values = Array.from({ length: 70 }, (_, index) => `${index}`.padStart(240, 'x'));
    const record: RecordPlan = { ...www, type: 'CNAME', standby: { values } };
    expect(() => planChanges([{ ...inZone, Type: 'CNAME' }], [record], 'standby', 20)).toThrow(
      refusal('the batch has 16800 characters, and one batch of UPSERTs takes 16000'),
    );
  });
});

it('a plan applied leaves nothing to plan, and the way back restores the zone', () => {
  const values = fc.uniqueArray(fc.ipV4(), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(values, values, fc.integer({ min: 1, max: 60 }), (primary, standby, TTL) => {
      const record = { ...www, primary: { values: primary }, standby: { values: standby } };
      const start = { ...inZone, TTL, ResourceRecords: primary.map((Value) => ({ Value })) };
      const there = [...planChanges([start], [record], 'standby', 20).changes];
      const moved = there.length > 0 ? there : [start];
      expect(planChanges(moved, [record], 'standby', 20).changes).toEqual([]);
      const back = planChanges(moved, [record], 'primary', 20).changes;
      expect(back.length > 0 ? back : moved).toEqual([start]);
    }),
  );
});
