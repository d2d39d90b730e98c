/** Each minute: is somebody waiting for an update that was promised? */
export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly region: string;
}

export interface Output {
  /** Sentences, one per audience and channel that waits; empty when nobody does. */
  readonly overdue: readonly string[];
}
