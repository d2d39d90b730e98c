import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Resolver } from 'node:dns/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { decode, encode, streamDecode, streamEncode, type DecodedPacket, type Packet } from 'dns-packet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { delays } from '../../../../drill/cloud/delays.ts';
import { startDns, type Dns, type DnsOptions } from '../../../../drill/world/dns/dns.ts';
import { StubResolver } from '../../../../drill/world/dns/stub-resolver.ts';
import { a, nameServers, upsert, zoneWorld } from '../../cloud/route53/zone-world.ts';

const many = Array.from({ length: 60 }, (_, index) => `192.0.2.${index + 1}`);
const records: ResourceRecordSet[] = [
  a('erlmcp.company.com', '192.0.2.10'),
  a('many.company.com', many),
  { ...a('erlmcp.company.com', '2001:db8::10'), Type: 'AAAA' },
  { ...a('www.company.com', 'erlmcp.company.com'), Type: 'CNAME' },
  { ...a('far.company.com', 'lb.example.org'), Type: 'CNAME' },
  { ...a('_health.company.com', '"healthy" "and \\"well\\""'), Type: 'TXT' },
  { ...a('company.com', '10 mail.company.com'), Type: 'MX' },
  { ...a('_sip._tcp.company.com', '1 2 443 erlmcp.company.com'), Type: 'SRV' },
  { ...a('company.com', '0 issue "amazon.com"'), Type: 'CAA' },
  { ...a('sub.company.com', 'ns.example.org'), Type: 'NS' },
];
const outside: Record<string, string> = {
  'ns-1.awsdns-01.com': '203.0.113.1',
  'ns-2.awsdns-02.net': '203.0.113.2',
  'lb.example.org': '203.0.113.9',
};
const hosts = (name: string): string | undefined => outside[name];

let world: ReturnType<typeof zoneWorld>;
let dns: Dns;
const others: Dns[] = [];
const start = async (more: Partial<DnsOptions> = {}) => {
  const { clock, service } = world;
  const options = {
    clock,
    zones: service.zones,
    hosts,
    nameServers,
    resolvers: ['1.1.1.1', '8.8.8.8'],
    ...more,
  };
  const started = await startDns(options);
  others.push(started);
  return started;
};

beforeEach(async () => {
  world = zoneWorld({ records });
  dns = await start();
});
afterEach(() => Promise.all(others.splice(0).map((one) => one.stop())));

const asking = (port: number) => {
  const resolver = new Resolver({ timeout: 1_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  return resolver;
};
const nameServer = () => asking(dns.authoritativePort);
const cloudflare = () => asking(dns.resolverPorts['1.1.1.1']!);
const google = () => asking(dns.resolverPorts['8.8.8.8']!);

async function exchange(port: number, message: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4');
  socket.send(message, port, '127.0.0.1');
  const [answer] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  return answer;
}
const query = async (packet: Partial<Packet>, port = dns.authoritativePort): Promise<DecodedPacket> =>
  decode(
    await exchange(
      port,
      encode({ type: 'query', id: 7, questions: [{ type: 'A', name: 'erlmcp.company.com' }], ...packet }),
    ),
  );
/** Response code: decoded, but missing from the types. */
const rcode = (packet: DecodedPacket) => (packet as { rcode?: string }).rcode;
const opt = (udpPayloadSize: number, ednsVersion = 0) => ({
  type: 'OPT' as const,
  name: '.',
  udpPayloadSize,
  extendedRcode: 0,
  ednsVersion,
  flags: 0,
  flag_do: false,
  options: [],
});

describe('the name servers', () => {
  it('answer with every type of record', async () => {
    const ask = nameServer();
    expect(await ask.resolve4('erlmcp.company.com', { ttl: true })).toEqual([
      { address: '192.0.2.10', ttl: 30 },
    ]);
    expect(await ask.resolve6('erlmcp.company.com')).toEqual(['2001:db8::10']);
    expect(await ask.resolve4('www.company.com')).toEqual(['192.0.2.10']);
    expect(await ask.resolveCname('www.company.com')).toEqual(['erlmcp.company.com']);
    expect(await ask.resolveTxt('_health.company.com')).toEqual([['healthy', 'and "well"']]);
    expect(await ask.resolveMx('company.com')).toMatchObject([
      { priority: 10, exchange: 'mail.company.com' },
    ]);
    expect(await ask.resolveSrv('_sip._tcp.company.com')).toMatchObject([
      { priority: 1, weight: 2, port: 443, name: 'erlmcp.company.com' },
    ]);
    expect(await ask.resolveCaa('company.com')).toMatchObject([{ critical: 0, issue: 'amazon.com' }]);
    expect((await ask.resolveNs('company.com')).sort()).toEqual(nameServers);
    expect(await ask.resolveSoa('company.com')).toMatchObject({
      nsname: 'ns-1.awsdns-01.com',
      minttl: 86_400,
    });
  });

  it('tell a name without such a record from a name that does not exist', async () => {
    await expect(nameServer().resolve4('_health.company.com')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(nameServer().resolve4('missing.company.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    const nothing = await query({ questions: [{ type: 'A', name: 'missing.company.com' }] });
    expect(rcode(nothing)).toBe('NXDOMAIN');
    expect(nothing.authorities).toMatchObject([{ type: 'SOA', name: 'company.com', ttl: 900 }]);
  });

  it('refuse names of other zones and zone transfers', async () => {
    await expect(nameServer().resolve4('www.example.org')).rejects.toMatchObject({ code: 'EREFUSED' });
    expect(rcode(await query({ questions: [{ type: 'AXFR', name: 'company.com' }] }))).toBe('REFUSED');
  });

  it('set AA on their own answers and not on a referral', async () => {
    expect(await query({})).toMatchObject({ id: 7, flag_qr: true, flag_aa: true, flag_ra: false });
    const referral = await query({ questions: [{ type: 'A', name: 'www.sub.company.com' }] });
    expect(referral).toMatchObject({
      flag_aa: false,
      answers: [],
      authorities: [{ type: 'NS', name: 'sub.company.com' }],
    });
  });

  it('repeat the question as it was spelled', async () => {
    const { questions, answers } = await query({ questions: [{ type: 'A', name: 'ErlMCP.company.com' }] });
    expect(questions?.[0]?.name).toBe('ErlMCP.company.com');
    expect(answers).toMatchObject([{ data: '192.0.2.10' }]);
  });

  it('cut what UDP cannot carry, and give it over TCP', async () => {
    const cut = await query({ questions: [{ type: 'A', name: 'many.company.com' }] });
    expect(cut).toMatchObject({ flag_tc: true, answers: [] });
    expect((await nameServer().resolve4('many.company.com')).sort()).toEqual(many.toSorted());
  });

  it('give more over UDP to a client that says how much it takes', async () => {
    const few = many.slice(0, 20);
    await world.change(upsert(a('many.company.com', few)));
    await world.clock.sleep(delays.route53Insync);
    const questions = [{ type: 'A' as const, name: 'many.company.com' }];
    expect(await query({ questions })).toMatchObject({ flag_tc: true });
    const whole = await query({ questions, additionals: [opt(4_096)] });
    expect(whole.flag_tc).toBe(false);
    expect(whole.answers).toHaveLength(20);
    expect(whole.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1_232, ednsVersion: 0 }]);
  });

  it('know only the first version of EDNS', async () => {
    const { additionals, answers } = await query({ additionals: [opt(1_232, 1)] });
    expect(answers).toEqual([]);
    expect(additionals).toMatchObject([{ type: 'OPT', extendedRcode: 1 }]);
  });

  it('say so when they do not understand, and nothing to a reply', async () => {
    const broken = Buffer.from('00070100ffff000000000000', 'hex');
    expect((await exchange(dns.authoritativePort, broken)).toString('hex').slice(0, 8)).toBe('00078101');
    const notify = encode({ type: 'query', id: 8, questions: [{ type: 'A', name: 'company.com' }] });
    notify[2] = (notify[2] ?? 0) | (4 << 3);
    expect((await exchange(dns.authoritativePort, notify))[3]! & 0xf).toBe(4);
    const socket = createSocket('udp4');
    socket.send(encode({ type: 'response', id: 1, questions: [] }), dns.authoritativePort, '127.0.0.1');
    socket.send(
      encode({ type: 'query', id: 2, questions: [{ type: 'A', name: 'company.com' }] }),
      dns.authoritativePort,
      '127.0.0.1',
    );
    const [first] = (await once(socket, 'message')) as [Buffer];
    expect(decode(first).id).toBe(2);
    socket.close();
  });

  it('answer several questions on one TCP connection, in pieces as they come', async () => {
    const socket = connect(dns.authoritativePort, '127.0.0.1');
    const asked = [1, 2].map((id) =>
      streamEncode({ type: 'query', id, questions: [{ type: 'A', name: 'erlmcp.company.com' }] }),
    );
    const bytes = Buffer.concat(asked);
    socket.write(bytes.subarray(0, 5));
    await once(socket, 'connect');
    socket.write(bytes.subarray(5));
    let received = Buffer.alloc(0);
    const size = () => 2 + received.readUInt16BE(0);
    while (received.length < 2 || received.length < 2 * size()) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      received = Buffer.concat([received, chunk]);
    }
    socket.destroy();
    const replies = [received.subarray(0, size()), received.subarray(size())].map((reply) =>
      streamDecode(reply),
    );
    expect(replies.map(({ id, answers }) => [id, answers?.length])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it('follow a change when it is in sync', async () => {
    await world.change(upsert(a('erlmcp.company.com', '198.51.100.10')));
    expect(await nameServer().resolve4('erlmcp.company.com')).toEqual(['192.0.2.10']);
    await world.clock.sleep(delays.route53Insync);
    expect(await nameServer().resolve4('erlmcp.company.com')).toEqual(['198.51.100.10']);
  });
});

describe('a resolver', () => {
  const moveAway = async () => {
    await world.change(upsert(a('erlmcp.company.com', '198.51.100.10')));
    await world.clock.sleep(delays.route53Insync);
  };

  it('keeps an answer for its TTL and says how much of it is left', async () => {
    await world.change(upsert(a('erlmcp.company.com', '192.0.2.10', { TTL: 60 })));
    await world.clock.sleep(delays.route53Insync);
    await cloudflare().resolve4('erlmcp.company.com');
    await moveAway();
    expect(await cloudflare().resolve4('erlmcp.company.com', { ttl: true })).toEqual([
      { address: '192.0.2.10', ttl: 30 },
    ]);
    await world.clock.sleep(29_999);
    expect(await cloudflare().resolve4('erlmcp.company.com', { ttl: true })).toEqual([
      { address: '192.0.2.10', ttl: 0 },
    ]);
    await world.clock.sleep(1);
    expect(await cloudflare().resolve4('erlmcp.company.com')).toEqual(['198.51.100.10']);
  });

  it('shares its cache with nobody', async () => {
    await world.clock.sleep(5_000);
    await cloudflare().resolve4('erlmcp.company.com');
    await world.change(upsert(a('erlmcp.company.com', '198.51.100.10', { TTL: 30 })));
    await world.clock.sleep(delays.route53Insync - 1);
    expect(await cloudflare().resolve4('erlmcp.company.com')).toEqual(['192.0.2.10']);
    await world.clock.sleep(1);
    expect(await google().resolve4('erlmcp.company.com')).toEqual(['198.51.100.10']);
    expect(await asking(dns.defaultResolverPort).resolve4('erlmcp.company.com')).toEqual(['198.51.100.10']);
  });

  it('keeps "there is none" for as long as the zone says', async () => {
    await expect(cloudflare().resolve4('new.company.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await world.change(upsert(a('new.company.com', '192.0.2.77')));
    await world.clock.sleep(899_000);
    await expect(cloudflare().resolve4('new.company.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await world.clock.sleep(1_000);
    expect(await cloudflare().resolve4('new.company.com')).toEqual(['192.0.2.77']);
  });

  it('knows the rest of the world, name servers included, and follows names into it', async () => {
    expect(await cloudflare().resolve4('ns-1.awsdns-01.com')).toEqual(['203.0.113.1']);
    expect(await cloudflare().resolve4('far.company.com')).toEqual(['203.0.113.9']);
    await expect(cloudflare().resolve6('lb.example.org')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(cloudflare().resolve4('nobody.example.org')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(cloudflare().resolve4('www.sub.company.com')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  it('says that it asks others for its clients, and claims no authority', async () => {
    expect(await query({}, dns.defaultResolverPort)).toMatchObject({ flag_aa: false, flag_ra: true });
  });
});

describe('a client machine', () => {
  it('asks again only when the TTL has passed', async () => {
    const stub = new StubResolver({ clock: world.clock, port: dns.defaultResolverPort });
    expect(await stub.resolve('erlmcp.company.com')).toEqual(['192.0.2.10']);
    await dns.stop();
    await world.clock.sleep(29_999);
    expect(await stub.resolve('erlmcp.company.com')).toEqual(['192.0.2.10']);
    await world.clock.sleep(1);
    await expect(stub.resolve('erlmcp.company.com')).rejects.toThrow();
    others.length = 0;
  });

  it('never keeps an answer for longer than its resolver may', async () => {
    const stub = new StubResolver({ clock: world.clock, port: dns.defaultResolverPort });
    await asking(dns.defaultResolverPort).resolve4('erlmcp.company.com');
    await world.change(upsert(a('erlmcp.company.com', '198.51.100.10')));
    await world.clock.sleep(20_000);
    await stub.resolve('erlmcp.company.com');
    await world.clock.sleep(10_000);
    expect(await stub.resolve('erlmcp.company.com')).toEqual(['198.51.100.10']);
  });
});

describe('the ports', () => {
  it('are the preferred one, or the next that is free for both UDP and TCP', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const beside = await start({ preferredPort: port });
    expect(beside.authoritativePort).toBeGreaterThan(port);
    const again = await start({ preferredPort: beside.authoritativePort });
    expect(again.authoritativePort).toBeGreaterThan(beside.authoritativePort);
    expect(await asking(again.authoritativePort).resolve4('many.company.com')).toHaveLength(60);
    taken.close();
  });

  it('are not opened for name servers that nobody could find', async () => {
    await expect(start({ nameServers: ['ns-9.example.org'] })).rejects.toThrow(
      'name servers without an address: ns-9.example.org',
    );
  });
});
