import { parseArgs } from 'node:util';
import { addEnvironments, createApp } from '../lib/app.ts';
import { environmentNames } from '../lib/config/load.ts';
import { endOnRefusal } from './refusal.ts';

const usage = `usage: npm run synth -- [--env NAME|FILE] [--out DIR]

  --env   one environment (default: all of ${environmentNames().join(', ')})
  --out   folder of the assembly (default cdk.out)
`;

function options() {
  try {
    return parseArgs({
      options: { env: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean' } },
    }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

const { env, out = 'cdk.out', help } = options();
if (help) {
  process.stdout.write(usage);
} else {
  const assembly = endOnRefusal(() => {
    const app = createApp({ outdir: out });
    addEnvironments(app, env === undefined ? environmentNames() : [env]);
    return app.synth();
  });
  for (const { environment, stackName, templateFullPath } of assembly.stacksRecursively) {
    process.stdout.write(`${environment.region.padEnd(15)} ${stackName}  ${templateFullPath}\n`);
  }
}
