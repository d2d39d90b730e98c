import type { Clock } from '../../clock.ts';
import { AwsError } from '../contract.ts';

/** Burst and refill per second (aws-facts §1.1, Route 53 "Throttling API requests"). */
const account = [50, 10] as const;
const anyAction = [50, 10] as const;
const changeThroughput = [1_500, 100] as const;
const actions: Readonly<Record<string, readonly [burst: number, perSecond: number]>> = {
  UpdateHealthCheck: [50, 5],
  CreateHealthCheck: [50, 0.5],
  DeleteHealthCheck: [15, 3],
  GetHealthCheckStatus: [4, 1],
};

class TokenBucket {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #at: number;

  constructor(clock: Clock, [burst, perSecond]: readonly [number, number]) {
    this.#clock = clock;
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
    this.#at = clock.now();
  }

  has(tokens: number): boolean {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1_000) * this.#perSecond);
    this.#at = now;
    return this.#tokens >= tokens;
  }

  take(tokens: number): void {
    this.#tokens -= tokens;
  }
}

/** The request buckets of an account, and its bucket of record changes. */
export class RequestLimits {
  readonly #clock: Clock;
  readonly #account: TokenBucket;
  readonly #changes: TokenBucket;
  readonly #actions = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#account = new TokenBucket(clock, account);
    this.#changes = new TokenBucket(clock, changeThroughput);
  }

  /** @throws AwsError `Throttling` when the account's or the action's bucket is empty; then neither is charged */
  admit(action: string): void {
    take([this.#account, this.#bucketOf(action)], 1);
  }

  /** @throws AwsError `Throttling` when there is not enough left for all changes of a batch */
  admitChanges(cost: number): void {
    take([this.#changes], cost);
  }

  #bucketOf(action: string): TokenBucket {
    const bucket = this.#actions.get(action) ?? new TokenBucket(this.#clock, actions[action] ?? anyAction);
    this.#actions.set(action, bucket);
    return bucket;
  }
}

function take(buckets: readonly TokenBucket[], tokens: number): void {
  if (!buckets.every((bucket) => bucket.has(tokens))) throw new AwsError('Throttling', 'Rate exceeded');
  for (const bucket of buckets) bucket.take(tokens);
}
