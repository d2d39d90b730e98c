import { addEnvironments, createApp } from '../lib/app.ts';
import { environmentNames } from '../lib/config/load.ts';
import { endOnRefusal } from './refusal.ts';

/** What `cdk` runs: `cdk synth -c env=dev`, or all environments. */
endOnRefusal(() => {
  const app = createApp();
  const wanted: unknown = app.node.tryGetContext('env');
  addEnvironments(app, typeof wanted === 'string' ? [wanted] : environmentNames());
  app.synth();
});
