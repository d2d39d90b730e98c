/**
 * The settings of this function, as its deployment wrote them: one JSON object in `SETTINGS`.
 *
 * The caller names the type, which is the `Settings` of its contract; the same type is what the stack writes.
 *
 * @throws Error when the variable is absent or no JSON: the deployment is broken, and no retry mends it
 */
export function settings<T>(): T {
  return JSON.parse(variable('SETTINGS')) as T;
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
