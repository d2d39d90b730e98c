import type { Scenario } from '../lambdas/incident/contract.ts';
import {
  endpointUrl,
  environmentName,
  incidentId,
  pathName,
  present,
  readOptions,
  scenario as scenarioName,
} from './options.ts';

export interface ChecklistCommand {
  readonly env: string;
  /** Of an empty one; default site-failure. */
  readonly scenario?: Scenario;
  /** To tick it from; absent: it is empty, and nothing is asked of AWS. */
  readonly incident?: string;
  readonly out?: string;
  readonly endpoint?: string;
}

export const checklistUsage = `usage: npm run checklist -- --env NAME|FILE [--scenario ${scenarioName.allowed.replaceAll(', ', '|')}]
                         [--incident ID] [--out FILE] [--endpoint URL]

  --env       the environment: a name in environments/, or the path of a YAML file
  --scenario  of which kind of trouble (default that of the incident, else site-failure)
  --incident  tick it as far as the record of this incident shows it (default an empty one, made offline)
  --out       write it to this file (default it is printed)
  --endpoint  with --incident: instead of AWS's own (default AWS_ENDPOINT_URL)

ends with 0 when it was made, 1 when there is no such incident, 2 when the command or the environment is wrong,
3 when AWS could not be asked
`;

/**
 * Read the command line; null when it asks for help.
 *
 * @throws UsageError with everything that is wrong at once
 */
export function parseChecklistArguments(args: readonly string[]): ChecklistCommand | null {
  const options = readOptions(args, ['env', 'scenario', 'incident', 'out', 'endpoint']);
  if (options === null) return null;
  const scenario = options.takeIfGiven('scenario', scenarioName);
  const incident = options.takeIfGiven('incident', incidentId);
  const out = options.takeIfGiven('out', pathName);
  const endpoint = options.takeIfGiven('endpoint', endpointUrl);
  const required = options.complete({ env: options.take('env', environmentName) });
  return { ...required, ...present({ scenario, incident, out, endpoint }) };
}
