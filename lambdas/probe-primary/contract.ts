import type { HealthEndpoint } from '../assess-primary/contract.ts';

/** Scheduled each minute in the standby's region: asks the primary directly, so that a dark us-east-1 blinds nobody. */
export interface Settings {
  readonly environment: string;
  readonly region: string;
  readonly endpoint: HealthEndpoint;
}

export interface Output {
  readonly reachable: boolean;
  readonly evidence: string;
}
