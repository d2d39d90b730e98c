import { AwsError } from '../contract.ts';
import { readCondition, type Condition } from './pattern-condition.ts';

/** Whether an event matches a pattern. */
export type EventPattern = (event: unknown) => boolean;

/**
 * Read an event pattern, as text or as the object of a template.
 *
 * Every field of the pattern must match; a field matches when any of its values does; an array in the event
 * matches when any of its elements does, and the fields below it must match in one and the same element.
 *
 * @throws AwsError `InvalidEventPatternException` for what EventBridge would refuse, or what is not modelled
 */
export function readPattern(pattern: unknown): EventPattern {
  const object = typeof pattern === 'string' ? parse(pattern) : pattern;
  if (!isObject(object)) throw invalid('Filter is not an object');
  if (Object.keys(object).length === 0) throw invalid('Event pattern is empty');
  return fields(object, '');
}

function fields(pattern: Readonly<Record<string, unknown>>, path: string): EventPattern {
  const tests = Object.entries(pattern).map(([key, wanted]): EventPattern => {
    const here = path ? `${path}.${key}` : key;
    if (key === '$or' && Array.isArray(wanted) && wanted.every(isObject)) return anyOf(wanted, here);
    const test = field(wanted, here);
    return (event) => test(isObject(event) ? event[key] : undefined);
  });
  const matches = (event: unknown) => tests.every((test) => test(event));
  return (event) => (Array.isArray(event) && event.length > 0 ? event.some(matches) : matches(event));
}

function anyOf(patterns: readonly Readonly<Record<string, unknown>>[], path: string): EventPattern {
  if (patterns.length < 2) throw invalid(`${path}: There must have at least 2 Objects in $or relationship`);
  const tests = patterns.map((pattern, index) => fields(pattern, `${path}[${index}]`));
  return (event) => tests.some((test) => test(event));
}

function field(wanted: unknown, path: string): EventPattern {
  if (isObject(wanted)) {
    if (Object.keys(wanted).length === 0) throw invalid(`${path}: Empty objects are not allowed`);
    return fields(wanted, path);
  }
  if (!Array.isArray(wanted)) throw invalid(`"${path}" must be an object or an array`);
  if (wanted.length === 0) throw invalid(`${path}: Empty arrays are not allowed`);
  const conditions = wanted.map((condition) => readCondition(condition, path));
  return (value) => {
    const found = leaves(value);
    return conditions.some((condition) => holds(condition, found));
  };
}

function holds(condition: Condition, found: readonly unknown[]): boolean {
  if (condition.kind === 'absent') return found.length === 0;
  return found.some(condition.test);
}

/** The plain values at a field: objects are not values, and an empty array has none. */
function leaves(value: unknown): readonly unknown[] {
  if (value === undefined || isObject(value)) return [];
  return Array.isArray(value) ? value.flatMap(leaves) : [value];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('Filter is not valid JSON');
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(reason: string): AwsError {
  return new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
}
