/** Keys of a leaf before it is divided: inserting moves half of them on average. */
const LEAF = 1024;

/**
 * The order of S3's listings: by the bytes of UTF-8, which is the order of code points. JavaScript's own order is
 * by UTF-16 units, where what lies beyond the first plane (surrogates) comes before U+E000.
 */
export function byteOrder(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** The keys of a bucket in order: a million of them are added, removed and sought without being sorted again. */
export class KeyIndex {
  readonly #leaves: string[][] = [];
  /** While no key has a surrogate JavaScript's own comparison is right, and ten times as fast. */
  #plain = true;

  /** A key that is there already is not added again. */
  add(key: string): void {
    this.#plain &&= !/[\ud800-\udfff]/.test(key);
    const before = this.#before(key);
    const at = Math.min(this.#leafAfter(before), this.#leaves.length - 1);
    const leaf = this.#leaves[at];
    if (!leaf) {
      this.#leaves.push([key]);
      return;
    }
    const place = firstNot(leaf, before);
    if (leaf[place] === key) return;
    leaf.splice(place, 0, key);
    if (leaf.length <= LEAF) return;
    // Keys that come in order fill their leaves.
    const kept = at === this.#leaves.length - 1 && place === leaf.length - 1 ? LEAF : LEAF / 2;
    this.#leaves.splice(at + 1, 0, leaf.splice(kept));
  }

  remove(key: string): void {
    const before = this.#before(key);
    const at = this.#leafAfter(before);
    const leaf = this.#leaves[at];
    const place = leaf ? firstNot(leaf, before) : 0;
    if (leaf?.[place] !== key) return;
    leaf.splice(place, 1);
    if (leaf.length === 0) this.#leaves.splice(at, 1);
  }

  /** All keys. */
  all(): readonly string[] {
    return this.#leaves.flat();
  }

  /**
   * The keys from the first one that is not passed over; `skip` goes on with the first that is not passed over by
   * another test. Nothing may be added or removed meanwhile.
   *
   * @param passed true for a run of keys at the beginning, false for all that come after
   */
  from(passed: (key: string) => boolean): KeyCursor {
    const seek = (test: (key: string) => boolean): [leaf: number, place: number] => {
      const found = this.#leafAfter(test);
      return [found, firstNot(this.#leaves[found] ?? [], test)];
    };
    let [leaf, place] = seek(passed);
    return {
      next: () => {
        const keys = this.#leaves[leaf];
        const key = keys?.[place];
        place++;
        if (place === keys?.length) [leaf, place] = [leaf + 1, 0];
        return key;
      },
      skip(test) {
        [leaf, place] = seek(test);
      },
    };
  }

  #before(key: string): (other: string) => boolean {
    return this.#plain ? (other) => other < key : (other) => byteOrder(other, key) < 0;
  }

  /** The first leaf whose last key is not passed over. */
  #leafAfter(passed: (key: string) => boolean): number {
    let [low, high] = [0, this.#leaves.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (passed(this.#leaves[middle]?.at(-1) ?? '')) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export interface KeyCursor {
  /** Undefined at the end. */
  next(): string | undefined;
  skip(passed: (key: string) => boolean): void;
}

function firstNot(keys: readonly string[], passed: (key: string) => boolean): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passed(keys[middle] ?? '')) low = middle + 1;
    else high = middle;
  }
  return low;
}
