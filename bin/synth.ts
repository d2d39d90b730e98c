import { parseArgs } from 'node:util';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { addEnvironment } from '../lib/app.ts';
import { environmentNames, InvalidEnvironment, loadEnvironment } from '../lib/config/load.ts';

const usage = `usage: npm run synth -- [--env NAME|FILE] [--out DIR]

  --env   one environment (default: all of ${environmentNames().join(', ')})
  --out   folder of the assembly (default cdk.out)
`;

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      options: { env: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean' } },
    }).values;
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

const { env, out = 'cdk.out', help } = options();
if (help) {
  process.stdout.write(usage);
} else {
  const app = new App({ outdir: out, analyticsReporting: false });
  try {
    const chosen = env === undefined ? environmentNames() : [env];
    for (const name of chosen) addEnvironment(app, loadEnvironment(name));
  } catch (error) {
    if (!(error instanceof InvalidEnvironment)) throw error;
    refuse(error.message);
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { stages } = { stages: app.synth().nestedAssemblies };
  for (const { nestedAssembly } of stages) {
    for (const stack of nestedAssembly.stacksRecursively) {
      process.stdout.write(
        `${stack.environment.region.padEnd(15)} ${stack.stackName}  ${stack.templateFullPath}\n`,
      );
    }
  }
}
