import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import type { Authority } from '../certificates.ts';
import { startLoopbackServer } from '../loopback-server.ts';

/**
 * How a site fails: `down` cuts every connection, `error` answers 503, `slow` answers later than a Route 53
 * health check waits (2 s for the status after connecting, aws-facts §1.4).
 */
export type Breakage = 'down' | 'error' | 'slow';

interface SiteOptions {
  readonly clock: Clock;
  /** `primary` or `standby`; shown in every answer. */
  readonly site: string;
  readonly region: string;
  /** Names its certificate covers. */
  readonly names: readonly string[];
  readonly authority: Authority;
  readonly protocol: 'http' | 'https';
  /** Pods that can serve right now; with none the site answers 503. */
  readonly readyReplicas: () => number;
  /** Default `/health`. */
  readonly healthPath?: string;
  /** Text that a good answer contains, when health checks look for one. */
  readonly healthText?: string;
  readonly preferredPort?: number;
}

/** One copy of the application, behind its load balancer. */
export interface Site {
  readonly port: number;
  readonly url: string;
  readonly broken: Breakage | null;
  /** Requests that reached it, whatever it answered. */
  readonly requests: number;
  break(mode: Breakage): void;
  mend(): void;
  stop(): Promise<void>;
}

/** Incident time until a slow site answers, milliseconds. */
const SLOW_ANSWER = 6_500;

export async function startSite(options: SiteOptions): Promise<Site> {
  const { clock, protocol, authority, names } = options;
  let broken: Breakage | null = null;
  let requests = 0;

  const handler = async (request: IncomingMessage, response: ServerResponse) => {
    requests++;
    request.resume();
    if (broken === 'slow') {
      await clock.sleep(SLOW_ANSWER);
      if (response.destroyed) return;
    }
    await clock.busy(() => answer(options, broken === 'error', request, response));
  };

  const server = await startLoopbackServer({
    handler: (request, response) => void handler(request, response),
    ...(protocol === 'https' ? { certificate: await authority.issue(names) } : {}),
    ...(options.preferredPort === undefined ? {} : { preferredPort: options.preferredPort }),
  });

  return {
    port: server.port,
    url: `${protocol}://127.0.0.1:${server.port}`,
    get broken() {
      return broken;
    },
    get requests() {
      return requests;
    },
    break(mode) {
      broken = mode;
      if (mode === 'down') server.shut();
      else server.open();
    },
    mend() {
      broken = null;
      server.open();
    },
    stop: () => server.close(),
  };
}

function answer(
  { site, region, readyReplicas, healthPath = '/health', healthText }: SiteOptions,
  failing: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const replicas = failing ? 0 : readyReplicas();
  const serving = replicas > 0;
  const path = new URL(request.url ?? '/', 'http://site').pathname;
  const about = { site, region, replicas };
  const [status, body] = !serving
    ? [503, { status: 'unavailable', ...about }]
    : path === healthPath
      ? [200, { status: 'ok', ...about, ...(healthText === undefined ? {} : { text: healthText }) }]
      : path === '/'
        ? [200, { message: `Served by the ${site} site in ${region}.`, ...about }]
        : [404, { message: `Nothing at ${path}.`, ...about }];
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  return new Promise((resolve) => {
    response.once('close', () => resolve());
    response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`, () => resolve());
  });
}
