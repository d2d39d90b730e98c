import { App, type AppProps, Stage, Tags } from 'aws-cdk-lib';
import type { Environment } from './config/schema.ts';
import { detectionRegion } from './names.ts';
import { DetectionStack } from './stacks/detection.ts';
import { ProtectionStack } from './stacks/protection.ts';
import { RecoveryStack } from './stacks/recovery.ts';

/**
 * One environment as a stage: three stacks in three regions, with no reference from one to another.
 *
 * Detection comes after recovery, because its switch watches an alarm of it by name.
 */
export function addEnvironment(app: App, environment: Environment): Stage {
  const { account, sites } = environment;
  const stage = new Stage(app, environment.name);
  const inRegion = (region: string, part: string) => ({
    stackName: `lifeboat-${environment.name}-${part}`,
    env: { account, region },
    crossRegionReferences: false,
    terminationProtection: environment.name.startsWith('prod'),
  });
  const recovery = new RecoveryStack(
    stage,
    'recovery',
    environment,
    inRegion(sites.standby.region, 'recovery'),
  );
  const detection = new DetectionStack(
    stage,
    'detection',
    environment,
    inRegion(detectionRegion, 'detection'),
  );
  detection.addStackDependency(recovery, 'the switch watches an alarm of the recovery stack');
  new ProtectionStack(stage, 'protection', environment, inRegion(sites.primary.region, 'protection'));
  Tags.of(stage).add('lifeboat:environment', environment.name);
  return stage;
}

/** Synthesize one environment; the directory of its assembly. */
export function synthesize(environment: Environment, outdir: string, props: AppProps = {}): string {
  const app = new App({ ...props, outdir, analyticsReporting: false });
  addEnvironment(app, environment);
  return app.synth().directory;
}
