import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a person can do to the world through its control URL. */
export interface Controls {
  /** The world as it stands, for `GET /`. */
  state(): unknown;
  /** Each takes effect before it answers; throws with a sentence when it cannot. */
  readonly actions: Readonly<Record<string, () => Promise<void> | void>>;
}

export interface ControlServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serve the controls: `GET /` shows the state and what can be done, `POST /<action>` does it.
 *
 * An unknown action answers 404 with the list of those that exist.
 */
export async function startControl(controls: Controls): Promise<ControlServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(body, null, 2)}\n`);
    };
    request.resume();
    const name = decodeURIComponent((request.url ?? '/').slice(1)).replace(/\/$/, '');
    const names = Object.keys(controls.actions);
    if (name === '' && request.method === 'GET') {
      answer(200, { state: controls.state(), actions: names.map((action) => `POST /${action}`) });
      return;
    }
    const action = controls.actions[name];
    if (!action) {
      answer(404, { error: `no action ${JSON.stringify(name)}`, allowed: names });
      return;
    }
    if (request.method !== 'POST') {
      answer(405, { error: `use POST /${name}` });
      return;
    }
    Promise.resolve()
      .then(action)
      .then(
        () => answer(200, { done: name, state: controls.state() }),
        (error: unknown) => answer(409, { error: error instanceof Error ? error.message : String(error) }),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
