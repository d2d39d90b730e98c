import { approve } from './approve.ts';
import { parseApproveArguments, usage } from './arguments.ts';
import { runCommand } from './command.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  usage,
  parse: parseApproveArguments,
  async run(command, environment) {
    const taken = await approve({ ...command, environment });
    const { gate, incidentId, state, by = 'unknown', decidedAt = 'unknown', question } = taken;
    return (
      `${question}\n\nThe ${gate} of ${incidentId} is ${state}, by ${by} at ${decidedAt}.\n` +
      (state === 'approved' ? 'The automation goes on.\n' : 'Nothing is done, and the automation stops.\n')
    );
  },
});
