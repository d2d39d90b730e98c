import { like } from './patterns.ts';

/** Condition keys of a request and their values. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** A Condition block of a policy: operator → key → values. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

type Compare = (value: string, wanted: string) => boolean;

const equal: Compare = (value, wanted) => value === wanted;
const matching: Compare = (value, wanted) => like(wanted, value);
const sameArn: Compare = (value, wanted) => {
  // Each of the first five parts is matched by itself: a star does not reach over a colon there.
  const [actual, pattern] = [value.split(':'), wanted.split(':')];
  const parts = [0, 1, 2, 3, 4].every((i) => like(pattern[i] ?? '', actual[i] ?? ''));
  return parts && like(pattern.slice(5).join(':'), actual.slice(5).join(':'));
};

const operators: Readonly<Record<string, { readonly compare: Compare; readonly negated?: true }>> = {
  StringEquals: { compare: equal },
  StringNotEquals: { compare: equal, negated: true },
  StringEqualsIgnoreCase: { compare: (value, wanted) => value.toLowerCase() === wanted.toLowerCase() },
  StringLike: { compare: matching },
  StringNotLike: { compare: matching, negated: true },
  ArnEquals: { compare: sameArn },
  ArnLike: { compare: sameArn },
  ArnNotLike: { compare: sameArn, negated: true },
  Bool: { compare: (value, wanted) => value.toLowerCase() === wanted.toLowerCase() },
};

const NAME = /^(ForAllValues:|ForAnyValue:)?([A-Za-z]+?)(IfExists)?$/;

/** Whether this evaluation knows an operator, with its set prefix and `IfExists` if it has them. */
export function knowsOperator(name: string): boolean {
  const [, set, base = '', ifExists] = NAME.exec(name) ?? [];
  return base === 'Null' ? set === undefined && ifExists === undefined : Object.hasOwn(operators, base);
}

/**
 * Whether all conditions hold: every operator, every key in it, any of a key's values.
 *
 * An absent key fails a condition, unless the operator is negated, ends in `IfExists`, is `Null`, or quantifies
 * over all values, of which there are none.
 */
export function conditionsHold(conditions: Conditions, context: RequestContext): boolean {
  const given = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value].flat()]));
  return Object.entries(conditions).every(([name, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(name, given.get(key.toLowerCase()), wanted)),
  );
}

function holds(name: string, values: readonly string[] | undefined, wanted: readonly string[]): boolean {
  const [, set, base = '', ifExists] = NAME.exec(name) ?? [];
  if (base === 'Null') return wanted.some((absent) => (absent === 'true') === (values === undefined));
  const operator = operators[base];
  if (!operator) throw new Error(`unknown condition operator ${name}`);
  const { compare, negated = false } = operator;
  if (values === undefined) return ifExists !== undefined || negated || set === 'ForAllValues:';
  const one = (value: string) => wanted.some((pattern) => compare(value, pattern)) !== negated;
  return set === 'ForAllValues:' ? values.every(one) : values.some(one);
}
