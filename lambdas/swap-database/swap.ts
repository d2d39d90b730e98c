import type { DatabaseSettings, Recovery } from '../database/contract.ts';
import type { Input } from './contract.ts';

/** What the ways to swap are given. */
export interface Work {
  readonly input: Input;
  readonly database: DatabaseSettings;
  readonly recoveryPoint: string | undefined;
  /** Otherwise nothing is changed. */
  readonly live: boolean;
  /** Called before anything is changed, with what was there; not when nothing will be. */
  readonly begin: (before: unknown) => Promise<void>;
}

interface Sights {
  readonly summary: string;
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
}

/** What they answer. `changing`: something was changed now, and more is to come; `waiting`: nothing was. */
export type Swap =
  | (Sights & { readonly state: 'planned' | 'waiting' | 'changing' })
  | (Sights & {
      readonly state: 'changed' | 'there';
      /** Where the users find it from now on. */
      readonly endpoint: { readonly host: string; readonly port: number };
      readonly keptAs?: NonNullable<Recovery['keptAs']>;
    });
