import { endpointUrl, environmentName, present, readOptions } from './options.ts';

export interface SnapshotCommand {
  readonly env: string;
  readonly name: string;
  readonly endpoint?: string;
}

export const snapshotUsage = `usage: npm run snapshot -- --env NAME|FILE --name NAME [--endpoint URL]

  --env       the environment: a name in environments/, or the path of a YAML file
  --name      1 to 63 lower case letters, digits, - and ., the first a letter or digit: before-release
  --endpoint  instead of AWS's own (default AWS_ENDPOINT_URL)

keeps the ConfigMaps, the Secrets and the deployments of the site that users are on; to go back to them, start
incident with {"scenario":"configuration-loss","snapshot":"before-release"}

ends with 0 when there is a snapshot of that name, 1 when it was refused, 2 when the command or the environment is
wrong, 3 when AWS could not be asked
`;

/**
 * Read the command line; null when it asks for help.
 *
 * @throws UsageError with everything that is wrong at once
 */
export function parseSnapshotArguments(args: readonly string[]): SnapshotCommand | null {
  const options = readOptions(args, ['env', 'name', 'endpoint']);
  if (options === null) return null;
  const endpoint = options.takeIfGiven('endpoint', endpointUrl);
  const required = options.complete({
    env: options.take('env', environmentName),
    name: options.take('name', snapshotName),
  });
  return { ...required, ...present({ endpoint }) };
}

const snapshotName = {
  read: (given: string | undefined) =>
    given !== undefined && /^[a-z0-9][a-z0-9.-]{0,62}$/.test(given) ? given : undefined,
  allowed: '1 to 63 lower case letters, digits, - and ., the first a letter or digit, such as before-release',
};
