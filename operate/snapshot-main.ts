import { runCommand } from './command.ts';
import { parseSnapshotArguments, snapshotUsage } from './snapshot-arguments.ts';
import { snapshot } from './snapshot.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  usage: snapshotUsage,
  parse: parseSnapshotArguments,
  async run(command, environment) {
    const { summary, key } = await snapshot({ ...command, environment });
    return (
      `${summary} (${key} in the exports bucket)\n` +
      `To go back to it: start incident with {"scenario":"configuration-loss","snapshot":"${command.name}"}\n`
    );
  },
});
