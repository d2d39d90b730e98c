import { parseArgs } from 'node:util';
import type { Gate } from '../lambdas/request-approval/contract.ts';

/** A command that was mistyped; the message names each argument, what was got and what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

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
  const { help, ...given } = read(args);
  if (help) return null;
  const wrong: string[] = [];
  const expect = <T>(name: string, value: T | undefined, allowed: string): T | undefined => {
    const got = given[name as keyof typeof given];
    if (value === undefined) {
      wrong.push(
        `--${name}: got ${got === undefined ? 'nothing' : JSON.stringify(got)}, allowed: ${allowed}`,
      );
    }
    return value;
  };
  const env = expect(
    'env',
    given.env === '' ? undefined : given.env,
    'the name of an environment, or a file',
  );
  const incident = expect(
    'incident',
    matching(given.incident, /^[a-zA-Z0-9][\w-]{0,99}$/),
    'the id of an incident such as dev-20261123T040012-site-failure',
  );
  const decision = expect(
    'decision',
    decisions.find((each) => each === given.decision),
    decisions.join(', '),
  );
  const reason = expect(
    'reason',
    matching(given.reason?.trim(), /^[^\p{Cc}\u2028\u2029]{1,500}$/u),
    'one line of text, 1 to 500 characters',
  );
  const gate =
    given.gate === undefined
      ? undefined
      : expect(
          'gate',
          gates.find((each) => each === given.gate),
          gates.join(', '),
        );
  const endpoint =
    given.endpoint === undefined
      ? undefined
      : expect('endpoint', isUrl(given.endpoint) ? given.endpoint : undefined, 'a URL with http or https');
  if (wrong.length > 0 || !env || !incident || !decision || !reason) throw new UsageError(wrong.join('\n'));
  return {
    env,
    incident,
    decision,
    reason,
    ...(gate === undefined ? {} : { gate }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

function read(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        env: text,
        incident: text,
        gate: text,
        decision: text,
        reason: text,
        endpoint: text,
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function matching(value: string | undefined, pattern: RegExp): string | undefined {
  return value !== undefined && pattern.test(value) ? value : undefined;
}

function isUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
