import { createHash } from 'node:crypto';

/** A run of bytes: byte i is `block[(offset + i) % block.length]`, so a small block can stand for a large body. */
interface Segment {
  readonly block: Uint8Array;
  readonly offset: number;
  readonly size: number;
}

/** Bytes: what is larger is never put together in memory, and is known by its description only. */
const WHOLE = 64 * 2 ** 20;

/**
 * What an object contains.
 *
 * Copies and parts of copies share their source's memory, and a body of many gigabytes can be declared by a block
 * that is repeated: bodies beyond 5 GB are copied and compared here as small ones are.
 */
export class Content {
  static readonly empty = new Content([]);
  readonly #segments: readonly Segment[];
  readonly size: number;

  private constructor(segments: readonly Segment[]) {
    this.#segments = segments;
    this.size = segments.reduce((sum, { size }) => sum + size, 0);
  }

  static of(body: string | Uint8Array): Content {
    const block = typeof body === 'string' ? Buffer.from(body) : body;
    return block.length === 0 ? Content.empty : new Content([{ block, offset: 0, size: block.length }]);
  }

  /** A body of `size` bytes in which the block comes again and again. */
  static repeated(block: string | Uint8Array, size: number): Content {
    const bytes = Buffer.from(block);
    if (bytes.length === 0) throw new RangeError('a block that is repeated has at least one byte');
    return size === 0 ? Content.empty : new Content([{ block: bytes, offset: 0, size }]);
  }

  static joined(contents: readonly Content[]): Content {
    const segments: Segment[] = [];
    for (const segment of contents.flatMap((content) => content.#segments)) {
      const before = segments.at(-1);
      const follows =
        before?.block === segment.block &&
        (before.offset + before.size) % before.block.length === segment.offset;
      if (follows) segments.splice(-1, 1, { ...before, size: before.size + segment.size });
      else segments.push(segment);
    }
    return new Content(segments);
  }

  /** Bytes from `from` up to, not including, `to`. */
  slice(from: number, to: number): Content {
    const kept: Segment[] = [];
    let at = 0;
    for (const { block, offset, size } of this.#segments) {
      const [first, last] = [Math.max(from - at, 0), Math.min(to - at, size)];
      if (first < last) kept.push({ block, offset: (offset + first) % block.length, size: last - first });
      at += size;
    }
    return new Content(kept);
  }

  /** Whether its bytes can be had in one piece. */
  get whole(): boolean {
    return this.size <= WHOLE;
  }

  /** @throws RangeError when it is too large to be put together in memory */
  bytes(): Buffer {
    if (!this.whole) throw new RangeError(`a body of ${this.size} bytes is read in ranges`);
    const [only] = this.#segments;
    if (this.#segments.length === 1 && only && only.offset + only.size <= only.block.length) {
      return Buffer.from(only.block.buffer, only.block.byteOffset + only.offset, only.size);
    }
    const bytes = Buffer.alloc(this.size);
    let at = 0;
    for (const { block, offset, size } of this.#segments) {
      for (let done = 0; done < size;) {
        const from = (offset + done) % block.length;
        const count = Math.min(block.length - from, size - done);
        bytes.set(block.subarray(from, from + count), at + done);
        done += count;
      }
      at += size;
    }
    return bytes;
  }

  /**
   * What checksums are taken of: the bytes, or of a body that is never put together a description of it. Equal
   * bodies of one block have equal descriptions, however they were cut and joined on the way.
   */
  essence(): Uint8Array {
    if (this.whole) return this.bytes();
    const described = this.#segments.map(
      ({ block, offset, size }) => `${createHash('md5').update(block).digest('hex')} ${offset} ${size}`,
    );
    return Buffer.from(described.join('\n'));
  }
}
