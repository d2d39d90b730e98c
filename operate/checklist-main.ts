import { checklistUsage, parseChecklistArguments } from './checklist-arguments.ts';
import { checklist } from './checklist.ts';
import { runCommand } from './command.ts';
import { writeTo } from './write.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  usage: checklistUsage,
  parse: parseChecklistArguments,
  async run({ out, ...command }, _, environment) {
    const made = await checklist({ ...command, environment });
    return out === undefined ? made : `The checklist is in ${writeTo(out, made)}\n`;
  },
});
