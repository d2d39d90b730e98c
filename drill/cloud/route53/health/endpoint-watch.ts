import { createHash } from 'node:crypto';
import type { HealthCheckConfig, HealthCheckObservation, HealthCheckRegion } from '@aws-sdk/client-route-53';
import type { Cancel, Clock } from '../../../clock.ts';
import type { ProbeTarget } from '../contract.ts';
import { Agreement } from './agreement.ts';
import { checkerRegions } from './config.ts';
import type { Watch } from './watch.ts';

/** Two in each region: 16 with the default regions (aws-facts §1.4). */
const CHECKERS_PER_REGION = 2;

/** More than this share of the checkers must say that the endpoint is healthy (Route 53 developer guide). */
const HEALTHY_SHARE = 0.18;

interface Checker {
  readonly region: HealthCheckRegion;
  readonly address: string;
  /** When within the interval it checks: checkers do not coordinate with one another. 0 to 1. */
  readonly phase: number;
  /** After enough results in a row; undefined while there are too few. */
  says: boolean | undefined;
  last: boolean | undefined;
  inARow: number;
  checkedAt: number | undefined;
  cancel: Cancel;
}

interface EndpointWatchOptions {
  readonly clock: Clock;
  readonly id: string;
  /** As it is now: a check can be updated while it runs. */
  readonly config: () => HealthCheckConfig;
  readonly probe: (target: ProbeTarget) => Promise<boolean>;
  readonly onChange: () => void;
}

/**
 * Checkers all over the world that call an endpoint, each on its own.
 *
 * A checker calls again one interval after it was answered, and changes its mind after as many equal results in
 * a row as the failure threshold says, in both directions.
 */
export class EndpointWatch implements Watch {
  readonly #options: EndpointWatchOptions;
  readonly #agreement: Agreement;
  #checkers: readonly Checker[];
  #run = 0;

  constructor(options: EndpointWatchOptions) {
    this.#options = options;
    this.#agreement = new Agreement(options.clock, options.onChange);
    this.#checkers = checkersOf(options.id, options.config());
  }

  get healthy(): boolean {
    return this.#agreement.healthy;
  }

  get percentageHealthy(): number {
    const healthy = this.#checkers.filter(({ says }) => says !== false).length;
    return (100 * healthy) / this.#checkers.length;
  }

  get observations(): readonly HealthCheckObservation[] {
    return this.#checkers.map(({ region, address, last, checkedAt }) => ({
      Region: region,
      IPAddress: address,
      StatusReport: {
        Status:
          last === undefined
            ? 'Unknown: not checked yet'
            : last
              ? 'Success: the endpoint answered'
              : 'Failure: no good answer in time',
        ...(checkedAt !== undefined && { CheckedTime: new Date(checkedAt) }),
      },
    }));
  }

  start(): void {
    const { clock } = this.#options;
    const run = ++this.#run;
    const now = clock.now();
    for (const checker of this.#checkers) {
      checker.cancel = clock.at(
        now + Math.floor(checker.phase * this.#interval),
        () => void this.#check(checker, run),
      );
    }
  }

  stop(): void {
    this.#run++;
    for (const { cancel } of this.#checkers) cancel();
    this.#agreement.stop();
  }

  get #interval(): number {
    return (this.#options.config().RequestInterval ?? 30) * 1_000;
  }

  async #check(checker: Checker, run: number): Promise<void> {
    const { clock, config, probe } = this.#options;
    const target = targetOf(config());
    const good = await clock.busy(() => probe(target)).catch(() => false);
    if (run !== this.#run) return;
    const now = clock.now();
    checker.inARow = checker.last === good ? checker.inARow + 1 : 1;
    checker.last = good;
    checker.checkedAt = now;
    if (checker.inARow >= (config().FailureThreshold ?? 3)) checker.says = good;
    this.#agreement.propose(this.percentageHealthy > 100 * HEALTHY_SHARE);
    checker.cancel = clock.at(now + this.#interval, () => void this.#check(checker, run));
  }
}

function targetOf(config: HealthCheckConfig): ProbeTarget {
  const {
    Type = '',
    IPAddress,
    FullyQualifiedDomainName,
    Port = 80,
    ResourcePath = '/',
    SearchString,
  } = config;
  return {
    protocol: Type === 'TCP' ? 'TCP' : Type.startsWith('HTTPS') ? 'HTTPS' : 'HTTP',
    host: IPAddress ?? FullyQualifiedDomainName ?? '',
    port: Port,
    path: ResourcePath,
    ...(SearchString !== undefined && { searchString: SearchString }),
  };
}

function checkersOf(id: string, { Regions }: HealthCheckConfig): readonly Checker[] {
  const regions = Regions && Regions.length > 0 ? [...new Set(Regions)] : checkerRegions;
  return regions.flatMap((region) =>
    Array.from({ length: CHECKERS_PER_REGION }, (_, index): Checker => {
      const digest = createHash('sha256').update(`${id} ${region} ${index}`).digest();
      return {
        region,
        address: `15.177.${digest.readUInt8(4) % 64}.${digest.readUInt8(5)}`,
        phase: digest.readUInt32BE(0) / 2 ** 32,
        says: undefined,
        last: undefined,
        inARow: 0,
        checkedAt: undefined,
        cancel: () => undefined,
      };
    }),
  );
}
