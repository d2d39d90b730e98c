import jsonata from 'jsonata';
import { type Chance, functionsOf } from './functions.ts';
import { isObject, toJson, type Json } from './json.ts';
import { expressionIn } from './language.ts';

/** What an expression sees. */
interface Surroundings extends Chance {
  readonly states: Readonly<Record<string, Json>>;
  readonly variables: Readonly<Record<string, Json>>;
}

/** A template that has no value: which field, which expression, and why. */
export class QueryFailed extends Error {
  override readonly name = 'QueryFailed';
  /** Path in the state's definition, such as `Output/summary`. */
  readonly location: string;

  constructor(location: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.location = location;
  }
}

/**
 * Limits that end a runaway expression. Step Functions allows 1 s and an unpublished depth; the longer time
 * leaves room for a laptop that is busy with the drill.
 */
const limits = { timeout: 2_000, stack: 1_000, sequence: 1_000_000 };
const compiled = new Map<string, jsonata.Expression>();

/** @throws Error as jsonata does, when the expression does not parse */
export function compile(source: string): jsonata.Expression {
  let expression = compiled.get(source);
  if (!expression) compiled.set(source, (expression = jsonata(source, limits)));
  return expression;
}

/**
 * Fill a template: every string between {% and %}, however deep, gives way to its expression's value.
 *
 * @param location the field's name, for the message when it fails
 * @throws QueryFailed when an expression fails or has no value that JSON can represent
 */
export async function fill(template: Json, location: string, around: Surroundings): Promise<Json> {
  if (typeof template === 'string') {
    const source = expressionIn(template);
    return source === undefined ? template : evaluate(source, location, around);
  }
  if (Array.isArray(template)) {
    const items: Json[] = [];
    for (const [n, item] of template.entries()) items.push(await fill(item, `${location}[${n}]`, around));
    return items;
  }
  if (!isObject(template)) return template;
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(template)) {
    entries.push([key, await fill(item, `${location}/${key}`, around)]);
  }
  return Object.fromEntries(entries);
}

async function evaluate(source: string, location: string, around: Surroundings): Promise<Json> {
  const what = `The JSONata expression '${source}' specified for the field '${location}'`;
  let value: unknown;
  let result: Json | undefined;
  try {
    value = await (compile(source).evaluate(undefined, {
      ...functionsOf(around),
      ...around.variables,
      states: around.states,
    }) as Promise<unknown>);
    result = toJson(value);
  } catch (error) {
    throw new QueryFailed(location, `${what} threw an error during evaluation. ${reason(error)}`, {
      cause: error,
    });
  }
  if (value === undefined) throw new QueryFailed(location, `${what} returned nothing (undefined).`);
  if (result === undefined) throw new QueryFailed(location, `${what} returned an unsupported result type.`);
  return result;
}

/** Why an expression of a field that wants one type is refused when its value is of another. */
export function unexpected(template: Json, location: string, expected: string, value: Json): QueryFailed {
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const source =
    typeof template === 'string' ? (expressionIn(template) ?? template) : JSON.stringify(template);
  return new QueryFailed(
    location,
    `The JSONata expression '${source}' specified for the field '${location}' returned an unexpected result ` +
      `type. Expected '${expected}', but was '${type}' for value: ${JSON.stringify(value)}`,
  );
}

function reason(error: unknown): string {
  if (!isObject(error)) return String(error);
  const { code, message } = error;
  return [code, message].filter((part) => typeof part === 'string').join(': ');
}
