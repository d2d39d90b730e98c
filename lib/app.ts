import { App, type AppProps, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Construct } from 'constructs';
import { loadEnvironment } from './config/load.ts';
import type { Environment } from './config/schema.ts';
import { detectionRegion } from './names.ts';
import { DetectionStack } from './stacks/detection.ts';
import { ProtectionStack } from './stacks/protection.ts';
import { RecoveryStack } from './stacks/recovery.ts';
import { watchedApart, WatchStack } from './stacks/watch.ts';

/** Here rather than in cdk.json, which only the CLI reads: every way to synthesize gives the same templates. */
const featureFlags = {
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/core:validateSnapshotRemovalPolicy': true,
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  '@aws-cdk/core:annotationsInValidationReport': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-lambda:useCdkManagedLogGroup': true,
  '@aws-cdk/aws-s3:publicAccessBlockedByDefault': true,
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
};

/**
 * An app whose synthesis fails on a finding of cdk-nag, or of CDK's own check of the templates, that nobody
 * has acknowledged beside the construct.
 */
export function createApp(props: AppProps = {}): App {
  const app = new App({
    ...props,
    analyticsReporting: false,
    context: { ...featureFlags, ...props.context },
  });
  // On the app, once, and not on each stage: the checks walk the whole tree of constructs themselves.
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

/**
 * One environment: three stacks in three regions, and a fourth for the alarms of many databases, with no reference from
 * one to another.
 *
 * Not a CDK stage, whose stacks `cdk deploy` does not find without their path.
 * Detection comes after recovery, because its switch watches an alarm of it by name.
 */
export function addEnvironment(app: App, environment: Environment): void {
  const { account, sites } = environment;
  const parent = new Construct(app, environment.name);
  const inRegion = (region: string, part: string) => ({
    stackName: `lifeboat-${environment.name}-${part}`,
    env: { account, region },
    crossRegionReferences: false,
    // A hundred databases come close to the megabyte that CloudFormation takes.
    suppressTemplateIndentation: true,
    terminationProtection: environment.name.startsWith('prod'),
  });
  const recovery = new RecoveryStack(
    parent,
    'recovery',
    environment,
    inRegion(sites.standby.region, 'recovery'),
  );
  const detection = new DetectionStack(
    parent,
    'detection',
    environment,
    inRegion(detectionRegion, 'detection'),
  );
  detection.addStackDependency(recovery, 'the switch watches an alarm of the recovery stack');
  if (watchedApart(environment)) {
    const watch = new WatchStack(parent, 'watch', environment, inRegion(sites.standby.region, 'watch'));
    watch.addStackDependency(recovery, 'its alarms tell the topic of the recovery stack');
  }
  const protection = new ProtectionStack(
    parent,
    'protection',
    environment,
    inRegion(sites.primary.region, 'protection'),
  );
  protection.addStackDependency(
    recovery,
    'the configuration is replicated into a bucket of the recovery stack',
  );
  Tags.of(parent).add('lifeboat:environment', environment.name);
}

/** Every named environment (or environment file) in the app. @throws InvalidEnvironment */
export function addEnvironments(app: App, names: readonly string[]): void {
  for (const name of names) addEnvironment(app, loadEnvironment(name));
}

/** Synthesize one environment; the directory of its assembly. */
export function synthesize(environment: Environment, outdir: string, props: AppProps = {}): string {
  const app = createApp({ ...props, outdir });
  addEnvironment(app, environment);
  return app.synth().directory;
}
