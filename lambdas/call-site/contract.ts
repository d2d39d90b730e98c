import type { Site } from '../incident/contract.ts';

/** Runs a function of a site, in that site's region: Step Functions only calls functions of its own. */
export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  /** Each site's region, and by task the name that its function has there. */
  readonly sites: Readonly<Record<Site, SiteFunctions>>;
}

export interface SiteFunctions {
  readonly region: string;
  readonly functions: Readonly<Record<string, string>>;
}

/** What the function throws is thrown here again under its own name. */
export interface Input {
  /** `active`: the site that users are on, as the switch on the ledger says. */
  readonly site: Site | 'active';
  readonly task: string;
  readonly payload: unknown;
}

export type Output = unknown;
