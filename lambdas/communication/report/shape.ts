import { cutToCharacters } from '../render/cut.ts';

/** What keeps a report readable and bounded, however long the incident and its values. Pure. */

/** What must never be read by who reads a report, wherever a step may have seen it. */
const secret = /password|passwd|task_?token|authorization|private_?key|api_?key|secret_?value|secretstring/i;

/** A value of a step as JSON, without what is secret. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  const json = JSON.stringify(
    value,
    (key, member: unknown) =>
      secret.test(key) && member !== null && typeof member !== 'object' ? '(not shown)' : member,
    1,
  );
  // On one line, with places at which it can be broken. A line break of a text in it is written as two characters.
  return json.replace(/\n */g, ' ');
}

/** Cut with a hint where all of it is. */
export function cutWith(text: string, characters: number, source: string): string {
  return cutToCharacters(text, characters, ` … (all of it in ${source})`);
}

export interface Fitting<T> {
  readonly head: readonly T[];
  readonly tail: readonly T[];
  /** Between the two. */
  readonly left: number;
}

/** As many rows as fit, from the beginning and from the end: how it began and how it ended is what is read. */
export function fitting(rows: readonly string[], bytes: number): Fitting<string> {
  const sizes = rows.map((row) => Buffer.byteLength(row) + 1);
  if (sizes.reduce((sum, size) => sum + size, 0) <= bytes) return { head: rows, tail: [], left: 0 };
  const count = (from: readonly number[]) => {
    let sum = 0;
    const end = from.findIndex((size) => (sum += size) > bytes / 2);
    return end === -1 ? from.length : end;
  };
  const first = count(sizes);
  const last = Math.min(count(sizes.toReversed()), rows.length - first);
  return {
    head: rows.slice(0, first),
    tail: rows.slice(rows.length - last),
    left: rows.length - first - last,
  };
}

/** Bytes of each part of a report; together less than 1 MB, whatever is on the record. */
export const budget = {
  timeline: 140_000,
  notices: 260_000,
  steps: 110_000,
  checks: 80_000,
  /** Of each list, and of each small table. */
  list: 18_000,
} as const;

/** Characters of a cell. */
export const longest = { short: 200, text: 600, value: 360, paragraph: 2_000 } as const;
