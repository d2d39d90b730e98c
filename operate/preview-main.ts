import path from 'node:path';
import { runCommand } from './command.ts';
import { parsePreviewArguments, previewUsage } from './preview-arguments.ts';
import { previewHtml } from './preview-page.ts';
import { previewOf } from './preview.ts';
import { writeTo } from './write.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  usage: previewUsage,
  parse: parsePreviewArguments,
  run({ severity, scenario, out }, _, environment) {
    const preview = previewOf(environment, severity, scenario);
    const file = writeTo(path.join(out, 'index.html'), previewHtml(preview));
    const ways = preview.heard.map(
      ({ audience, channel, messages }) => `  ${audience} by ${channel}: ${messages.length}\n`,
    );
    return Promise.resolve(
      `What would be sent in ${environment.name} in a ${severity} is in ${file}\n${ways.join('')}`,
    );
  },
});
