import type { ClusterName } from '../aws/kubernetes.ts';
import type { ExportState } from '../configuration/contract.ts';
import type { Site } from '../incident/contract.ts';

/** One such function per site, in the network of its cluster; runs each minute, and for a snapshot. */
export interface Settings {
  readonly environment: string;
  readonly site: Site;
  readonly ledgerBucket: string;
  readonly ledgerRegion: string;
  /** In the standby's region, encrypted with a key that only exporting and restoring functions may use. */
  readonly exportsBucket: string;
  readonly exportsRegion: string;
  readonly cluster: ClusterName;
  /** Names of ConfigMaps and Secrets that are left out. */
  readonly exclude: readonly string[];
  /** Deployments whose manifests are kept. */
  readonly deployments: readonly string[];
}

/** `snapshot`: a name of 1 to 63 lower case letters, digits, `-` and `.`; one that exists is left as it is. */
export interface Input {
  readonly snapshot?: string;
}

export interface Output {
  readonly status: 'changed' | 'already-there';
  readonly summary: string;
  /** Key in the exports bucket of what was written, or of what equals it. */
  readonly key: string;
  readonly state: ExportState;
}
