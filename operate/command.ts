import { InvalidEnvironment, loadEnvironment } from '../lib/config/load.ts';
import type { Environment } from '../lib/config/schema.ts';
import { NotReached, Refused, type Deployed } from './invoke.ts';
import { UsageError } from './options.ts';

/** What an operator types, from its options to how it ends. */
interface Command<Options> {
  readonly usage: string;
  /** Null when it asks for help. */
  readonly parse: (args: readonly string[]) => Options | null;
  /** What to say when it worked. */
  readonly run: (options: Options, environment: Deployed, file: Environment) => Promise<string>;
}

/**
 * Run a command and answer its exit code. 0: done; 1: refused; 2: wrong command or environment; 3: AWS could not be
 * asked. Why goes to stderr.
 */
export async function runCommand<Options extends { readonly env: string }>(
  args: readonly string[],
  { usage, parse, run }: Command<Options>,
): Promise<number> {
  try {
    const options = parse(args);
    if (options === null) {
      process.stdout.write(usage);
      return 0;
    }
    const file = loadEnvironment(options.env);
    const { name, account, sites } = file;
    process.stdout.write(await run(options, { name, account, region: sites.standby.region }, file));
    return 0;
  } catch (error) {
    const code = exitCode(error);
    if (code === undefined) throw error;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${usage}`);
    return code;
  }
}

function exitCode(error: unknown): number | undefined {
  if (error instanceof UsageError || error instanceof InvalidEnvironment) return 2;
  if (error instanceof Refused) return error.because === 'InvalidInput' ? 2 : 1;
  return error instanceof NotReached ? 3 : undefined;
}
