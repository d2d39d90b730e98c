/** Runs a function of the primary's region from the standby's: Step Functions only calls its own region. */
export interface Settings {
  readonly environment: string;
  readonly region: string;
  /** By task: its name in the primary's region. */
  readonly functions: Readonly<Record<string, string>>;
}

/** What the function throws is thrown here again under its own name. */
export interface Input {
  readonly task: string;
  readonly payload: unknown;
}

export type Output = unknown;
