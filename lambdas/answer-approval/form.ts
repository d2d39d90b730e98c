/** What a person may write, whichever way it comes. Pure. */

const limits = { by: 200, reason: 500 } as const;

/** One line of text without control characters, or what is wrong with it. */
export function wrongWith(field: keyof typeof limits, value: unknown): string | undefined {
  const allowed = `one line of text, 1 to ${limits[field]} characters`;
  if (typeof value !== 'string' || value.trim() === '') return allowed;
  return value.length > limits[field] || /[\p{Cc}\u2028\u2029]/u.test(value) ? allowed : undefined;
}

/** Bytes of a form; ours has three short fields. */
export const maxFormLength = 16_384;

export const lengths = limits;
