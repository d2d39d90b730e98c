import type { ServerResponse } from 'node:http';
import type { Kind } from './kinds.ts';
import { apiVersionOf } from './kinds.ts';
import type { KubeObject } from './objects.ts';
import type { Matches } from './selectors.ts';
import type { Store, StoreEvent } from './store.ts';

interface WatchOptions {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly matches: Matches;
  readonly query: URLSearchParams;
  /** How an object is shown: itself, or as a row of a table. */
  readonly show: (object: KubeObject) => object;
}

/** A watch ends by itself after this long, seconds of real time: it is about the connection, not the incident. */
const DEFAULT_TIMEOUT = 1800;

/**
 * Stream changes of a kind, one JSON event per line, until the client leaves or its timeout passes.
 *
 * An object that leaves the selection counts as deleted for the watcher, one that enters it as added.
 *
 * @throws Refusal 410 when the version to start from is too old
 */
export function watch(store: Store, response: ServerResponse, options: WatchOptions): void {
  const { kind, namespace, matches, query, show } = options;
  const concerns = (object: KubeObject | undefined) =>
    object !== undefined &&
    (namespace === undefined || object.metadata.namespace === namespace || !kind.namespaced) &&
    matches(object);
  const from = query.get('resourceVersion') ?? '';
  const initial = from === '' || from === '0' || query.get('sendInitialEvents') === 'true';
  const missed = initial ? [] : store.since(from);

  const send = (type: string, object: object) => {
    response.write(`${JSON.stringify({ type, object })}\n`);
  };
  const pass = (event: StoreEvent) => {
    if (event.kind !== kind) return;
    const before = concerns(event.before);
    const after = event.type !== 'DELETED' && concerns(event.object);
    if (after) send(before ? 'MODIFIED' : 'ADDED', show(event.object));
    else if (before) send('DELETED', show(event.object));
  };

  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  if (initial) {
    for (const object of store.list(kind).filter(concerns)) send('ADDED', show(object));
    if (query.get('allowWatchBookmarks') === 'true' && query.get('sendInitialEvents') === 'true') {
      send('BOOKMARK', {
        kind: kind.kind,
        apiVersion: apiVersionOf(kind),
        metadata: {
          resourceVersion: String(store.version),
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      });
    }
  }
  for (const event of missed) pass(event);
  const stop = store.onEvent(pass);
  const seconds = Number(query.get('timeoutSeconds') ?? DEFAULT_TIMEOUT);
  const timeout = setTimeout(() => response.end(), seconds * 1000);
  timeout.unref();
  response.once('close', () => {
    stop();
    clearTimeout(timeout);
  });
}
