import * as z from 'zod';
import { parseDuration } from './duration.ts';
import { regions } from './regions.ts';

/** The kinds of value that an environment is made of. Each error text completes "allowed: ...". */

/** An object that takes these members and no others; a near miss is named. */
export function object<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownKey(key, known)).join('; ')
        : `an object with ${known.join(', ')}`,
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = known.find((name) => distance(name.toLowerCase(), key.toLowerCase()) <= 2);
  return `one of ${known.join(', ')}${near === undefined ? '' : ` (did you mean ${near}?)`}, but not ${key}`;
}

/** Levenshtein's distance, for two short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

export const text = (allowed: string) => z.string({ error: allowed }).min(1, { error: allowed });

export const matching = (pattern: RegExp, allowed: string) =>
  z.string({ error: allowed }).regex(pattern, { error: allowed });

export const whole = (min: number, max: number, what: string) => {
  const error = `a whole number of ${what} from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: values.join(', ') });

/** `90s`, `15m`, `4h` in the file; seconds in the program. */
export const duration = (longest?: `${number}${'s' | 'm' | 'h'}`) => {
  const most = (longest === undefined ? undefined : parseDuration(longest)) ?? Infinity;
  const error = `a time above zero such as 90s, 15m or 4h${longest === undefined ? '' : `, at most ${longest}`}`;
  return z
    .string({ error })
    .regex(/^\d{1,6}[smh]$/, { error })
    .refine((value) => (parseDuration(value) ?? Infinity) <= most && parseDuration(value) !== undefined, {
      error,
    })
    .transform((value) => parseDuration(value) ?? 0);
};

export const region = () =>
  z.enum(regions, { error: `an AWS region such as eu-central-1 (one of ${regions.join(', ')})` });

const label = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?';
/** The last label begins with a letter, so that an address is not taken for a name. */
const labels = `(${label}\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`;

/** A name that something answers to: checkers and resolvers are given it as it is. */
export const hostName = () =>
  matching(
    new RegExp(`^(?=.{1,253}$)${labels}`),
    'a DNS name in lower case such as erlmcp.company.com, neither an address nor a wildcard',
  );

/** A name that a record can have: also a wildcard. */
export const recordName = () =>
  matching(
    new RegExp(`^(?=.{1,253}$)(\\*\\.)?${labels}`),
    'a DNS name in lower case such as erlmcp.company.com',
  );

export const accountId = () =>
  matching(/^\d{12}$/, "an AWS account id: twelve digits in quotes, such as '111111111111'");

export const email = () => matching(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'an e-mail address');

export const phone = () =>
  matching(/^\+[1-9]\d{6,14}$/, 'a telephone number with its country, such as +15551234567');

/** A list with at least one item. */
export const some = <Item extends z.ZodType>(item: Item, what: string) => {
  const error = `a list of at least one ${what}`;
  return z.array(item, { error }).min(1, { error });
};

/** A name in a cluster, or a word that may become a part of one. */
export const kubernetesName = (what: string) =>
  matching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, `the name of a ${what}: lower case letters, digits and -`);
