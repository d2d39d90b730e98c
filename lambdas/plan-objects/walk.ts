import type { S3Client } from '@aws-sdk/client-s3';
import { compareKeys, listVersions, type Position, type VersionPage } from '../aws/s3-versions.ts';
import { seen, unseen, type KeyHistory } from '../configuration/versions.ts';
import type { Shard } from './shards.ts';

/** A key as both buckets list it. */
export interface Joined {
  readonly own: KeyHistory;
  readonly replica: KeyHistory | null;
}

interface Listed {
  readonly s3: S3Client;
  readonly bucket: string;
}

/**
 * The keys of a range in order, each with what its versions say, a page at a time.
 *
 * Of a bucket there are two pages in memory, the one that is worked on and the one that is fetched meanwhile, and
 * one history: that of a key whose versions go on on the next page.
 */
class KeyStream {
  readonly #from: Listed;
  readonly #shard: Shard;
  readonly #point: number;
  #page: Promise<VersionPage> | null;
  #open: KeyHistory | null = null;
  #ready: KeyHistory[] = [];
  #at = 0;
  /** The time of the oldest version so far, for who must say where the history begins. */
  oldest = Infinity;
  versions = 0;

  constructor(from: Listed, shard: Shard, after: string, point: number) {
    this.#from = from;
    this.#shard = shard;
    this.#point = point;
    this.#page = this.#fetch(after === '' ? undefined : { key: after });
  }

  get head(): KeyHistory | undefined {
    return this.#ready[this.#at];
  }

  get over(): boolean {
    return this.#page === null && this.head === undefined;
  }

  take(): void {
    this.#at += 1;
  }

  /** Until there is a key whose versions are all known, or none is left. */
  async fill(): Promise<void> {
    while (this.head === undefined && this.#page !== null) this.#turn(await this.#page);
  }

  #fetch(after: Position | undefined): Promise<VersionPage> {
    const { s3, bucket } = this.#from;
    const page = listVersions(s3, { bucket, prefix: this.#shard.prefix, after });
    // Whoever awaits it learns of the failure; a range that is left early does not await it.
    page.catch(() => undefined);
    return page;
  }

  #turn({ keys, next }: VersionPage): void {
    const { until } = this.#shard;
    const last = keys.at(-1)?.key;
    const beyond = until !== null && last !== undefined && compareKeys(last, until) > 0;
    this.#page = next === null || beyond ? null : this.#fetch(next);
    this.#ready = [];
    this.#at = 0;
    for (const { key, entries } of keys) {
      if (beyond && compareKeys(key, until) > 0) break;
      const known = this.#open;
      if (known !== null && known.key !== key) this.#ready.push(known);
      this.#open = seen(known?.key === key ? known : unseen(key), entries, this.#point);
      this.versions += entries.length;
      for (const { lastModified } of entries) if (lastModified < this.oldest) this.oldest = lastModified;
    }
    if (this.#page === null && this.#open !== null) {
      this.#ready.push(this.#open);
      this.#open = null;
    }
  }
}

interface Walked {
  readonly batch: readonly Joined[];
  /** Of the bucket itself, since the batch before. */
  readonly versions: number;
  /** When the oldest so far was written; Infinity when there was none. */
  readonly oldest: number;
  readonly over: boolean;
}

/** Both listings of a range, side by side: batches of keys in order, from after a key on. */
export async function* walk(
  own: Listed,
  replica: Listed | null,
  shard: Shard,
  after: string,
  point: number,
): AsyncGenerator<Walked> {
  const here = new KeyStream(own, shard, after, point);
  const there = replica && new KeyStream(replica, shard, after, point);
  let told = 0;
  for (;;) {
    await Promise.all([here.fill(), there?.fill()]);
    const batch: Joined[] = [];
    for (;;) {
      const [a, b] = [here.head, there?.head];
      const exhausted = (a === undefined && !here.over) || (there !== null && b === undefined && !there.over);
      if (exhausted || (a === undefined && b === undefined)) break;
      const order = a === undefined ? 1 : b === undefined ? -1 : compareKeys(a.key, b.key);
      if (order <= 0) here.take();
      if (order >= 0) there?.take();
      const key = (order <= 0 ? a?.key : b?.key) ?? '';
      batch.push({ own: order <= 0 && a ? a : unseen(key), replica: order >= 0 && b ? b : null });
    }
    const versions = here.versions - told;
    told = here.versions;
    const over = here.over && (there === null || there.over);
    yield { batch, versions, oldest: here.oldest, over };
    if (over) return;
  }
}
