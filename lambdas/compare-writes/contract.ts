import type { DatabaseSettings } from '../database/contract.ts';
import type { IncidentRef } from '../incident/contract.ts';
import type { RestorePlan } from '../plan-restore/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly databases: readonly DatabaseSettings[];
  readonly query: { readonly region: string; readonly functionName: string };
}

export interface Input {
  readonly incident: IncidentRef;
  readonly plans: readonly RestorePlan[];
}

/** What the damaged copy holds that the restored one does not, by table and time. Kept as `lost-writes/<incident>.json`. */
export interface Output {
  readonly summary: string;
  readonly tables: readonly {
    readonly database: string;
    readonly table: string;
    /** Rows written after the recovery point, which only the damaged copy has; null when it cannot be told. */
    readonly lost: number | null;
    readonly from: string | null;
    readonly to: string | null;
    readonly rowsDamaged: number | null;
    readonly rowsRestored: number | null;
  }[];
}
