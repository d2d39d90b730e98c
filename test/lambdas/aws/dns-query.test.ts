import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, resolveAliases } from '../../../lambdas/aws/dns-query.ts';
import { loopbackDns, type LoopbackDns } from '../loopback-dns.ts';

let one: LoopbackDns;
let two: LoopbackDns;

beforeEach(async () => {
  one = await loopbackDns({
    'A www.example.com': ['198.51.100.10', '192.0.2.7'],
    'AAAA www.example.com': ['2001:db8:0:0::1'],
    'CNAME docs.example.com': ['Standby.Example.com'],
    'TXT _lifeboat-primary.example.com': ['unhealthy'],
    'AAAA docs.example.com': [],
  });
  two = await loopbackDns({ 'A www.example.com': ['203.0.113.1'] });
});

afterEach(async () => {
  await Promise.all([one.close(), two.close()]);
});

describe('asking name servers', () => {
  it.each([
    ['A', 'www.example.com', ['192.0.2.7', '198.51.100.10']],
    ['AAAA', 'www.example.com', ['2001:db8::1']],
    ['CNAME', 'docs.example.com', ['standby.example.com']],
    ['TXT', '_lifeboat-primary.example.com', ['unhealthy']],
    ['AAAA', 'docs.example.com', []],
    ['A', 'nowhere.example.com', []],
  ] as const)('for %s %s gets its values, normalised', async (type, name, values) => {
    expect(await ask([one.address], name, type)).toEqual([{ server: one.address, values }]);
  });

  it('keeps the answer of each by itself', async () => {
    const answers = await ask([one.address, two.address], 'www.example.com', 'A');
    expect(answers.map(({ values }) => values)).toEqual([['192.0.2.7', '198.51.100.10'], ['203.0.113.1']]);
  });

  it('asks anew every time', async () => {
    await ask([two.address], 'www.example.com', 'A');
    two.zone.set('A www.example.com', ['198.51.100.10']);
    expect(await ask([two.address], 'www.example.com', 'A')).toMatchObject([{ values: ['198.51.100.10'] }]);
  });

  it('takes a server that does not answer for silent, not for one without records', async () => {
    const gone = two.address;
    await two.close();
    const [, answer] = await ask([one.address, gone], 'www.example.com', 'A');
    expect(answer).toMatchObject({ server: gone, values: null });
    expect(answer!.silence).toMatch(/ECONNREFUSED|ETIMEOUT/);
    two = await loopbackDns();
  });

  it('takes a server whose name does not resolve for silent', async () => {
    const [answer] = await ask(['ns..example.com'], 'www.example.com', 'A');
    expect(answer).toMatchObject({ values: null });
    expect(answer!.silence).toContain('its address is unknown');
  });
});

it('an alias resolves to what all resolvers together know', async () => {
  const resolved = await resolveAliases(
    [one.address, two.address],
    [{ dnsName: 'www.example.com.', type: 'A' }],
  );
  expect(resolved.get('A www.example.com')).toEqual(['192.0.2.7', '198.51.100.10', '203.0.113.1']);
});
