import type { Site } from '../incident/contract.ts';
import type { Survey, WorkloadsSettings } from '../workloads/contract.ts';

/** One such function per site, in the network of its cluster. It only looks. */
export interface Settings {
  readonly environment: string;
  readonly site: Site;
  readonly cluster: WorkloadsSettings;
}

/** It is asked without an input. */
export type Output = Survey;
