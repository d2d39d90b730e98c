import { createHash } from 'node:crypto';
import jsonata from 'jsonata';

/** What the functions of an expression may know of the world. */
export interface Chance {
  /** Milliseconds since the epoch, incident time. */
  readonly now: () => number;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

/** JSONata 2.0.6, the version that Step Functions runs, without `$eval`, which it refuses. */
export const builtIn: ReadonlySet<string> = new Set(
  `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim
   pad match contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil
   round abs sqrt power random boolean not map zip filter single reduce sift keys lookup append exists spread
   merge reverse each error assert type sort shuffle distinct base64encode base64decode encodeUrlComponent
   encodeUrl decodeUrlComponent decodeUrl now millis toMillis fromMillis`.split(/\s+/),
);

/** What Step Functions adds to them ("JSONata functions provided by Step Functions", developer guide). */
export const added: ReadonlySet<string> = new Set(['partition', 'range', 'hash', 'random', 'uuid', 'parse']);

const hashes: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};
/** `States.ArrayRange`, which `$range` replaces, makes no more. */
const longestRange = 1_000;
const formatted = jsonata('$fromMillis(millis, picture, zone)');

/**
 * The functions of expressions that depend on the engine: those that Step Functions adds, and those of
 * JSONata that would look at the machine's own clock or dice. Each answers undefined when its first argument
 * is missing, as JSONata's own do.
 */
export function functionsOf({ now, random }: Chance): Record<string, (...args: never[]) => unknown> {
  const at = now();
  return {
    now: (picture?: string, zone?: string) => formatted.evaluate({ millis: at, picture, zone }),
    millis: () => Math.floor(at),
    random: (seed?: number) => (seed === undefined ? random() : seeded(whole('random', 'seed', seed))),
    shuffle: (list?: unknown) => list && shuffled([list].flat(), random),
    uuid: () => uuid(random),
    parse: (text?: string) => {
      if (text === undefined) return undefined;
      if (typeof text !== 'string') throw new TypeError('$parse takes a string');
      return JSON.parse(text) as unknown;
    },
    hash: (text?: string, algorithm?: string) => {
      if (text === undefined) return undefined;
      const name = hashes[String(algorithm)];
      if (typeof text !== 'string' || name === undefined) {
        throw new TypeError(`$hash takes a string and one of ${Object.keys(hashes).join(', ')}`);
      }
      return createHash(name).update(text).digest('hex');
    },
    partition: (list?: unknown, size?: number) => {
      if (list === undefined) return undefined;
      const items = Array.isArray(list) ? (list as unknown[]) : [list];
      const step = whole('partition', 'chunk size', size);
      if (step < 1) throw new RangeError('$partition needs a chunk size of at least 1');
      return Array.from({ length: Math.ceil(items.length / step) }, (_, n) =>
        items.slice(n * step, (n + 1) * step),
      );
    },
    range: (first?: number, last?: number, delta?: number) => {
      if (first === undefined) return undefined;
      const from = whole('range', 'first element', first);
      const step = whole('range', 'delta', delta);
      const length = Math.max(0, Math.floor((whole('range', 'last element', last) - from) / step) + 1);
      if (step === 0) throw new RangeError('$range needs a delta other than 0');
      if (length > longestRange) throw new RangeError(`$range makes at most ${longestRange} elements`);
      return Array.from({ length }, (_, n) => from + n * step);
    },
    eval: () => {
      throw new Error('$eval is not available in Step Functions; use $parse');
    },
  };
}

/** A version 4 UUID out of the given dice. */
export function uuid(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  hex[12] = '4';
  hex[16] = (8 + Math.floor(random() * 4)).toString(16);
  return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Arguments that must be integers are rounded down, as the developer guide says. */
function whole(name: string, argument: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new TypeError(`$${name} needs a number as its ${argument}`);
  }
  return Math.floor(value);
}

/** The same number for the same seed; not the number that AWS gives for it. */
function seeded(seed: number): number {
  let a = (seed + 0x6d2b79f5) | 0;
  a = Math.imul(a ^ (a >>> 15), a | 1);
  a ^= a + Math.imul(a ^ (a >>> 7), a | 61);
  return ((a ^ (a >>> 14)) >>> 0) / 2 ** 32;
}

function shuffled(items: unknown[], random: () => number): unknown[] {
  for (let n = items.length - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1));
    [items[n], items[other]] = [items[other], items[n]];
  }
  return items;
}
