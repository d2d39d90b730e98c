import { expect } from 'vitest';
import { ChannelFailure } from '../../../../lambdas/communication/channel-failure.ts';

/** The ChannelFailure that this ends with; anything else fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<ChannelFailure> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ChannelFailure);
  return error as ChannelFailure;
}
