export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Largest input, output or result of a state, bytes of UTF-8 (Step Functions service quotas). */
export const payloadLimit = 262_144;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function bytesOf(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/**
 * A copy that is nothing but JSON.
 *
 * JSONata's arrays carry properties of their own, and its functions are objects that hold their whole
 * environment; neither may reach a state's output.
 *
 * @returns undefined for what JSON cannot represent
 */
export function toJson(value: unknown): Json | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : undefined; // JSON has no -0
  if (typeof value !== 'object' || '_jsonata_lambda' in value || '_jsonata_function' in value) {
    return undefined;
  }
  if (Array.isArray(value)) return value.map((item) => toJson(item) ?? null);
  const entries: [string, Json][] = [];
  for (const [key, item] of Object.entries(value)) {
    const plain = toJson(item);
    if (plain !== undefined) entries.push([key, plain]);
  }
  return Object.fromEntries(entries);
}
