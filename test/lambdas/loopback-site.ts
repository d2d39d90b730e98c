import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HealthEndpoint } from '../../lambdas/assess-primary/contract.ts';

export interface LoopbackSite {
  readonly endpoint: HealthEndpoint;
  /** What it answers; change it to break the site. */
  status: number;
  /** Host headers of the requests it got. */
  readonly hosts: string[];
  close(): Promise<void>;
}

/** A site's health endpoint on loopback. */
export async function loopbackSite(): Promise<LoopbackSite> {
  const hosts: string[] = [];
  const server = createServer((request, response) => {
    hosts.push(request.headers.host ?? '');
    response.writeHead(site.status).end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const site: LoopbackSite = {
    endpoint: { protocol: 'http', host: '127.0.0.1', port, path: '/health', contains: 'ok' },
    status: 200,
    hosts,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return site;
}
