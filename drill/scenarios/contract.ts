import type { DrillReport } from '../report/contract.ts';
import type { World } from '../world/world.ts';

export type HeldCheck = DrillReport['checks'][number];

/** What is known when a drill is over. */
export interface Ending {
  readonly world: World;
  readonly outcome: DrillReport['outcome'];
  readonly plan: boolean;
  /** Seconds, as in the report. */
  readonly rto: DrillReport['rto'];
}

/** One drill: the damage, and what must hold afterwards. */
export interface ScenarioDrill {
  readonly name: string;
  /** One line for `--list`. */
  readonly title: string;
  /** The damage, done to a world in which all is well. */
  damage(world: World): Promise<void>;
  /** Incident time after which a drill that has not ended is given up, milliseconds. */
  readonly patience: number;
  /** What a user would check; asked of the world, not of the recovery. */
  expectations(ending: Ending): Promise<readonly HeldCheck[]>;
}
