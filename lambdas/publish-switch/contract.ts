/** Scheduled each minute: says again, as a metric, where the switch on the ledger stands. */
export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly region: string;
}

export interface Output {
  readonly site: 'primary' | 'standby';
}
