import type { Scenario, Severity } from '../lambdas/incident/contract.ts';
import { environmentName, oneOf, pathName, readOptions, scenario as scenarioName } from './options.ts';

export interface PreviewCommand {
  readonly env: string;
  readonly severity: Severity;
  readonly scenario: Scenario;
  /** A directory. */
  readonly out: string;
}

const severities: readonly Severity[] = ['P0', 'P1', 'P2', 'P3'];

export const previewUsage = `usage: npm run preview -- --env NAME|FILE --severity ${severities.join('|')}
                       [--scenario ${scenarioName.allowed.replaceAll(', ', '|')}] [--out DIRECTORY]

  --env       the environment: a name in environments/, or the path of a YAML file
  --severity  of the incident whose messages are shown
  --scenario  what it is about (default site-failure)
  --out       where index.html is written (default preview)

shows every message that an incident of this severity would send, to whom and by which way, on one page; asks nobody
and sends nothing

ends with 0 when it was written, 2 when the command or the environment is wrong
`;

/**
 * Read the command line; null when it asks for help.
 *
 * @throws UsageError with everything that is wrong at once
 */
export function parsePreviewArguments(args: readonly string[]): PreviewCommand | null {
  const options = readOptions(args, ['env', 'severity', 'scenario', 'out']);
  if (options === null) return null;
  const scenario = options.takeIfGiven('scenario', scenarioName);
  const out = options.takeIfGiven('out', pathName);
  const required = options.complete({
    env: options.take('env', environmentName),
    severity: options.take('severity', oneOf(severities)),
  });
  return { ...required, scenario: scenario ?? 'site-failure', out: out ?? 'preview' };
}
