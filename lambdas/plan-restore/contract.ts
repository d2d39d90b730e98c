import type { Output as Assessment } from '../assess-data/contract.ts';
import type { DatabasePlace, DatabaseSettings } from '../database/contract.ts';
import type { IncidentRef, Severity, Site } from '../incident/contract.ts';

export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly databases: readonly DatabaseSettings[];
  /** When a person is asked before a restore of a severity, in every case or only past the RPO. */
  readonly ask: Readonly<Record<Severity, 'always' | 'beyond-rpo'>>;
  /** How long the gate waits for an answer. */
  readonly approvalSeconds: number;
}

export interface Input {
  readonly incident: IncidentRef;
  /** Of a data-corruption; a site-failure restores what it must from copied backups, as new as they are. */
  readonly assessment?: Assessment;
  readonly site: Site;
  /** Only these; default what the incident names, else what is damaged, else (for the standby) what has no replica. */
  readonly databases?: readonly string[];
}

/** One database to be restored beside its source. */
export interface RestorePlan {
  readonly database: string;
  readonly site: Site;
  readonly source: DatabasePlace;
  /** The copied backups to restore from, when the source's region is lost. */
  readonly backupsArn?: string;
  readonly target: DatabasePlace;
  /** ISO 8601, whole seconds. */
  readonly recoveryPoint: string;
  /** How it was found, for the record: `given by a person`, `the newest check that held`. */
  readonly foundBy: string;
  /** From the recovery point to now; what was written since is lost. */
  readonly lossSeconds: number;
  readonly expectedSeconds: number;
  readonly budgetSeconds: number;
  /** An earlier incident began this very restore. */
  readonly resumed: boolean;
  /** Of a copy whose swap has begun: it was validated, and is not looked at again before the swap is over. */
  readonly endpoint?: { readonly host: string; readonly port: number };
}

export interface Output {
  readonly decision: 'go' | 'ask' | 'stop';
  readonly reason: string;
  /** What a person is asked when the decision is ask. */
  readonly question: string;
  /** How long the gate waits for an answer; after that nothing is done. */
  readonly approvalSeconds: number;
  readonly nextSteps: readonly string[];
  /** Within a wave all at once; a wave begins when the one before it is over. Empty when the decision is stop. */
  readonly waves: readonly (readonly RestorePlan[])[];
  /** What an earlier incident has swapped in already: only what follows the swap is left to do. */
  readonly swapped: readonly RestorePlan[];
  readonly expectedSeconds: number;
}
