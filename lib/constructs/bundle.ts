import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';

const root = path.join(import.meta.dirname, '..', '..');

/** Above this a bundle holds something that does not belong into a function. */
const maxBytes = 600 * 1024;

/** What this process has bundled: environments differ in settings, never in code. */
const bundled = new Map<string, string>();

/**
 * The code of a task: one minified ES module with the SDK clients it uses.
 *
 * esbuild runs in this process: CDK's own construct for it starts two processes per function, which is most
 * of the time of a synthesis with fifteen of them. A stack that is not asked for gets the source as it is.
 *
 * @throws Error when the bundle is larger than 600 KiB
 */
export function bundle(scope: Construct, task: string): Code {
  if (!Stack.of(scope).bundlingRequired) return Code.fromAsset(path.join(root, 'lambdas', task));
  const directory = bundled.get(task) ?? path.join(workDirectory(), task);
  if (!bundled.has(task)) {
    mkdirSync(directory);
    build(task, directory);
    bundled.set(task, directory);
  }
  return Code.fromAsset(directory);
}

let work: string | undefined;

/** Kept until the process ends; CDK has copied the code into its assembly by then. */
function workDirectory(): string {
  if (work === undefined) {
    const made = mkdtempSync(path.join(tmpdir(), 'lifeboat-bundles-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    work = made;
  }
  return work;
}

function build(task: string, directory: string): void {
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [path.join('lambdas', task, 'handler.ts')],
    outfile: path.join(directory, 'index.mjs'),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    metafile: true,
    logLevel: 'error',
    // CommonJS parts of the SDK ask for Node's own modules by require.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    // Lambda gives credentials by environment; the SDK's whole chain of other places costs 25 ms of every cold
    // start and a third of the bundle.
    alias: {
      '@aws-sdk/credential-provider-node': path.join(
        root,
        'lambdas',
        'runtime',
        'environment-credentials.ts',
      ),
    },
  });
  for (const { bytes } of Object.values(metafile.outputs)) {
    if (bytes > maxBytes) throw new Error(`bundle of ${task}: ${bytes} bytes, allowed: ${maxBytes}`);
  }
}
