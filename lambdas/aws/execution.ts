import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { region } from '../runtime/settings.ts';
import { log } from '../runtime/log.ts';
import { describeFailure } from './api-failure.ts';
import { clientOptions } from './client.ts';

const over: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);

let client: SFNClient | undefined;

/**
 * Whether this execution is known to be over. What cannot be found out is not known, so it counts as running.
 *
 * Step Functions describes executions with a delay, which may show an ended one as running, never the other way.
 */
export async function hasEnded(executionArn: string): Promise<boolean> {
  client ??= new SFNClient(clientOptions(region()));
  try {
    const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
    return status !== undefined && over.has(status);
  } catch (error) {
    log('execution-unknown', { execution: executionArn, failure: describeFailure(error) });
    return false;
  }
}
