import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { describe, expect, it } from 'vitest';
import { delays } from '../../../../drill/cloud/delays.ts';
import { a, upsert, zoneId, zoneWorld } from './zone-world.ts';

const name = 'erlmcp.company.com';

/** Checks that are as healthy as their names say, without a checker: 0 of 0 children are enough, 1 never is. */
async function withHealth(sets: (id: (health: 'good' | 'bad') => string) => ResourceRecordSet[], needs = {}) {
  const world = zoneWorld(needs);
  const good = await world.createCheck({ Type: 'CALCULATED', HealthThreshold: 0 }, 'good');
  const bad = await world.createCheck({ Type: 'CALCULATED', HealthThreshold: 1 }, 'bad');
  await world.change(...sets((health) => (health === 'good' ? good.Id : bad.Id)).map(upsert));
  await world.clock.sleep(delays.route53Insync);
  return world;
}

type Health = 'good' | 'bad' | undefined;
const health = (id: (health: 'good' | 'bad') => string, wanted: Health) =>
  wanted === undefined ? {} : { HealthCheckId: id(wanted) };

describe('failover records', () => {
  it.each<[primary: Health, secondary: Health, answer: string]>([
    ['good', 'good', 'primary'],
    ['good', 'bad', 'primary'],
    ['bad', 'good', 'standby'],
    ['bad', undefined, 'standby'],
    ['bad', 'bad', 'primary'],
  ])('with a %s primary and a %s secondary answer with the %s', async (primary, secondary, answer) => {
    const world = await withHealth((id) => [
      a(name, '192.0.2.1', { SetIdentifier: 'primary', Failover: 'PRIMARY', ...health(id, primary) }),
      a(name, '192.0.2.2', { SetIdentifier: 'standby', Failover: 'SECONDARY', ...health(id, secondary) }),
    ]);
    expect(world.values(name)).toEqual([answer === 'primary' ? '192.0.2.1' : '192.0.2.2']);
  });

  it('answer with the only one there is', async () => {
    const world = await withHealth((id) => [
      a('p.company.com', '192.0.2.1', {
        SetIdentifier: 'primary',
        Failover: 'PRIMARY',
        ...health(id, 'bad'),
      }),
      a('s.company.com', '192.0.2.2', {
        SetIdentifier: 'standby',
        Failover: 'SECONDARY',
        ...health(id, 'bad'),
      }),
    ]);
    expect(world.values('p.company.com')).toEqual(['192.0.2.1']);
    expect(world.values('s.company.com')).toEqual(['192.0.2.2']);
  });

  it('whose check is deleted count as healthy', async () => {
    const world = await withHealth((id) => [
      a(name, '192.0.2.1', { SetIdentifier: 'primary', Failover: 'PRIMARY', ...health(id, 'bad') }),
      a(name, '192.0.2.2', { SetIdentifier: 'standby', Failover: 'SECONDARY' }),
    ]);
    const { HealthChecks } = (await world.ask('ListHealthChecks', {})) as { HealthChecks: { Id: string }[] };
    for (const { Id } of HealthChecks) await world.ask('DeleteHealthCheck', { HealthCheckId: Id });
    expect(world.values(name)).toEqual(['192.0.2.1']);
  });
});

describe('weighted records', () => {
  const drawn = async (sets: [weight: number, health: Health][], draws = 400) => {
    const world = await withHealth((id) =>
      sets.map(([Weight, wanted], index) =>
        a(name, `192.0.2.${index}`, { SetIdentifier: `s${index}`, Weight, ...health(id, wanted) }),
      ),
    );
    const counts = sets.map(() => 0);
    for (let n = 0; n < draws; n++) counts[Number(world.values(name)[0]?.split('.')[3])]! += 1;
    return counts.map((count) => count / draws);
  };

  it('answer in proportion to their weights', async () => {
    const [one = 0, two = 0] = await drawn([
      [30, undefined],
      [90, undefined],
    ]);
    expect(one).toBeCloseTo(0.25, 1);
    expect(two).toBeCloseTo(0.75, 1);
  });

  it('leave out the unhealthy ones and those of weight zero', async () => {
    expect(
      await drawn([
        [1, 'good'],
        [255, 'bad'],
        [0, 'good'],
      ]),
    ).toEqual([1, 0, 0]);
  });

  it('of weight zero answer when every other one is unhealthy', async () => {
    expect(
      await drawn([
        [10, 'bad'],
        [0, 'good'],
      ]),
    ).toEqual([0, 1]);
  });

  it('share equally when all weights are zero', async () => {
    const [one = 0] = await drawn([
      [0, undefined],
      [0, undefined],
    ]);
    expect(one).toBeCloseTo(0.5, 1);
  });

  it('all count as healthy when none is', async () => {
    expect(
      await drawn([
        [10, 'bad'],
        [0, 'bad'],
      ]),
    ).toEqual([1, 0]);
  });
});

describe('an alias', () => {
  const alias = (
    owner: string,
    DNSName: string,
    more: Partial<ResourceRecordSet> = {},
  ): ResourceRecordSet => ({
    Name: owner,
    Type: 'A',
    AliasTarget: { HostedZoneId: zoneId, DNSName, EvaluateTargetHealth: true },
    ...more,
  });
  const outsideAlias = (owner: string, DNSName: string, more: Partial<ResourceRecordSet> = {}) => ({
    ...alias(owner, DNSName, more),
    AliasTarget: { HostedZoneId: 'Z32O12XQLNTSW2', DNSName, EvaluateTargetHealth: true },
  });

  it('answers with the records of its target, under its own name and with their TTL', async () => {
    const world = await withHealth(() => [
      a('target.company.com', '192.0.2.7'),
      alias(name, 'target.company.com'),
    ]);
    expect(world.service.zones.answer({ name, type: 'A' }).answers).toEqual([
      { name: `${name}.`, type: 'A', ttl: 30, value: '192.0.2.7' },
    ]);
  });

  it('is as healthy as its target when it evaluates it', async () => {
    const world = await withHealth((id) => [
      a('one.company.com', '192.0.2.1', { SetIdentifier: 'x', Weight: 1, ...health(id, 'bad') }),
      a('two.company.com', '192.0.2.2'),
      alias(name, 'one.company.com', { SetIdentifier: 'primary', Failover: 'PRIMARY' }),
      alias(name, 'two.company.com', { SetIdentifier: 'standby', Failover: 'SECONDARY' }),
    ]);
    expect(world.values(name)).toEqual(['192.0.2.2']);
  });

  it('to a load balancer has its addresses for 60 seconds and follows its health', async () => {
    let healthy = true;
    const world = await withHealth(
      () => [
        outsideAlias(name, 'one.elb.amazonaws.com', { SetIdentifier: 'primary', Failover: 'PRIMARY' }),
        outsideAlias(name, 'two.elb.amazonaws.com', { SetIdentifier: 'standby', Failover: 'SECONDARY' }),
      ],
      {
        outside: {
          resolve: (host: string, type: string) =>
            type === 'A' ? [host === 'one.elb.amazonaws.com' ? '192.0.2.1' : '192.0.2.2'] : [],
          healthy: (host: string) => healthy || host !== 'one.elb.amazonaws.com',
        },
      },
    );
    expect(world.service.zones.answer({ name, type: 'A' }).answers).toMatchObject([
      { ttl: 60, value: '192.0.2.1' },
    ]);
    healthy = false;
    expect(world.values(name)).toEqual(['192.0.2.2']);
  });
});

describe('a name', () => {
  it('is a CNAME for every type but its own, followed within the zone', async () => {
    const world = await withHealth(() => [
      a('real.company.com', '192.0.2.1'),
      { ...a('www.company.com', 'real.company.com'), Type: 'CNAME' },
      { ...a('far.company.com', 'host.example.org'), Type: 'CNAME' },
    ]);
    expect(world.values('www.company.com')).toEqual(['real.company.com', '192.0.2.1']);
    expect(world.values('www.company.com', 'CNAME')).toEqual(['real.company.com']);
    expect(world.values('far.company.com')).toEqual(['host.example.org']);
  });

  it('that does not exist is NXDOMAIN, one without the type or with names below it is not', async () => {
    const world = await withHealth(() => [a('deep.down.company.com', '192.0.2.1')]);
    expect(world.code('nothing.company.com')).toBe('NXDOMAIN');
    expect(world.code('down.company.com')).toBe('NOERROR');
    expect(world.code('deep.down.company.com', 'AAAA')).toBe('NOERROR');
    expect(world.values('deep.down.company.com', 'AAAA')).toEqual([]);
    expect(world.code('www.example.org')).toBe('REFUSED');
  });

  it('is covered by a wildcard unless it exists', async () => {
    const world = await withHealth(() => [
      a('*.company.com', '192.0.2.1'),
      a('real.company.com', '192.0.2.2'),
    ]);
    expect(world.values('any.company.com')).toEqual(['192.0.2.1']);
    expect(world.values('any.thing.company.com')).toEqual(['192.0.2.1']);
    expect(world.values('REAL.company.com')).toEqual(['192.0.2.2']);
    expect(world.code('below.real.company.com')).toBe('NXDOMAIN');
  });

  it('under a delegation is referred to its servers', async () => {
    const world = await withHealth(() => [{ ...a('sub.company.com', 'ns.example.org'), Type: 'NS' }]);
    expect(world.service.zones.answer({ name: 'www.sub.company.com', type: 'A' })).toMatchObject({
      authoritative: false,
      answers: [],
      authorities: [{ name: 'sub.company.com.', type: 'NS', value: 'ns.example.org' }],
    });
  });
});
