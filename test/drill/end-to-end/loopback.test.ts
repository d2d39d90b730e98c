import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { inWorld } from './local-world.ts';

/** What a careless dependency might try: a name and addresses that are not of the world, by every way out. */
const bundle = `
import { Resolver } from 'node:dns/promises';
import net from 'node:net';
const code = (error) => error.cause?.code ?? error.code ?? error.name;
const connect = (port, host) => new Promise((resolve) => {
  net.connect(port, host).once('connect', () => resolve('connected')).once('error', (error) => resolve(code(error)));
});
export async function handler() {
  const stranger = new Resolver({ timeout: 500, tries: 1 });
  stranger.setServers(['9.9.9.9']);
  return {
    address: await connect(443, '203.0.113.7'),
    name: await connect(443, 'registry.example.org'),
    fetch: await fetch('https://example.org/').then(({ status }) => status, code),
    metadata: await fetch('http://169.254.169.254/latest/meta-data/').then(({ status }) => status, code),
    resolver: await stranger.resolve4('example.org').then(() => 'answered', code),
    site: await connect(443, '192.0.2.10'),
  };
}
`;

test('a function reaches the world, and nothing beyond loopback', () =>
  inWorld('dev', async ({ world }) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'lifeboat-careless-'));
    try {
      writeFileSync(path.join(directory, 'index.mjs'), bundle);
      const [known] = world.cloud.lambda.functions();
      const careless = {
        arn: `${known?.arn ?? ''}-careless`,
        name: 'careless',
        region: 'eu-central-1',
        directory,
        handler: 'index.handler',
        memorySize: 128,
        timeout: 30,
        environment: {},
        roleArn: known?.roleArn ?? '',
      };
      const invocation = await world.cloud.sandbox.invoke(careless, '{}', 'once');
      expect(invocation).toMatchObject({ ok: true, payload: { site: 'connected' } });
      const { site, ...beyond } = invocation.payload as Record<string, string>;
      for (const [way, end] of Object.entries(beyond)) {
        expect([way, end]).toEqual([
          way,
          expect.stringMatching(/^(ENETUNREACH|ENOTFOUND|ECONNREFUSED|ETIMEOUT|REFUSED|EREFUSED)$/),
        ]);
      }
      expect(site).toBe('connected');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }));
