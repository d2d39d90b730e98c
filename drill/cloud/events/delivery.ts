import * as z from 'zod';
import { AwsError, type Foundation } from '../contract.ts';

export const retryProperties = {
  RetryPolicy: z
    .strictObject({
      MaximumRetryAttempts: z.int().min(0).max(185).default(185),
      MaximumEventAgeInSeconds: z.int().min(60).max(86_400).default(86_400),
    })
    .default({ MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 }),
  DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
};

export interface RetrySettings {
  readonly RetryPolicy: { readonly MaximumRetryAttempts: number; readonly MaximumEventAgeInSeconds: number };
  readonly DeadLetterConfig?: { readonly Arn: string } | undefined;
}

/** Longest wait between two tries, milliseconds; AWS says "exponential backoff" and no number. */
const LONGEST_WAIT = 480_000;

/** Errors that another try may heal, by name; every other refusal of AWS stays one. */
const passing = /Throttling|TooManyRequests|LimitExceeded|ServiceException|ServiceUnavailable|InternalError/;

/**
 * Hand something to a target, again with growing waits while it fails, until it is too old or was tried too
 * often; then it is dropped, and told.
 *
 * A refusal (no permission, no such target) is not tried again, as in AWS.
 */
export function deliver(
  { clock, tell }: Pick<Foundation, 'clock' | 'tell'>,
  delivery: {
    /** `EventBridge`, `Scheduler` */
    readonly actor: string;
    /** What is delivered where, for a person. */
    readonly what: string;
    readonly retry: RetrySettings;
    readonly attempt: (number: number) => void | Promise<void>;
  },
): void {
  const { actor, what, attempt } = delivery;
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = delivery.retry.RetryPolicy;
  const tooOld = clock.now() + MaximumEventAgeInSeconds * 1_000;

  const run = async (number: number): Promise<void> => {
    try {
      await attempt(number);
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      const next = clock.now() + Math.min(1_000 * 2 ** (number - 1), LONGEST_WAIT);
      if (canHeal(error) && number <= MaximumRetryAttempts && next <= tooOld) {
        clock.at(next, () => void run(number + 1));
        return;
      }
      const queue = delivery.retry.DeadLetterConfig;
      tell(actor, queue ? `sent ${what} to its dead-letter queue` : `dropped ${what}`, reason);
    }
  };
  void run(1);
}

function canHeal(error: unknown): boolean {
  return (
    !(error instanceof AwsError) || error.status >= 500 || error.status === 429 || passing.test(error.code)
  );
}
