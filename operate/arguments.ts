import type { Gate } from '../lambdas/request-approval/contract.ts';
import {
  endpointUrl,
  environmentName,
  incidentId,
  lineUpTo,
  oneOf,
  present,
  readOptions,
} from './options.ts';

export interface ApproveCommand {
  readonly env: string;
  readonly incident: string;
  readonly gate?: Gate;
  readonly decision: 'approve' | 'reject';
  readonly reason: string;
  readonly endpoint?: string;
}

const gates: readonly Gate[] = ['promotion', 'restore', 'configuration', 'hardware'];
const decisions = ['approve', 'reject'] as const;

export const usage = `usage: npm run approve -- --env NAME|FILE --incident ID --decision approve|reject --reason TEXT
                      [--gate ${gates.join('|')}] [--endpoint URL]

  --env       the environment: a name in environments/, or the path of a YAML file
  --incident  as the message that asked says it
  --decision  approve or reject
  --reason    one line, 1 to 500 characters: it goes on the record of the incident, with who you are
  --gate      which question, when several are open (default the one that is)
  --endpoint  instead of AWS's own (default AWS_ENDPOINT_URL)

ends with 0 when the answer was taken, 1 when it does not count, 2 when the command or the environment is wrong,
3 when AWS could not be asked
`;

/**
 * Read the command line; null when it asks for help.
 *
 * @throws UsageError with everything that is wrong at once
 */
export function parseApproveArguments(args: readonly string[]): ApproveCommand | null {
  const options = readOptions(args, ['env', 'incident', 'gate', 'decision', 'reason', 'endpoint']);
  if (options === null) return null;
  const gate = options.takeIfGiven('gate', oneOf(gates));
  const endpoint = options.takeIfGiven('endpoint', endpointUrl);
  const required = options.complete({
    env: options.take('env', environmentName),
    incident: options.take('incident', incidentId),
    decision: options.take('decision', oneOf(decisions)),
    reason: options.take('reason', lineUpTo(500)),
  });
  return { ...required, ...present({ gate, endpoint }) };
}
