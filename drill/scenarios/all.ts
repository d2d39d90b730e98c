import { applicationFailure } from './application-failure.ts';
import { configurationLoss } from './configuration-loss.ts';
import type { ScenarioDrill } from './contract.ts';
import { dataCorruption } from './data-corruption.ts';
import { hardwareFailure } from './hardware-failure.ts';
import { siteFailure } from './site-failure.ts';

/** Every drill, the default one first. */
export const scenarios: readonly ScenarioDrill[] = [
  siteFailure,
  dataCorruption,
  configurationLoss,
  applicationFailure,
  hardwareFailure,
];
