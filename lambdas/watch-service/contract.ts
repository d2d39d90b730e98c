import type { RemoteFunction } from '../database/contract.ts';
import type { Site } from '../incident/contract.ts';
import type { HealthEndpoint } from '../assess-primary/contract.ts';
import type { SmokeTest } from '../run-tests/contract.ts';

/** Each minute, in the standby's region: the environment's tests, and a survey of the active site's cluster. */
export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly region: string;
  readonly resolvers: readonly string[];
  readonly tests: readonly SmokeTest[];
  /** Each site's own health endpoint: while it does not answer, the failure is the site's, and no metric here says otherwise. */
  readonly endpoints: Readonly<Record<Site, HealthEndpoint>>;
  readonly survey: Readonly<Record<Site, RemoteFunction>>;
  /** How long a node may be not ready, seconds. */
  readonly nodeGraceSeconds: number;
}

/**
 * Publishes `Lifeboat/ConfigurationValid`, `ApplicationHealthy`, `NodesHealthy` {Environment}: 1 or 0, and nothing
 * when it is not known. Only the first cause is 0: site (nothing at all is published), nodes, configuration, application.
 */
export interface Output {
  readonly site: Site;
  readonly configuration: boolean | 'unknown';
  readonly application: boolean | 'unknown';
  readonly nodes: boolean | 'unknown';
  readonly summary: string;
}

/** `watch/service.json` on the ledger: what was last seen, and when each was last good. */
export interface ServiceWatch {
  readonly at: string;
  readonly site: Site;
  readonly lastGood: {
    readonly configuration: string | null;
    readonly application: string | null;
    readonly nodes: string | null;
  };
  /** Since when it fails without a break; null while it does not. */
  readonly failingSince: {
    readonly configuration: string | null;
    readonly application: string | null;
    readonly nodes: string | null;
  };
  /** Deployments that had fewer ready pods than wanted at the last look: for two looks it is a failure. */
  readonly short?: readonly string[];
  /** Failed checks of the last look. */
  readonly failures: readonly { readonly name: string; readonly evidence: string }[];
}
