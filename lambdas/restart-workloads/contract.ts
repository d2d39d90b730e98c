import type { IncidentRef, Site, StepResult } from '../incident/contract.ts';
import type { WorkloadsSettings } from '../workloads/contract.ts';

/** One such function per site, in the network of its cluster. */
export interface Settings {
  readonly environment: string;
  readonly site: Site;
  readonly ledgerBucket: string;
  readonly ledgerRegion: string;
  readonly cluster: WorkloadsSettings;
}

/**
 * Restart wave by wave, each when the one before it is ready; asked again until done. The first restart of a
 * deployment by this incident is the only one, however often it is asked. `roll-back`: back to the previous revision.
 */
export interface Input {
  readonly incident: IncidentRef;
  readonly waves: readonly (readonly string[])[];
  readonly action: 'restart' | 'roll-back';
}

export interface Output extends StepResult {
  readonly done: boolean;
  /** Deployments whose new pods do not become ready: Kubernetes has given up on them, or they crash again and again. */
  readonly failed: readonly string[];
}
