/** Items of a page: what was asked for, at most and by default the API's own number. */
export function pageSize(maxItems: number | undefined, most: number): number {
  return maxItems !== undefined && maxItems >= 1 ? Math.min(maxItems, most) : most;
}

interface Page<T> {
  readonly items: readonly T[];
  /** Id of the first item that did not fit. */
  readonly next: string | undefined;
}

/** The page that starts at the item of the given id; an id that is not there starts nowhere. */
export function pageFrom<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  start: string | undefined,
  size: number,
): Page<T> {
  const at = start === undefined ? 0 : items.findIndex((item) => idOf(item) === start);
  const rest = at < 0 ? [] : items.slice(at);
  const next = rest[size];
  return { items: rest.slice(0, size), next: next === undefined ? undefined : idOf(next) };
}
