import type { Environment } from '../../../lib/config/schema.ts';

/** What the application of the world can be asked, and what it says when all is well with it. */

type SmokeTest = Environment['tests'][number];
type JsonValue = string | number | boolean | null | JsonValue[] | { [member: string]: JsonValue };

/** What is wrong with the application although its pods are ready. */
export type Trouble = 'configuration' | 'application';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonValue;
}

/** One step of a JSONPath that names one place: `.status`, `["status"]`, `[0]`. */
const step = /^(?:\.([A-Za-z_][\w-]*)|\[(?:'([^']*)'|"([^"]*)"|(\d+))\])/;

/** The steps of a path; null when it does not name one place, or begins with no object. */
function stepsOf(path: string): readonly (string | number)[] | null {
  const steps: (string | number)[] = [];
  for (let rest = path.slice(1); rest !== '';) {
    const found = step.exec(rest);
    if (!found) return null;
    const [whole, member, single, double, index] = found;
    steps.push(index === undefined ? (member ?? single ?? double ?? '') : Number(index));
    rest = rest.slice(whole.length);
  }
  return path.startsWith('$') && typeof steps[0] === 'string' ? steps : null;
}

/**
 * Tests whose expectations this world has no answer for, by name: paths into JSON that do not name one place.
 * An application that a drill does not have cannot be asked what it would say.
 */
export function unanswerable(tests: readonly SmokeTest[]): readonly string[] {
  return tests
    .filter(({ expect }) => expect.json.some(({ path }) => stepsOf(path) === null))
    .map(({ name }) => name);
}

/** What the application answers to this request when all is well with it: what its tests expect, and who answers. */
export function goodAnswer(
  tests: readonly SmokeTest[],
  about: Readonly<Record<string, JsonValue>>,
): Answer | undefined {
  const [first] = tests;
  if (!first) return undefined;
  const body: Record<string, JsonValue> = { ...about };
  const headers: Record<string, string> = {};
  for (const { expect } of tests) {
    for (const { path, equals } of expect.json) put(body, stepsOf(path) ?? [], equals);
    if (expect.contains !== undefined) body['text'] = expect.contains;
    for (const [name, value] of Object.entries(expect.headers)) headers[name.toLowerCase()] = value;
  }
  return { status: first.expect.status, headers, body };
}

function put(
  into: Record<string, JsonValue>,
  steps: readonly (string | number)[],
  value: JsonValue | undefined,
): void {
  let at: JsonValue = into;
  steps.forEach((key, index) => {
    const next = steps[index + 1];
    const child: JsonValue | undefined = next === undefined ? value : typeof next === 'number' ? [] : {};
    if (Array.isArray(at) && typeof key === 'number') at = at[key] = keep(at[key], child, next);
    else if (isObject(at)) at = at[String(key)] = keep(at[String(key)], child, next);
  });
}

/** What is on the way already stays, and what is asked for with no value in mind. */
function keep(
  there: JsonValue | undefined,
  child: JsonValue | undefined,
  next: string | number | undefined,
): JsonValue {
  if (child === undefined) return there ?? 'something';
  return next !== undefined && typeof there === 'object' && there !== null ? there : child;
}

function isObject(value: JsonValue): value is Record<string, JsonValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
