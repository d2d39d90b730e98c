import { readFileSync } from 'node:fs';

/**
 * The settings of this function, as its deployment wrote them: one JSON object in `SETTINGS`, or, when Lambda's 4 KB
 * are too few for it, in the file beside the code that `SETTINGS` names (`file:settings.json`).
 *
 * The caller names the type, which is the `Settings` of its contract; the same type is what the stack writes.
 *
 * @throws Error when the variable is absent or no JSON: the deployment is broken, and no retry mends it
 */
export function settings<T>(): T {
  const given = variable('SETTINGS');
  if (!given.startsWith('file:')) return JSON.parse(given) as T;
  const file = new URL(given.slice('file:'.length), import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

/** The region this function runs in, which Lambda sets. */
export function region(): string {
  return variable('AWS_REGION');
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set`);
  return value;
}
