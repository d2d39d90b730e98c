import { parseArgs } from 'node:util';
import { UsageError } from './arguments.ts';

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
  const { help, env, name, endpoint } = read(args);
  if (help) return null;
  const wrong: string[] = [];
  const expect = (option: string, got: string | undefined, holds: boolean, allowed: string) => {
    if (holds) return;
    wrong.push(
      `--${option}: got ${got === undefined ? 'nothing' : JSON.stringify(got)}, allowed: ${allowed}`,
    );
  };
  expect('env', env, env !== undefined && env !== '', 'the name of an environment, or a file');
  expect(
    'name',
    name,
    name !== undefined && /^[a-z0-9][a-z0-9.-]{0,62}$/.test(name),
    '1 to 63 lower case letters, digits, - and ., the first a letter or digit, such as before-release',
  );
  expect(
    'endpoint',
    endpoint,
    endpoint === undefined || (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)),
    'a URL with http or https',
  );
  if (wrong.length > 0 || env === undefined || name === undefined) throw new UsageError(wrong.join('\n'));
  return { env, name, ...(endpoint === undefined ? {} : { endpoint }) };
}

function read(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const options = { env: text, name: text, endpoint: text, help: { type: 'boolean' } } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
