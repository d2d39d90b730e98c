import { InvalidEnvironment, loadEnvironment } from '../lib/config/load.ts';
import { UsageError } from './arguments.ts';
import { NotReached, Refused } from './invoke.ts';
import { parseSnapshotArguments, snapshotUsage } from './snapshot-arguments.ts';
import { snapshot } from './snapshot.ts';

/** 0: it is there; 1: refused; 2: wrong command or environment; 3: AWS could not be asked. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const command = parseSnapshotArguments(args);
    if (command === null) {
      process.stdout.write(snapshotUsage);
      return 0;
    }
    const { name, account, sites } = loadEnvironment(command.env);
    const environment = { name, account, region: sites.standby.region };
    const { summary, key } = await snapshot({ ...command, environment });
    process.stdout.write(
      `${summary} (${key} in the exports bucket)\n` +
        `To go back to it: start incident with {"scenario":"configuration-loss","snapshot":"${command.name}"}\n`,
    );
    return 0;
  } catch (error) {
    const code = exitCode(error);
    if (code === undefined) throw error;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${snapshotUsage}`);
    return code;
  }
}

function exitCode(error: unknown): number | undefined {
  if (error instanceof UsageError || error instanceof InvalidEnvironment) return 2;
  if (error instanceof Refused) return error.because === 'InvalidInput' ? 2 : 1;
  return error instanceof NotReached ? 3 : undefined;
}

process.exitCode = await main(process.argv.slice(2));
