import { InvalidEnvironment, loadEnvironment } from '../lib/config/load.ts';
import { approve } from './approve.ts';
import { parseApproveArguments, usage, UsageError } from './arguments.ts';
import { NotReached, Refused } from './invoke.ts';

/** 0: taken; 1: it does not count; 2: wrong command or environment; 3: AWS could not be asked. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const command = parseApproveArguments(args);
    if (command === null) {
      process.stdout.write(usage);
      return 0;
    }
    const { name, account, sites } = loadEnvironment(command.env);
    const taken = await approve({
      ...command,
      environment: { name, account, region: sites.standby.region },
    });
    const { gate, incidentId, state, by = 'unknown', decidedAt = 'unknown', question } = taken;
    process.stdout.write(
      `${question}\n\nThe ${gate} of ${incidentId} is ${state}, by ${by} at ${decidedAt}.\n` +
        (state === 'approved' ? 'The automation goes on.\n' : 'Nothing is done, and the automation stops.\n'),
    );
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

process.exitCode = await main(process.argv.slice(2));
