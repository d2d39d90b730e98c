/** One thing that a restored database should have like its source, and how RDS is told of it. */
export interface Setting<Raw, Restore, Modify> {
  /** As RDS describes it. */
  readonly name: string;
  /** Other members of the description that this one speaks for. */
  readonly covers?: readonly string[];
  /** Its value as it compares; undefined when there is none, or only what RDS chooses itself. */
  readonly of: (raw: Raw) => unknown;
  /** Names something of a region, which another region does not have. */
  readonly regional?: true;
  /** The members of a restore that ask for it. */
  readonly restore?: (wanted: unknown) => Partial<Restore>;
  /** The members of a modification that ask for it. */
  readonly modify?: (wanted: unknown, current: unknown) => Partial<Modify>;
  /** When it cannot be modified: why, and what a person does. */
  readonly why?: string;
}

/** One member of a request that has the value itself. */
export function member<T>(name: keyof T & string): (wanted: unknown) => Partial<T> {
  return (wanted) => ({ [name]: wanted }) as Partial<T>;
}

export function sorted(values: readonly (string | undefined)[] = []): readonly string[] {
  return values.filter((value) => value !== undefined).toSorted();
}
