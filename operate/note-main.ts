import { noteUsage, parseNoteArguments } from './acknowledge-arguments.ts';
import { addNote } from './acknowledge.ts';
import { runCommand } from './command.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  usage: noteUsage,
  parse: parseNoteArguments,
  async run(command, environment) {
    const { incident, note } = await addNote({ ...command, environment });
    return `On the record of ${incident}, by ${note?.by ?? 'unknown'} at ${note?.at ?? 'unknown'}.\n`;
  },
});
