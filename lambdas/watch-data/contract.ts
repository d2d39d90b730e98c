import type { DatabaseSettings } from '../database/contract.ts';

/** Runs every minute: keeps what the consistency queries found, and publishes `DataConsistent` 0 or 1. */
export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly region: string;
  readonly databases: readonly DatabaseSettings[];
  /** query-database of each site: region and function name. */
  readonly query: Readonly<
    Record<'primary' | 'standby', { readonly region: string; readonly functionName: string }>
  >;
}
