import path from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

const root = path.join(import.meta.dirname, '..', '..');

/** Above this a bundle holds something that does not belong into a function. */
const maxBytes = 600 * 1024;

/**
 * The code of a task: one minified ES module with the SDK clients it uses.
 *
 * esbuild runs in this process: CDK's own construct for it starts two processes per function, which is most
 * of the time of a synthesis with fifteen of them.
 *
 * @throws Error when the bundle is larger than 600 KiB
 */
export function bundle(task: string): Code {
  return Code.fromAsset(root, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Tells one task's asset from another's, which CDK would otherwise take for the same.
      environment: { TASK: task },
      image: DockerImage.fromRegistry('never-pulled'),
      local: {
        tryBundle(directory) {
          build(task, directory);
          return true;
        },
      },
    },
  });
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
