import type { KubeObject, Selector } from './objects.ts';
import { badRequest } from './status.ts';

export type Matches = (object: KubeObject) => boolean;

/**
 * Labels and fields that a list or a watch asks for.
 *
 * Any field that is a plain value can be selected; a real API server knows a few per kind.
 *
 * @throws Refusal 400 for a selector that cannot be read
 */
export function selection(query: URLSearchParams): Matches {
  const labels = labelTests(query.get('labelSelector') ?? '');
  const fields = fieldTests(query.get('fieldSelector') ?? '');
  return (object) => labels.every((test) => test(object)) && fields.every((test) => test(object));
}

const setBased = /^([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)$/;
const equality = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/;
const existence = /^(!?)\s*([\w./-]+)$/;

function labelTests(selector: string): Matches[] {
  return split(selector).map((part) => {
    const set = setBased.exec(part);
    if (set) {
      const [, key = '', operator, list = ''] = set;
      const values = list.split(',').map((value) => value.trim());
      return (object) => values.includes(label(object, key) ?? '\0') === (operator === 'in');
    }
    const equal = equality.exec(part);
    if (equal) {
      const [, key = '', operator, value] = equal;
      return (object) => (label(object, key) === value) === (operator !== '!=');
    }
    const exists = existence.exec(part);
    if (!exists) throw badRequest(`unable to parse requirement: ${part}`);
    const [, negated, key = ''] = exists;
    return (object) => (label(object, key) === undefined) === (negated === '!');
  });
}

function fieldTests(selector: string): Matches[] {
  return split(selector).map((part) => {
    const [, path = '', operator, value = ''] = /^([\w./[\]-]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (path === '') throw badRequest(`invalid field selector: ${part}`);
    return (object) => (field(object, path) === value) === (operator !== '!=');
  });
}

/** At commas, but not within the parentheses of a set. */
function split(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** An object's selector: an empty one selects all, none at all selects nothing. */
export function selects(selector: Selector | null | undefined, labels: Record<string, string> = {}): boolean {
  if (!selector) return false;
  const { matchLabels, matchExpressions } = selector;
  return (
    Object.entries(matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        default:
          return operator === 'DoesNotExist' && value === undefined;
      }
    })
  );
}

function label({ metadata }: KubeObject, key: string): string | undefined {
  return metadata.labels?.[key];
}

function field(object: KubeObject, path: string): string {
  const found = path.split('.').reduce<unknown>((at, member) => {
    return typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[member] : undefined;
  }, object);
  return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean'
    ? String(found)
    : '';
}
