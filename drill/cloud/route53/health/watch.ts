import type { HealthCheckObservation } from '@aws-sdk/client-route-53';

/** Finds out whether what a health check watches is healthy; neither inverted nor disabled yet. */
export interface Watch {
  start(): void;
  stop(): void;
  readonly healthy: boolean;
  /** Of the checkers, 0 to 100; a check without checkers has none. */
  readonly percentageHealthy?: number;
  readonly observations?: readonly HealthCheckObservation[];
}
