import type { ScenarioDrill } from './contract.ts';
import { dataCorruption } from './data-corruption.ts';
import { siteFailure } from './site-failure.ts';

/** Every drill, the default one first. */
export const scenarios: readonly ScenarioDrill[] = [siteFailure, dataCorruption];
