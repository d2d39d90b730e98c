import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { lightBuiltins } from './light-builtins.ts';

const root = path.join(import.meta.dirname, '..', '..');
const tasks = path.join(root, 'lambdas');

/** Above this a bundle holds something that does not belong into a function. */
const maxBytes = 600 * 1024;

/**
 * The code of a task: one minified ES module with the SDK clients it uses.
 *
 * esbuild runs once, in this process, for all tasks: CDK's own construct for it starts two processes per
 * function, which is most of the time of a synthesis with fifteen of them. A stack that is not asked for gets
 * the source as it is.
 *
 * @param settings what goes beside the code as `settings.json`
 * @throws Error when the bundle is larger than 600 KiB, or when there is none of the task
 */
export function bundle(scope: Construct, task: string, settings?: string): Code {
  if (!existsSync(path.join(tasks, task, 'handler.ts'))) {
    throw new Error(`bundle of ${task}: there is no lambdas/${task}/handler.ts`);
  }
  if (!Stack.of(scope).bundlingRequired) return Code.fromAsset(path.join(tasks, task));
  const built = path.join(bundles(), task);
  if (settings === undefined) return Code.fromAsset(built);
  const directory = mkdtempSync(path.join(bundles(), `${task}-with-settings-`));
  cpSync(built, directory, { recursive: true });
  writeFileSync(path.join(directory, settingsFile), settings);
  return Code.fromAsset(directory);
}

/** Beside the code of a function whose settings are too large for its variables. */
export const settingsFile = 'settings.json';

let built: string | undefined;

/**
 * What this process has bundled: environments differ in settings, never in code. Kept until the process ends;
 * CDK has copied the code into its assembly by then.
 */
function bundles(): string {
  if (built === undefined) {
    const directory = mkdtempSync(path.join(tmpdir(), 'lifeboat-bundles-'));
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
    build(directory);
    built = directory;
  }
  return built;
}

/** What a task imports, and what takes its place because a cold start pays for it and a function never uses it. */
function replacements(): Record<string, string> {
  const ours = (file: string) => path.join(tasks, 'runtime', file);
  return {
    ...lightBuiltins(),
    // Lambda gives credentials by environment; the SDK's whole chain of other places costs 25 ms of every cold
    // start and a third of the bundle.
    '@aws-sdk/credential-provider-node': ours('environment-credentials.ts'),
    '@smithy/core/event-streams': ours('no-event-streams.ts'),
    // The driver of PostgreSQL looks for a faster one in C, which no bundle can hold.
    'pg-native': ours('no-native-driver.ts'),
    'fs/promises': ours('no-files.ts'),
    'node:fs/promises': ours('no-files.ts'),
  };
}

function build(directory: string): void {
  const handlers = readdirSync(tasks).filter((task) => existsSync(path.join(tasks, task, 'handler.ts')));
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      handlers.map((task) => [`${task}/index`, path.join('lambdas', task, 'handler.ts')]),
    ),
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    metafile: true,
    logLevel: 'error',
    alias: replacements(),
  });
  for (const [file, { bytes, imports }] of Object.entries(metafile.outputs)) {
    const task = path.basename(path.dirname(file));
    if (bytes > maxBytes) throw new Error(`bundle of ${task}: ${bytes} bytes, allowed: ${maxBytes}`);
    const [outside] = imports;
    if (outside) throw new Error(`bundle of ${task}: ${outside.path} is left to be imported at run time`);
  }
}
