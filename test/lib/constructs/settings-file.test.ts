import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { afterAll, expect, it } from 'vitest';
import { TaskFunction } from '../../../lib/constructs/task-function.ts';
import type { Properties } from '../synthesized.ts';

const outdir = mkdtempSync(path.join(tmpdir(), 'lifeboat-settings-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

it('settings that do not fit into a variable travel beside the code', () => {
  const app = new App({ analyticsReporting: false, outdir });
  const stack = new Stack(app, 'stack', { env: { account: '111111111111', region: 'eu-central-1' } });
  const settings = { contacts: Array<string>(200).fill('Somebody, somebody@company.com') };
  new TaskFunction(stack, 'SendNotice', { task: 'send-notice', environmentName: 'dev', settings });
  new TaskFunction(stack, 'CloseIncident', {
    task: 'close-incident',
    environmentName: 'dev',
    settings: { a: 1 },
  });
  // By themselves they would fit; beside another variable they do not.
  const alone = { text: 'x'.repeat(3_900) };
  new TaskFunction(stack, 'OpenIncident', { task: 'open-incident', environmentName: 'dev', settings: alone });
  new TaskFunction(stack, 'WatchData', {
    task: 'watch-data',
    environmentName: 'dev',
    settings: alone,
    variables: { LINKS: 'x'.repeat(200) },
  });
  const { template } = app.synth().getStackByName('stack');
  const { Resources } = template as {
    Resources: Record<string, { Type: string; Properties: Properties }>;
  };
  const of = (task: string) =>
    Object.values(Resources).find(
      ({ Properties: { FunctionName } }) => FunctionName === `lifeboat-dev-${task}`,
    )!;

  expect(of('close-incident').Properties['Environment'].Variables.SETTINGS).toBe('{"a":1}');
  expect(of('open-incident').Properties['Environment'].Variables.SETTINGS).toBe(JSON.stringify(alone));
  expect(of('watch-data').Properties['Environment'].Variables.SETTINGS).toBe('file:settings.json');
  const large = of('send-notice');
  expect(large.Properties['Environment'].Variables.SETTINGS).toBe('file:settings.json');
  const key = large.Properties['Code'].S3Key as string;
  const asset = path.join(outdir, `asset.${path.basename(key, '.zip')}`);
  expect(JSON.parse(readFileSync(path.join(asset, 'settings.json'), 'utf8'))).toEqual(settings);
  expect(readFileSync(path.join(asset, 'index.mjs'), 'utf8')).not.toBe('');
});
