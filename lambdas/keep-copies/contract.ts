import type { DatabaseSettings } from '../database/contract.ts';

/**
 * Runs every hour: keeps the settings of every database on the ledger, which a dark region could not tell, and
 * sees that backups are replicated where the environment wants them.
 */
export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly account: string;
  readonly databases: readonly (DatabaseSettings & {
    /** For the copies of backups in the standby's region: its key there, and for how long. */
    readonly backupKeyId?: string;
    readonly backupRetentionDays?: number;
  })[];
}
