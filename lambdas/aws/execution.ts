import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { region } from '../runtime/settings.ts';
import { log } from '../runtime/log.ts';
import { describeFailure } from './api-failure.ts';
import { clientOptions } from './client.ts';

/** How an execution is known to have ended. */
export interface End {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  /** Milliseconds since the epoch; null when it is not said. */
  readonly at: number | null;
}

const ends = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;

let client: SFNClient | undefined;

/**
 * How this execution ended; null when it is not known to be over. What cannot be found out is not known, so it
 * counts as running.
 *
 * Step Functions describes executions with a delay, which may show an ended one as running, never the other way.
 */
export async function endOf(executionArn: string): Promise<End | null> {
  client ??= new SFNClient(clientOptions(region()));
  try {
    const { status, stopDate } = await client.send(new DescribeExecutionCommand({ executionArn }));
    const end = ends.find((each) => each === status);
    return end ? { status: end, at: stopDate?.getTime() ?? null } : null;
  } catch (error) {
    log('execution-unknown', { execution: executionArn, failure: describeFailure(error) });
    return null;
  }
}
