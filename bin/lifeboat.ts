import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { addEnvironment } from '../lib/app.ts';
import { environmentNames, InvalidEnvironment, loadEnvironment } from '../lib/config/load.ts';

const app = new App({ analyticsReporting: false });
const wanted: unknown = app.node.tryGetContext('env');
try {
  const chosen = typeof wanted === 'string' ? [wanted] : environmentNames();
  for (const name of chosen) addEnvironment(app, loadEnvironment(name));
} catch (error) {
  if (!(error instanceof InvalidEnvironment)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
