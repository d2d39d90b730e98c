import { GetChangeCommand, Route53Client } from '@aws-sdk/client-route-53';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../../lambdas/check-dns/contract.ts';
import { handler } from '../../../lambdas/check-dns/handler.ts';
import { loopbackDns, type LoopbackDns } from '../loopback-dns.ts';
import { awsError, deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

const route53 = mockClient(Route53Client);
let servers: LoopbackDns[];
let resolver: LoopbackDns;
let ledger: MemoryLedger;
let settings: Settings;
const submittedAt = new Date('2026-11-23T12:05:00Z');

beforeEach(async () => {
  servers = [await loopbackDns(), await loopbackDns()];
  for (const { zone } of servers) zone.set('A www.example.com', ['198.51.100.10']);
  resolver = await loopbackDns();
  ledger = memoryLedger();
  settings = {
    environment: 'dev',
    ledgerBucket: 'ledger',
    dns: {
      mode: 'upsert',
      zoneId: 'Z1',
      zoneName: 'example.com',
      nameServers: servers.map(({ address }) => address),
      resolvers: [resolver.address],
      maxRecords: 20,
      records: [
        {
          name: 'www.example.com',
          type: 'A',
          ttl: 30,
          primary: { values: ['192.0.2.10'] },
          standby: { values: ['198.51.100.10'] },
        },
      ],
    },
  };
  deploy(settings);
  route53.reset();
  route53
    .on(GetChangeCommand)
    .resolves({ ChangeInfo: { Id: '/change/C1', Status: 'INSYNC', SubmittedAt: submittedAt } });
});

afterEach(async () => {
  await Promise.all([...servers, resolver].map((server) => server.close()));
});

const look = (changeIds: string[] = ['C1'], ref = incident) =>
  handler({ incident: ref, target: 'standby', changeIds, attempt: 1 });

describe('check-dns', () => {
  it('finds the zone moved when the change is in sync and every server answers the target', async () => {
    const output = await look();
    expect(output.moved).toBe(true);
    expect(route53.commandCalls(GetChangeCommand)[0]!.args[0].input).toEqual({ Id: 'C1' });
    expect(ledger.record()).toMatchObject({ checks: output.checks, timeline: [{ actor: 'check-dns' }] });
  });

  it('asks Route 53 nothing when a switch moved the traffic', async () => {
    expect((await look([])).moved).toBe(true);
    expect(route53.calls()).toEqual([]);
  });

  it('waits while one server answers the origin', async () => {
    servers[1]!.zone.set('A www.example.com', ['192.0.2.10']);
    expect(await look()).toMatchObject({
      moved: false,
      summary: expect.stringContaining('answers 192.0.2.10'),
    });
  });

  it('waits while the change is pending', async () => {
    route53
      .on(GetChangeCommand)
      .resolves({ ChangeInfo: { Id: 'C1', Status: 'PENDING', SubmittedAt: submittedAt } });
    expect((await look()).moved).toBe(false);
  });

  it('waits while the control plane cannot be asked', async () => {
    route53.on(GetChangeCommand).rejects(awsError('Throttling', 'Rate exceeded'));
    const output = await look();
    expect(output.moved).toBe(false);
    expect(output.checks[0]).toMatchObject({ held: 'unknown', evidence: 'Throttling: Rate exceeded' });
  });

  it.each([
    ['NoSuchChange', 'ChangeLost'],
    ['AccessDenied', 'AccessDenied'],
  ])('translates %s to %s', async (thrown, name) => {
    route53.on(GetChangeCommand).rejects(awsError(thrown, thrown, 404));
    await expect(look()).rejects.toMatchObject({ name });
  });

  it("compares an alias with its load balancer's addresses of this moment", async () => {
    const [record] = settings.dns.records;
    const alias = (dnsName: string) => ({
      alias: { dnsName, hostedZoneId: 'Z2', evaluateTargetHealth: true },
    });
    deploy({
      ...settings,
      dns: {
        ...settings.dns,
        records: [{ ...record!, primary: alias('p.elb.example'), standby: alias('s.elb.example') }],
      },
    } satisfies Settings);
    resolver.zone.set('A p.elb.example', ['192.0.2.10']);
    resolver.zone.set('A s.elb.example', ['198.51.100.10', '198.51.100.11']);
    expect((await look()).moved).toBe(true);
    resolver.zone.set('A s.elb.example', ['198.51.100.12']);
    expect((await look()).moved).toBe(false);
  });

  it('goes on in mode plan, telling what it would wait for', async () => {
    for (const { zone } of servers) zone.set('A www.example.com', ['192.0.2.10']);
    expect(await look([], planOnly)).toMatchObject({ moved: true, checks: [{ held: 'unknown' }] });
  });
});
