/** What a person may write, whichever way it comes. Pure. */

const limits = { by: 200, reason: 500 } as const;

/** One line of text without control characters, or what is wrong with it. */
export function wrongWith(field: keyof typeof limits, value: unknown): string | undefined {
  const allowed = `one line of text, 1 to ${limits[field]} characters`;
  if (typeof value !== 'string' || value.trim() === '') return allowed;
  return value.length > limits[field] || /[\p{Cc}\u2028\u2029]/u.test(value) ? allowed : undefined;
}

/** Characters of a note. */
export const longestNote = 2_000;

/** Several lines of text, or what is wrong with them. Measured as they would be kept. */
export function wrongWithNote(value: unknown): string | undefined {
  const allowed = `1 to ${longestNote} characters of text, without control characters other than tabs and line breaks`;
  if (typeof value !== 'string') return allowed;
  const text = tidyNote(value);
  return text === '' || text.length > longestNote || /[^\P{Cc}\n\t]/u.test(text) ? allowed : undefined;
}

/** Line breaks as one character, as forms send two; nothing around it. */
export function tidyNote(text: string): string {
  return text.replace(/\r\n?/g, '\n').trim();
}

/** What a form said wrong, to whoever sent it. */
export function complaint(label: string, allowed: string | undefined): readonly string[] {
  return allowed === undefined ? [] : [`${label}: allowed is ${allowed}.`];
}

/** Characters of a form as it is sent: three short fields, and perhaps a note, in letters that take twelve each. */
export const longestForm = { short: 16_384, withNote: 32_768 } as const;

export const lengths = limits;
