/** Durations and lists as sentences have them. Pure. */

/** `4 min`, `90 s`. */
export function secondsOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole >= 120 ? `${Math.floor(whole / 60)} min` : `${whole} s`;
}

/** `one`, `one and other`, `one, other and third`. */
export function listOf(items: readonly string[]): string {
  if (items.length < 2) return items[0] ?? '';
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}
