const units = { s: 1, m: 60, h: 3600 } as const;

/** Seconds of `90s`, `15m`, `4h`; undefined when it is not such a text, or not more than zero. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})(s|m|h)$/.exec(text);
  if (!match?.[1] || !match[2]) return undefined;
  const seconds = Number(match[1]) * units[match[2] as keyof typeof units];
  return seconds > 0 ? seconds : undefined;
}
