import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { TryAgain } from '../incident/errors.ts';
import { region } from '../runtime/settings.ts';
import { describeFailure, failureName, passesByItself } from './api-failure.ts';
import { withBackoff } from './backoff.ts';
import { clientOptions } from './client.ts';

/** Nobody waits with this token any more (API reference of SendTaskSuccess). */
const gone: ReadonlySet<string> = new Set(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']);

let client: SFNClient | undefined;

/**
 * Give a waiting state its result.
 *
 * The client tries once, and this counts the tries: a token that is gone at the first one was gone before, while
 * after a try whose answer was lost it may be this very result that has used it up.
 *
 * @returns `taken`; `gone` when nobody waits; `perhaps` when nobody waits after a try that may have come through
 * @throws TryAgain when Step Functions does not answer
 */
export async function succeedTask(taskToken: string, output: unknown): Promise<'taken' | 'gone' | 'perhaps'> {
  client ??= new SFNClient({ ...clientOptions(region()), maxAttempts: 1 });
  const sfn = client;
  let tries = 0;
  try {
    return await withBackoff(
      async () => {
        tries += 1;
        try {
          await sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
          return 'taken';
        } catch (error) {
          if (!gone.has(failureName(error))) throw error;
          return tries === 1 ? 'gone' : 'perhaps';
        }
      },
      { attempts: 3, baseMs: 200, capMs: 1_000, again: passesByItself },
    );
  } catch (error) {
    if (!passesByItself(error)) throw error;
    throw new TryAgain(`the waiting state could not be told: ${describeFailure(error)}`, { cause: error });
  }
}
