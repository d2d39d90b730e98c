import { createHash } from 'node:crypto';
import type { KubeObject } from './objects.ts';
import { badRequest, expired } from './status.ts';

interface Page {
  readonly items: readonly KubeObject[];
  /** Version of the list that the pages are of. */
  readonly version: string;
  /** Members of the list's metadata that say how to go on. */
  readonly rest: { readonly continue?: string; readonly remainingItemCount?: number };
}

/** Lists that are being read; older ones are answered 410, as when etcd has compacted their version. */
const KEPT = 100;

/** Lists page by page (`limit`, `continue`): all pages are of the version of the first. */
export class Pages {
  readonly #open = new Map<string, { readonly items: readonly KubeObject[]; readonly version: string }>();
  #count = 0;

  /**
   * @param all what the list would hold now
   * @throws Refusal 410 for a token of a list that is no longer kept, 400 for what is no token
   */
  page(all: readonly KubeObject[], version: string, query: URLSearchParams): Page {
    const token = query.get('continue') ?? '';
    const limit = Number(query.get('limit') ?? 0);
    if (!Number.isInteger(limit) || limit < 0) throw badRequest(`invalid limit: ${query.get('limit') ?? ''}`);
    const list = token === '' ? { items: all, version } : this.#going(token);
    if (limit === 0 || list.items.length <= limit) return { ...list, rest: {} };
    const items = list.items.slice(limit);
    const next = createHash('sha256').update(`${list.version} ${++this.#count}`).digest('base64url');
    this.#open.set(next, { items, version: list.version });
    for (const oldest of [...this.#open.keys()].slice(0, -KEPT)) this.#open.delete(oldest);
    const selected = (query.get('labelSelector') ?? '') + (query.get('fieldSelector') ?? '') !== '';
    return {
      items: list.items.slice(0, limit),
      version: list.version,
      rest: { continue: next, ...(selected ? {} : { remainingItemCount: items.length }) },
    };
  }

  #going(token: string) {
    const list = this.#open.get(token);
    if (list) return list;
    throw expired(token, this.#count);
  }
}
