import type { Site } from '../incident/contract.ts';
import type { Survey, WorkloadsSettings } from '../workloads/contract.ts';

/** One such function per site, in the network of its cluster. It only looks. */
export interface Settings {
  readonly environment: string;
  readonly site: Site;
  readonly cluster: WorkloadsSettings;
}

export type Input = Readonly<Record<string, never>>;

export type Output = Survey;
