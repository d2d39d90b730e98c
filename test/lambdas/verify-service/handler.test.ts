import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../../lambdas/verify-service/contract.ts';
import { handler } from '../../../lambdas/verify-service/handler.ts';
import { loopbackDns, type LoopbackDns } from '../loopback-dns.ts';
import { loopbackSite, type LoopbackSite } from '../loopback-site.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';

let authoritative: LoopbackDns[];
let resolvers: LoopbackDns[];
let site: LoopbackSite;
let ledger: MemoryLedger;

beforeEach(async () => {
  site = await loopbackSite();
  authoritative = [await loopbackDns(), await loopbackDns()];
  resolvers = [await loopbackDns(), await loopbackDns()];
  for (const { zone } of [...authoritative, ...resolvers]) zone.set('A www.example.com', ['127.0.0.1']);
  ledger = memoryLedger();
  const settings: Settings = {
    environment: 'dev',
    ledgerBucket: 'ledger',
    endpoint: { ...site.endpoint, host: 'www.example.com' },
    dns: {
      mode: 'switch',
      zoneId: 'Z1',
      zoneName: 'example.com',
      nameServers: authoritative.map(({ address }) => address),
      resolvers: resolvers.map(({ address }) => address),
      maxRecords: 20,
      records: [
        {
          name: 'www.example.com',
          type: 'A',
          ttl: 30,
          primary: { values: ['192.0.2.10'] },
          standby: { values: ['127.0.0.1'] },
        },
      ],
    },
  };
  deploy(settings);
});

afterEach(async () => {
  await Promise.all([site, ...authoritative, ...resolvers].map((server) => server.close()));
});

/** The seventh look is the first that comes 30 s, the TTL, after the zone had moved. */
const look = (ref = incident, attempt = 7) => handler({ incident: ref, target: 'standby', attempt });

describe('verify-service', () => {
  it('calls the service by its public name at the address that DNS answers', async () => {
    const output = await look();
    expect(output.verified).toBe(true);
    expect(site.hosts).toEqual([`www.example.com:${site.endpoint.port}`]);
    expect(ledger.record()).toMatchObject({ checks: output.checks, timeline: [{ actor: 'verify-service' }] });
  });

  it('waits until every cache that keeps to the TTL must have let go', async () => {
    expect(await look(incident, 6)).toMatchObject({
      verified: false,
      summary: expect.stringContaining('may keep the old answer for 30 s'),
    });
    expect((await look(incident, 7)).verified).toBe(true);
  });

  it('names the resolver that still answers from its cache, and calls nobody yet', async () => {
    resolvers[1]!.zone.set('A www.example.com', ['192.0.2.10']);
    const output = await look();
    expect(output.verified).toBe(false);
    expect(output.summary).toContain(`${resolvers[1]!.address} answers 192.0.2.10, still`);
    expect(site.hosts).toEqual([]);
  });

  it('is not satisfied with DNS when the service fails', async () => {
    site.status = 502;
    expect(await look()).toMatchObject({ verified: false, summary: expect.stringContaining('answered 502') });
  });

  it('goes on in mode plan, telling what it would verify', async () => {
    for (const { zone } of [...authoritative, ...resolvers]) zone.set('A www.example.com', ['192.0.2.10']);
    expect(await look(planOnly)).toMatchObject({
      verified: true,
      summary: expect.stringContaining('would verify'),
    });
  });
});
