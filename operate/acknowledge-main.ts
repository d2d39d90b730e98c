import { acknowledgeUsage, parseAcknowledgeArguments } from './acknowledge-arguments.ts';
import { acknowledge } from './acknowledge.ts';
import { runCommand } from './command.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  usage: acknowledgeUsage,
  parse: parseAcknowledgeArguments,
  async run(command, environment) {
    const { incident, acknowledged } = await acknowledge({ ...command, environment });
    const { by = 'unknown', at = 'unknown' } = acknowledged ?? {};
    return `The call of ${incident} is taken, by ${by} at ${at}. The others on call are told.\n`;
  },
});
