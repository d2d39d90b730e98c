import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
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
  const file = /[./\\]/.test(nameOrFile) ? nameOrFile : path.join(directory, `${nameOrFile}.yaml`);
  if (!existsSync(file)) {
    throw new InvalidEnvironment(nameOrFile, [
      `no such environment; allowed: ${environmentNames().join(', ')}, or the path of a YAML file`,
    ]);
  }
  return parseEnvironment(readFileSync(file, 'utf8'), path.relative(process.cwd(), file) || file);
}

/** @throws InvalidEnvironment */
export function parseEnvironment(yaml: string, source: string): Environment {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new InvalidEnvironment(
      source,
      document.errors.map((error) => `line ${lines.linePos(error.pos[0]).line}: ${error.message}`),
    );
  }
  const value: unknown = document.toJS();
  const result = environmentSchema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw new InvalidEnvironment(
    source,
    result.error.issues.flatMap((issue) => describe(issue, value)),
  );
}

function describe(issue: z.core.$ZodIssue, whole: unknown): string[] {
  const at = place(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return [`${at}: got ${issue.keys.join(', ')}, allowed: ${issue.message}`];
  }
  return [`${at}: got ${shown(valueAt(whole, issue.path))}, allowed: ${issue.message}`];
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
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
