import { describeFailure, passesByItself } from '../../aws/api-failure.ts';
import { TryAgain } from '../../incident/errors.ts';
import { ChannelFailure } from '../channel-failure.ts';

/** What a service of AWS threw, as a channel says it: a refusal is not tried again in this call. */
export function failureOf(error: unknown): ChannelFailure {
  return new ChannelFailure(describeFailure(error), {
    again: error instanceof TryAgain || passesByItself(error),
    cause: error,
  });
}
