import type { CloudService, Foundation, Operation } from '../contract.ts';
import { Answers } from './answers.ts';
import type { Route53, Route53Needs } from './contract.ts';
import { healthCheckOperations } from './health-check-operations.ts';
import { HealthChecks } from './health/health-checks.ts';
import { recordOperations } from './record-operations.ts';
import { RequestLimits } from './request-limits.ts';
import { route53Resources } from './resources.ts';
import { zoneOperations } from './zone-operations.ts';
import { Zones } from './zones.ts';

export type { Route53, Route53Needs } from './contract.ts';

/** Seed of the draws of weighted records: a drill draws the same each time. */
const SEED = 53;

/** Amazon Route 53: records that take effect when they are in sync, and the health that answers depend on. */
export function route53(foundation: Foundation, needs: Route53Needs): Route53 {
  const limits = new RequestLimits(foundation.clock);
  const checks = new HealthChecks(foundation, needs);
  const zones = new Zones(foundation, {
    limits,
    checkExists: (id) => checks.exists(id),
    processing: needs.processing ?? 0,
  });
  const answers = new Answers({
    zones: () => zones.all(),
    healthOf: (id) => checks.healthOf(id),
    outside: needs.outside,
    random: drawsFrom(SEED),
  });
  const operations = {
    ...recordOperations(zones, answers),
    ...zoneOperations(zones),
    ...healthCheckOperations(checks, needs.alarms),
  };

  return {
    service: {
      signingName: 'route53',
      operations: Object.fromEntries(
        Object.entries(operations).map(([name, operation]) => [name, limited(name, operation, limits)]),
      ),
      resources: route53Resources(zones, checks),
    },
    zones: answers,
    healthOf: (id) => checks.healthOf(id),
    seedZone: (seed) => zones.seed(seed),
    occupyZone(id, ms) {
      zones.find(id).occupiedUntil = foundation.clock.now() + ms;
    },
    start: () => checks.start(),
    stop: () => checks.stop(),
  };
}

/** An operation that costs a request of the account's and its own bucket, whether it succeeds or not. */
function limited(
  name: string,
  operation: Operation,
  limits: RequestLimits,
): CloudService['operations'][string] {
  return {
    permissions: (input, call) => operation.permissions(input, call),
    run(input, call) {
      limits.admit(name);
      return operation.run(input, call);
    },
  };
}

/** Mulberry32: numbers from 0 (inclusive) to 1 (exclusive), the same ones for the same seed. */
function drawsFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
