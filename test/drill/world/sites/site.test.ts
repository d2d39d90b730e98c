import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WorldClock } from '../../../../drill/clock.ts';
import { createAuthority, type Authority } from '../../../../drill/world/certificates.ts';
import { startSite, type Site } from '../../../../drill/world/sites/site.ts';
import { ask } from '../ask.ts';

let authority: Authority;
const clock = new WorldClock({ start: 0, speed: Infinity, whileBusy: 'not-at-all' });
const sites: Site[] = [];

async function start(options: Partial<Parameters<typeof startSite>[0]> = {}): Promise<Site> {
  const site = await startSite({
    clock,
    site: 'standby',
    region: 'eu-central-1',
    names: ['standby.erlmcp.company.com'],
    authority,
    protocol: 'https',
    readyReplicas: () => 2,
    ...options,
  });
  sites.push(site);
  return site;
}

const get = (site: Site, path = '/health') => ask(`${site.url}${path}`, { ca: authority.certificatePem });

beforeAll(async () => {
  authority = await createAuthority();
});
afterEach(() => Promise.all(sites.splice(0).map((site) => site.stop())));
afterAll(() => clock.stop());

describe('a site', () => {
  it('is healthy while a replica is ready, and says who answered', async () => {
    const site = await start();
    const { status, body } = await get(site);
    expect(status).toBe(200);
    expect(body).toEqual({ status: 'ok', site: 'standby', region: 'eu-central-1', replicas: 2 });
    expect((await get(site, '/')).text).toContain('standby');
    expect((await get(site, '/absent')).status).toBe(404);
    expect(site.requests).toBe(3);
  });

  it('presents a certificate for its public name', async () => {
    const site = await start();
    const options = { ca: authority.certificatePem, servername: 'standby.erlmcp.company.com' };
    expect((await ask(`${site.url}/health`, options)).status).toBe(200);
    await expect(ask(`${site.url}/health`)).rejects.toThrow(/certificate/);
  });

  it('answers 503 with no replica ready', async () => {
    let replicas = 0;
    const site = await start({ readyReplicas: () => replicas, protocol: 'http' });
    expect((await get(site)).status).toBe(503);
    expect((await get(site, '/')).status).toBe(503);
    replicas = 1;
    expect((await get(site)).status).toBe(200);
  });

  it('cuts connections while down, keeps its port, and comes back at the same port', async () => {
    const site = await start();
    site.break('down');
    await expect(get(site)).rejects.toMatchObject({ code: 'ECONNRESET' });
    site.mend();
    expect((await get(site)).status).toBe(200);
    expect(site.broken).toBeNull();
  });

  it('answers 503 while in error, also after having been down', async () => {
    const site = await start();
    site.break('down');
    site.break('error');
    const { status, body } = await get(site);
    expect(status).toBe(503);
    expect(body['status']).toBe('unavailable');
  });

  it('answers after more than six seconds of incident time while slow', async () => {
    const site = await start();
    site.break('slow');
    const before = clock.now();
    expect((await get(site)).status).toBe(200);
    expect(clock.now() - before).toBeGreaterThan(6_000);
  });

  it('takes the next port when its own is in use', async () => {
    const first = await start();
    const second = await start({ preferredPort: first.port });
    expect(second.port).toBeGreaterThan(first.port);
    expect((await get(second)).status).toBe(200);
  });
});
