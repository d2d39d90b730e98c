import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import type { Authority } from '../certificates.ts';
import type { Environment } from '../../../lib/config/schema.ts';
import { startLoopbackServer } from '../loopback-server.ts';
import { goodAnswer, type Answer, type Trouble } from './answers.ts';

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
  /** What the application can be asked beside its health, and what it answers when all is well. */
  readonly tests?: Environment['tests'];
  /**
   * What is wrong with the application although its pods are ready: its health endpoint, which only says that it
   * runs, goes on answering, and nothing else does. Of the configuration, tests of it fail too.
   */
  readonly trouble?: () => Trouble | null;
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
  options: SiteOptions,
  failing: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, headers, body } = reply(options, failing, request);
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...headers,
  });
  return new Promise((resolve) => {
    response.once('close', () => resolve());
    response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`, () => resolve());
  });
}

function reply(options: SiteOptions, failing: boolean, { url, method }: IncomingMessage): Answer {
  const { site, region, readyReplicas, healthPath = '/health', healthText, tests = [] } = options;
  const replicas = failing ? 0 : readyReplicas();
  const about = { site, region, replicas };
  const plain = (status: number, body: Answer['body']): Answer => ({ status, headers: {}, body });
  if (replicas <= 0) return plain(503, { status: 'unavailable', ...about });
  const target = new URL(url ?? '/', 'http://site');
  const path = `${target.pathname}${target.search}`;
  const asked = tests.filter((test) => test.request.path === path && test.request.method === method);
  const healthy = path === healthPath;
  const trouble = options.trouble?.() ?? null;
  if (trouble !== null && !healthy) {
    const tested = asked.some(({ proves }) => proves === 'configuration');
    if (!tested || trouble === 'configuration')
      return plain(500, { status: 'failing', valid: false, ...about });
  }
  const said = {
    ...about,
    ...(healthy ? { status: 'ok' } : {}),
    ...(healthy && healthText !== undefined ? { text: healthText } : {}),
    ...(path === '/' ? { message: `Served by the ${site} site in ${region}.` } : {}),
  };
  const good = goodAnswer(asked, said);
  if (good) return good;
  return healthy || path === '/'
    ? plain(200, said)
    : plain(404, { message: `Nothing at ${path}.`, ...about });
}
