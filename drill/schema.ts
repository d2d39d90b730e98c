import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const environments = path.join(import.meta.dirname, '..', 'environments');

/**
 * The tables of an environment's own application, if it brings them: SQL beside its YAML file, under the same name
 * (`environments/dev.sql`). Undefined: a world uses the sample.
 *
 * @param nameOrFile as given to `--env`
 */
export function schemaOf(nameOrFile: string): string | undefined {
  const isPath = /[./\\]/.test(nameOrFile);
  const file = isPath
    ? path.join(path.dirname(nameOrFile), `${path.parse(nameOrFile).name}.sql`)
    : path.join(environments, `${nameOrFile}.sql`);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
