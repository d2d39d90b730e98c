/**
 * A channel did not take a message.
 *
 * `again`: the same may be taken later. What it refuses for good (a revoked token, a page that is gone) is not tried
 * again in this call.
 */
export class ChannelFailure extends Error {
  override readonly name = 'ChannelFailure';
  readonly again: boolean;
  /** How long the channel asks to be left alone, seconds. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    message: string,
    options: { readonly again: boolean; readonly retryAfterSeconds?: number; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.again = options.again;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
