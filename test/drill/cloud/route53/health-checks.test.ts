import { beforeEach, describe, expect, it } from 'vitest';
import { a, endpointCheck, upsert, zoneWorld } from './zone-world.ts';

const host = 'primary.company.com';
let world: ReturnType<typeof zoneWorld>;
let id: string;

beforeEach(async () => {
  world = zoneWorld();
  world.service.start();
  id = (await world.createCheck(endpointCheck)).Id;
});

const health = (check = id) => world.service.healthOf(check);
const published = (name: string, check = id) =>
  world.published
    .filter((sample) => sample.name === name && sample.dimensions['HealthCheckId'] === check)
    .map(({ after, value }) => [after / 1_000, value]);

describe('the checkers of an endpoint', () => {
  it('are 16 in 8 regions, each calling once per interval at a moment of its own', async () => {
    await world.until(20);
    expect(world.probed).toHaveLength(32);
    const moments = world.probed.map(({ after }) => after % 10_000);
    expect(new Set(moments).size).toBeGreaterThan(12);
    expect(world.probed[0]?.target).toEqual({ protocol: 'HTTPS', host, port: 443, path: '/health' });
    const { HealthCheckObservations: seen } = (await world.ask('GetHealthCheckStatus', {
      HealthCheckId: id,
    })) as {
      HealthCheckObservations: { Region: string; StatusReport: { Status: string } }[];
    };
    expect(seen).toHaveLength(16);
    expect(new Set(seen.map(({ Region }) => Region)).size).toBe(8);
    expect(seen.every(({ StatusReport: { Status } }) => Status.startsWith('Success'))).toBe(true);
  });

  it('call at the same moments in every run', async () => {
    await world.until(10);
    const again = zoneWorld();
    again.service.start();
    await again.createCheck(endpointCheck);
    await again.until(10);
    expect(again.probed).toEqual(world.probed.slice(0, 16));
  });

  it('call what the check says: address, port, path, text', async () => {
    await world.ask('DeleteHealthCheck', { HealthCheckId: id });
    await world.createCheck(
      { ...endpointCheck, Type: 'HTTP_STR_MATCH', IPAddress: '192.0.2.10', Port: 8080, SearchString: 'ok' },
      'two',
    );
    await world.until(10);
    expect(world.probed[0]?.target).toEqual({
      protocol: 'HTTP',
      host: '192.0.2.10',
      port: 8080,
      path: '/health',
      searchString: 'ok',
    });
  });

  it('agree on a failure after three calls in a row, and on the recovery after three more', async () => {
    await world.until(60);
    world.down.add(host);
    await world.until(60 + 20);
    expect(health()).toBe(true);
    await world.until(60 + 32);
    expect(health()).toBe(false);
    world.down.clear();
    await world.until(92 + 20);
    expect(health()).toBe(false);
    await world.until(92 + 32);
    expect(health()).toBe(true);
  });

  it('do not mind two bad answers between good ones', async () => {
    await world.until(60);
    world.down.add(host);
    await world.until(80);
    world.down.clear();
    await world.until(120);
    expect(health()).toBe(true);
    expect(published('HealthCheckPercentageHealthy')).toEqual([
      [30, 100],
      [90, 100],
    ]);
  });

  it('need more than 18 percent of them to say healthy', async () => {
    const outcomes: boolean[] = [];
    for (const goodCheckers of [2, 3]) {
      let calls = 0;
      const other = zoneWorld({ probe: async () => calls++ % 16 < goodCheckers });
      other.service.start();
      const check = await other.createCheck(endpointCheck);
      await other.until(60);
      outcomes.push(other.service.healthOf(check.Id) === true);
    }
    expect(outcomes).toEqual([false, true]);
  });

  it('count a probe that fails as a bad answer', async () => {
    const other = zoneWorld({ probe: () => Promise.reject(new Error('ECONNREFUSED')) });
    other.service.start();
    const check = await other.createCheck(endpointCheck);
    await other.until(60);
    expect(other.service.healthOf(check.Id)).toBe(false);
  });

  it('are only in the regions that the check names', async () => {
    await world.ask('UpdateHealthCheck', {
      HealthCheckId: id,
      Regions: ['us-east-1', 'eu-west-1', 'sa-east-1'],
    });
    world.probed.length = 0;
    await world.until(10);
    expect(world.probed).toHaveLength(6);
  });

  it('stop when the world stops', async () => {
    await world.until(10);
    world.service.stop();
    world.probed.length = 0;
    await world.until(100);
    expect(world.probed).toEqual([]);
    expect(published('HealthCheckStatus')).toEqual([]);
  });
});

describe('a health check', () => {
  it('is healthy while it is new, and unhealthy when it is inverted', async () => {
    const inverted = await world.createCheck({ ...endpointCheck, Inverted: true }, 'inverted');
    expect([health(), health(inverted.Id)]).toEqual([true, false]);
    world.down.add(host);
    await world.until(60);
    expect([health(), health(inverted.Id)]).toEqual([false, true]);
  });

  it('that is disabled asks nobody and is healthy; inverted on top, unhealthy', async () => {
    world.down.add(host);
    await world.until(60);
    await world.ask('UpdateHealthCheck', { HealthCheckId: id, Disabled: true });
    expect(health()).toBe(true);
    world.probed.length = 0;
    await world.until(120);
    expect(world.probed).toEqual([]);
    await world.ask('UpdateHealthCheck', { HealthCheckId: id, Inverted: true });
    expect(health()).toBe(false);
  });

  it('publishes its metrics once a minute, in us-east-1 only', async () => {
    await world.until(60);
    world.down.add(host);
    await world.until(240);
    expect(published('HealthCheckStatus')).toEqual([
      [30, 1],
      [90, 1],
      [150, 0],
      [210, 0],
    ]);
    const [, , late] = published('HealthCheckPercentageHealthy');
    expect(late).toEqual([150, 0]);
    expect(new Set(world.published.map(({ region }) => region))).toEqual(new Set(['us-east-1']));
  });

  it('moves the answers of the failover records that carry it', async () => {
    await world.change(
      upsert(
        a('x.company.com', '192.0.2.1', { SetIdentifier: 'one', Failover: 'PRIMARY', HealthCheckId: id }),
      ),
      upsert(a('x.company.com', '192.0.2.2', { SetIdentifier: 'two', Failover: 'SECONDARY' })),
    );
    await world.until(60);
    expect(world.values('x.company.com')).toEqual(['192.0.2.1']);
    world.down.add(host);
    await world.until(92);
    expect(world.values('x.company.com')).toEqual(['192.0.2.2']);
    expect(world.told).toContain(`Route 53 | health check ${host}:443 is unhealthy | ${id}`);
  });
});

describe('a calculated check', () => {
  const calculated = async (HealthThreshold: number, more = {}) =>
    (
      await world.createCheck(
        { Type: 'CALCULATED', HealthThreshold, ChildHealthChecks: [id, other], ...more },
        `c${HealthThreshold}`,
      )
    ).Id;
  let other: string;
  beforeEach(async () => {
    const standby = { ...endpointCheck, FullyQualifiedDomainName: 'standby.company.com' };
    other = (await world.createCheck(standby, 'standby')).Id;
  });

  it('is healthy while enough of its children are', async () => {
    const [none, one, both, more] = [
      await calculated(0),
      await calculated(1),
      await calculated(2),
      await calculated(3),
    ];
    const all = () => [none, one, both, more].map((check) => health(check));
    expect(all()).toEqual([true, true, true, false]);
    world.down.add(host);
    await world.until(60);
    expect(all()).toEqual([true, true, false, false]);
    world.down.add('standby.company.com');
    await world.until(120);
    expect(all()).toEqual([true, false, false, false]);
    expect(published('ChildHealthCheckHealthyCount', both)).toEqual([
      [30, 2],
      [90, 1],
    ]);
  });

  it('cannot be among its own children', async () => {
    const parent = await calculated(1);
    const loop = world.ask('UpdateHealthCheck', { HealthCheckId: parent, ChildHealthChecks: [parent] });
    expect(await world.refusal(loop)).toContain('would be its own child');
  });
});

describe('the API of health checks', () => {
  const created = (reference: string, config: Record<string, unknown> = endpointCheck) =>
    world.createCheck(config, reference);

  it('gives the same check for the same reference and settings, and refuses other settings', async () => {
    expect((await created('one')).Id).toBe(id);
    expect(await world.refusal(created('one', { ...endpointCheck, FailureThreshold: 2 }))).toMatch(
      /^HealthCheckAlreadyExists/,
    );
    expect((await created('two')).Id).not.toBe(id);
  });

  it('refuses the reference of a deleted check', async () => {
    await world.ask('DeleteHealthCheck', { HealthCheckId: id });
    expect(await world.refusal(created('one'))).toMatch(/^HealthCheckAlreadyExists/);
    expect(await world.refusal(world.ask('GetHealthCheck', { HealthCheckId: id }))).toBe(
      `NoSuchHealthCheck: A health check with id ${id} does not exist.`,
    );
  });

  it('counts versions and refuses an update of another one', async () => {
    const update = (HealthCheckVersion: number) =>
      world.ask('UpdateHealthCheck', { HealthCheckId: id, HealthCheckVersion, FailureThreshold: 5 });
    expect(await update(1)).toMatchObject({
      HealthCheck: {
        HealthCheckVersion: 2,
        HealthCheckConfig: { FailureThreshold: 5, ResourcePath: '/health' },
      },
    });
    expect(await world.refusal(update(1))).toMatch(/^HealthCheckVersionMismatch/);
  });

  it('fills in defaults', async () => {
    const { HealthCheckConfig } = await created('two', { Type: 'HTTP', IPAddress: '192.0.2.1' });
    expect(HealthCheckConfig).toMatchObject({
      Port: 80,
      ResourcePath: '/',
      RequestInterval: 30,
      FailureThreshold: 3,
      Inverted: false,
      Disabled: false,
    });
  });

  it.each<[what: string, config: Record<string, unknown>, words: string]>([
    ['an endpoint nowhere', { Type: 'HTTP' }, 'either IPAddress or FullyQualifiedDomainName'],
    ['a private address', { Type: 'HTTP', IPAddress: '10.0.0.1' }, 'cannot reach'],
    [
      'an interval of 20 seconds',
      { ...endpointCheck, RequestInterval: 20 },
      'RequestInterval must be 10 or 30',
    ],
    ['a threshold of 11', { ...endpointCheck, FailureThreshold: 11 }, 'FailureThreshold must be'],
    ['two regions', { ...endpointCheck, Regions: ['us-east-1', 'eu-west-1'] }, 'at least 3 regions'],
    ['a text to match without matching', { ...endpointCheck, SearchString: 'ok' }, 'must not be specified'],
    ['matching without a text', { ...endpointCheck, Type: 'HTTPS_STR_MATCH' }, 'SearchString is missing'],
    ['TCP without a port', { Type: 'TCP', IPAddress: '192.0.2.1' }, 'Port must be'],
    [
      'an alarm on an endpoint',
      { ...endpointCheck, AlarmIdentifier: { Name: 'x', Region: 'us-east-1' } },
      'Basic health checks must not have AlarmIdentifier',
    ],
    [
      'an unknown child',
      { Type: 'CALCULATED', HealthThreshold: 1, ChildHealthChecks: ['gone'] },
      'do not exist: gone',
    ],
    [
      'an alarm check without an alarm',
      { Type: 'CLOUDWATCH_METRIC' },
      'AlarmIdentifier needs Name and Region',
    ],
    ['a routing control', { Type: 'RECOVERY_CONTROL' }, 'no health checks of type RECOVERY_CONTROL'],
  ])('refuses %s', async (_, config, words) => {
    const refusal = await world.refusal(created('other', config));
    expect(refusal).toMatch(/^InvalidInput: Invalid parameter : /);
    expect(refusal).toContain(words);
  });

  it('lists the checks in pages', async () => {
    const second = await created('two');
    const page = (await world.ask('ListHealthChecks', { MaxItems: 1 })) as { NextMarker: string };
    expect(page).toMatchObject({ HealthChecks: [{ Id: id }], IsTruncated: true, NextMarker: second.Id });
    expect(await world.ask('ListHealthChecks', { Marker: page.NextMarker })).toMatchObject({
      HealthChecks: [{ Id: second.Id }],
      IsTruncated: false,
    });
  });
});
