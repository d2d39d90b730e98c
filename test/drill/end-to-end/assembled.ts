import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { inject } from 'vitest';
import { type AssembledStack, readAssembly } from '../../../drill/assembly/read.ts';
import { loadEnvironment } from '../../../lib/config/load.ts';
import type { Environment } from '../../../lib/config/schema.ts';

/**
 * The environments as they are, and without their databases: real servers take seconds of every world, and most of
 * what a test asks has nothing to do with them.
 */
const names = [
  'dev',
  'staging',
  'prod',
  'dev with databases',
  'staging with databases',
  'prod with databases',
] as const;

export type EnvironmentName = (typeof names)[number];

export function environmentOf(name: EnvironmentName): Environment {
  const environment = loadEnvironment(name.replace(' with databases', ''));
  return name.endsWith(' with databases') ? environment : { ...environment, databases: [] };
}

export interface Assembled {
  readonly environment: Environment;
  readonly stacks: readonly AssembledStack[];
}

/** Real milliseconds that another file's synthesis may take. */
const patience = 120_000;

/**
 * An environment of `environments/` and its stacks. Test files run in processes of their own: the first one
 * that asks synthesizes, the others wait for it. All of them at once: they share their bundles, and bundling is
 * nearly all of the time.
 */
export async function assembled(name: EnvironmentName): Promise<Assembled> {
  const folder = inject('assemblies');
  const done = path.join(folder, name);
  const failed = path.join(folder, 'failed');
  if (claimed(path.join(folder, 'claim'))) {
    try {
      const { synthesize } = await import('../../../lib/app.ts');
      for (const each of [name, ...names.filter((other) => other !== name)]) {
        renameSync(
          synthesize(environmentOf(each), path.join(folder, `${each}.partial`)),
          path.join(folder, each),
        );
      }
    } catch (error) {
      writeFileSync(failed, '');
      throw error;
    }
  }
  const until = performance.now() + patience;
  while (!existsSync(done)) {
    if (existsSync(failed)) throw new Error(`${name} could not be synthesized; another test file says why`);
    if (performance.now() > until) throw new Error(`${name} was not synthesized within ${patience} ms`);
    await wait(50);
  }
  return { environment: environmentOf(name), stacks: readAssembly(done) };
}

/** Whether this is the first to ask. */
function claimed(at: string): boolean {
  try {
    mkdirSync(at);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
