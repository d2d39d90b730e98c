import type { WritersSettings } from '../database/contract.ts';
import type { IncidentRef, Site, StepResult } from '../incident/contract.ts';

/** One such function per site, in the network of its cluster; the primary's is run through call-site. */
export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly ledgerRegion: string;
  readonly site: Site;
  readonly writers: WritersSettings;
}

/** `stopped` remembers the counts, once; `running` puts back what was remembered. */
export interface Input {
  readonly incident: IncidentRef;
  readonly want: 'stopped' | 'running';
}

/** `done`: no pod is left, or every pod is ready. Until then ask again. */
export interface Output extends StepResult {
  readonly done: boolean;
}
