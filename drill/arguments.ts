import { parseArgs } from 'node:util';
import { flakyChannels, type Flaky } from './flaky.ts';
import { parseDuration } from '../lib/config/duration.ts';

/** What a person asked for on the command line. */
export type DrillCommand =
  | { readonly kind: 'list' }
  | { readonly kind: 'help' }
  | {
      readonly kind: 'drill';
      readonly scenario: string;
      readonly environment: string;
      /** Incident seconds per second while everything waits. */
      readonly speed: number;
      readonly out: string;
      readonly plan: boolean;
      /** Seconds that the first gate waits for its answer. */
      readonly holdOpen?: number;
      /** A channel that fails for a share of its requests. */
      readonly flaky?: Flaky;
    };

/** The command line is wrong; the message says what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const defaultSpeed = 20;

export function usage(scenarios: readonly string[]): string {
  return [
    'usage: npm run drill -- [SCENARIO] [--env NAME|FILE] [--speed N] [--out DIR] [--plan] [--hold-open TIME] [--flaky CHANNEL=SHARE]',
    '       npm run drill -- --list',
    '',
    `  SCENARIO   what goes wrong: ${scenarios.join(', ')} (default ${scenarios[0] ?? 'none'})`,
    '  --env      an environment in environments/, or a YAML file (default dev)',
    `  --speed    how much faster than real the waits pass (default ${defaultSpeed}); work is never sped up`,
    '  --out      folder for report.html and report.json (default drill-report)',
    '  --plan     look and decide, change nothing',
    '  --hold-open  how long a person leaves the gate unanswered, such as 90m or 26h; the waits are skipped',
    `  --flaky    a channel that fails so often, such as slack=0.5: ${flakyChannels.join(', ')}`,
    '',
  ].join('\n');
}

/**
 * Understand the command line of `npm run drill`.
 *
 * @throws UsageError naming the argument, what was given and what is allowed
 */
export function parseDrillArguments(args: readonly string[], scenarios: readonly string[]): DrillCommand {
  const { values, positionals } = parse(args);
  if (values.help) return { kind: 'help' };
  if (values.list) return { kind: 'list' };
  const [scenario = scenarios[0] ?? '', ...others] = positionals;
  if (others.length > 0) throw new UsageError(`one scenario at a time: got ${positionals.join(', ')}`);
  if (!scenarios.includes(scenario)) {
    throw new UsageError(`SCENARIO: got ${JSON.stringify(scenario)}, allowed: ${scenarios.join(', ')}`);
  }
  const speed = values.speed === undefined ? defaultSpeed : Number(values.speed);
  if (!(speed >= 1 && speed <= 1e6)) {
    throw new UsageError(`--speed: got ${JSON.stringify(values.speed)}, allowed: a number from 1 to 1000000`);
  }
  return {
    kind: 'drill',
    scenario,
    environment: values.env ?? 'dev',
    speed,
    out: values.out ?? 'drill-report',
    plan: values.plan ?? false,
    ...(values['hold-open'] === undefined ? {} : { holdOpen: holdOpenOf(values['hold-open']) }),
    ...(values.flaky === undefined ? {} : { flaky: flakyOf(values.flaky) }),
  };
}

function flakyOf(given: string): Flaky {
  const [name, text = ''] = given.split('=');
  const channel = flakyChannels.find((each) => each === name);
  const share = Number(text);
  if (!channel || text === '' || !(share > 0 && share <= 1)) {
    throw new UsageError(
      `--flaky: got ${JSON.stringify(given)}, allowed: one of ${flakyChannels.join(', ')}, = and a share above 0, at most 1`,
    );
  }
  return { channel, share };
}

/** Longer than this an incident's machine does not run, with what comes before and after. */
const longestHold = 30 * 60 * 60;

function holdOpenOf(given: string): number {
  const seconds = parseDuration(given);
  if (seconds === undefined || seconds < 30 * 60 || seconds > longestHold) {
    throw new UsageError(`--hold-open: got ${JSON.stringify(given)}, allowed: a time from 30m to 30h`);
  }
  return seconds;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        env: { type: 'string' },
        speed: { type: 'string' },
        out: { type: 'string' },
        plan: { type: 'boolean' },
        'hold-open': { type: 'string' },
        flaky: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
