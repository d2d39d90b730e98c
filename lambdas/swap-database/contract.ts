import type { DatabasePlace, DatabaseSettings } from '../database/contract.ts';
import type { IncidentRef, Site, StepResult } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly databases: readonly DatabaseSettings[];
}

/** Let the users of a database find another in its place, at a site. */
export interface Input {
  readonly incident: IncidentRef;
  readonly database: string;
  readonly site: Site;
  /** What should be found from now on. */
  readonly target: DatabasePlace;
  readonly endpoint: { readonly host: string; readonly port: number };
  /** The damaged one, which is kept, protected from deletion and put into quarantine; absent after a promotion. */
  readonly source?: DatabasePlace;
}

/** `done: false`: a rename is under way; ask again. */
export interface Output extends StepResult {
  readonly done: boolean;
}
