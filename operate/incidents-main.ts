import { runCommand } from './command.ts';
import { incidentsUsage, parseIncidentsArguments } from './incidents-arguments.ts';
import { listIncidents, showIncident } from './incidents.ts';
import { writeTo } from './write.ts';

process.exitCode = await runCommand(process.argv.slice(2), {
  usage: incidentsUsage,
  parse: parseIncidentsArguments,
  async run({ show, html, json, ...command }, _, environment) {
    const asked = { ...command, environment, now: Date.now() };
    if (show === undefined) return listIncidents(asked);
    if (html === undefined) return showIncident({ ...asked, id: show, as: json ? 'json' : 'markdown' });
    const page = await showIncident({ ...asked, id: show, as: 'html' });
    return `The report of ${show} is in ${writeTo(html, page)}\n`;
  },
});
