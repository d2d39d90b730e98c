import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { type Environment, environmentSchema } from './schema.ts';

/** An environment file is wrong; every problem is in `problems`, each with its path and what is allowed. */
export class InvalidEnvironment extends Error {
  override readonly name = 'InvalidEnvironment';
  readonly problems: readonly string[];

  constructor(source: string, problems: readonly string[]) {
    super(
      `${source}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}\n${problems.map((p) => `  ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

const directory = path.join(import.meta.dirname, '..', '..', 'environments');

/** The environments in the repository, by name. */
export function environmentNames(): readonly string[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/**
 * Read an environment by its name in `environments/`, or from a file.
 *
 * @throws InvalidEnvironment with every problem at once, so that one reading mends the file
 */
export function loadEnvironment(nameOrFile: string): Environment {
  const isPath = /[./\\]/.test(nameOrFile);
  const file = isPath ? nameOrFile : path.join(directory, `${nameOrFile}.yaml`);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new InvalidEnvironment(nameOrFile, [
      `no such environment; allowed: ${environmentNames().join(', ')}, or the path of a YAML file`,
    ]);
  }
  const source = path.relative(process.cwd(), file) || file;
  return parseEnvironment(readFileSync(file, 'utf8'), source, isPath ? undefined : nameOrFile);
}

/**
 * @param name what the environment must be called: a copied file that still carries another's name would be
 *   deployed over that one
 * @throws InvalidEnvironment
 */
export function parseEnvironment(yaml: string, source: string, name?: string): Environment {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false });
  const [mistake] = document.errors;
  if (mistake) {
    // One slip makes a parser stumble over all that follows: only the first is sure to be one.
    throw new InvalidEnvironment(source, [
      `line ${lines.linePos(mistake.pos[0]).line}: not YAML: ${mistake.message}`,
    ]);
  }
  const value = valueOf(document, source);
  const result = environmentSchema.safeParse(value, { reportInput: true });
  const problem = (keys: readonly PropertyKey[], was: string, allowed: string) =>
    `${place(keys)}${lineOf(document, lines, keys)}: got ${was}, allowed: ${allowed}`;
  const problems = (result.error?.issues ?? []).map((issue) =>
    problem(issue.path, got(issue, value), issue.message),
  );
  const called = valueAt(value, ['name']);
  if (name !== undefined && called !== undefined && called !== name)
    problems.push(problem(['name'], shown(called), `${name}, as its file is called`));
  if (!result.success || problems.length > 0) throw new InvalidEnvironment(source, problems);
  return result.data;
}

/** @throws InvalidEnvironment on aliases that have no end, or that stand for too much */
function valueOf(document: Document.Parsed, source: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new InvalidEnvironment(source, [error instanceof Error ? error.message : String(error)]);
  }
}

function got(issue: z.core.$ZodIssue, whole: unknown): string {
  return issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : shown(valueAt(whole, issue.path));
}

/** ` (line 12)`; of the nearest thing around it when it is not there itself. */
function lineOf(document: Document.Parsed, lines: LineCounter, keys: readonly PropertyKey[]): string {
  for (let depth = keys.length; depth > 0; depth--) {
    const node = document.getIn(keys.slice(0, depth), true);
    if (isNode(node) && node.range) return ` (line ${lines.linePos(node.range[0]).line})`;
  }
  return '';
}

function place(keys: readonly PropertyKey[]): string {
  const text = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text.replace(/^\./, '') || 'the file';
}

function valueAt(value: unknown, keys: readonly PropertyKey[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  try {
    const text = JSON.stringify(value);
    return text.length > 200 ? `${text.slice(0, 200)}...` : text;
  } catch {
    return 'a value that contains itself';
  }
}
