import type { DrillReport } from '../report/contract.ts';
import type { World } from '../world/world.ts';

export type HeldCheck = DrillReport['checks'][number];

/** What a database held when the damage was done, asked of the server itself. */
export interface DataBefore {
  readonly database: string;
  readonly rows: number;
  readonly destroyed: number;
  /** Ids of writes that must be there at the end; empty when only some time decides. */
  readonly mustSurvive: readonly number[];
}

/** What is known when a drill is over. */
export interface Ending {
  readonly world: World;
  readonly outcome: DrillReport['outcome'];
  readonly plan: boolean;
  /** Seconds, as in the report. */
  readonly rto: DrillReport['rto'];
  readonly rpo: DrillReport['rpo'];
  readonly data: DrillReport['data'];
  readonly before: readonly DataBefore[];
  /** Seconds that a gate was left unanswered on purpose. */
  readonly heldSeconds?: number;
}

/** One drill: the damage, and what must hold afterwards. */
export interface ScenarioDrill {
  readonly name: string;
  /** One line for `--list`. */
  readonly title: string;
  /** Of an incident that an alarm opens: what a plan is started for, and what targets hold without an incident. */
  readonly severity: 'P0' | 'P1' | 'P2';
  /** What an environment lacks for this drill, in a sentence that says what to add; null when it can be drilled. */
  lacks(world: World['environment']): string | null;
  /** The damage, done to a world in which all is well. */
  damage(world: World): Promise<readonly DataBefore[]>;
  /** Seconds of wanted changes that are lost, where that is not measured from databases; null when it cannot be told. */
  lossSeconds?(world: World): number | null;
  /** Incident time after which a drill that has not ended is given up, milliseconds. */
  readonly patience: number;
  /** What a user would check; asked of the world, not of the recovery. */
  expectations(ending: Ending): Promise<readonly HeldCheck[]>;
}
