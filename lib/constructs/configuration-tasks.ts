import { Construct } from 'constructs';
import type { Settings as ApplyObjects } from '../../lambdas/apply-objects/contract.ts';
import type { Settings as AssessConfiguration } from '../../lambdas/assess-configuration/contract.ts';
import type { Settings as CompareSites } from '../../lambdas/compare-sites/contract.ts';
import type { BucketSettings } from '../../lambdas/configuration/contract.ts';
import type { Settings as DecideConfiguration } from '../../lambdas/decide-configuration/contract.ts';
import type { Settings as FinishConfiguration } from '../../lambdas/finish-configuration/contract.ts';
import type { Settings as PlanObjects } from '../../lambdas/plan-objects/contract.ts';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';
import { acknowledge } from './acknowledge.ts';
import { usesExports } from './exports-bucket.ts';
import { grantMetrics } from './grants.ts';
import type { Ledger } from './ledger.ts';
import type { TaskFunction } from './task-function.ts';
import { taskMaker } from './task-maker.ts';
import { workloadsOf } from './workload-tasks.ts';

interface ConfigurationTasksProps {
  readonly environment: Environment;
  readonly ledger: Ledger;
}

/** What a function that streams a bucket keeps of its 300 s for its last page and its place, seconds. */
const slice = { timeout: 300, seconds: 220 };

/**
 * Calls of one chunk that are under way at once. Four chunks run side by side, and S3 takes 3,500 writes a second of
 * one prefix (S3 user guide, "Best practices design patterns"): with 60 ms a copy that is about 2,700.
 */
const concurrency = 40;

/** The tasks that restore the configuration, with their settings, and with just what each needs granted. */
export class ConfigurationTasks extends Construct {
  readonly assessConfiguration: TaskFunction<AssessConfiguration>;
  readonly planObjects: TaskFunction<PlanObjects>;
  readonly decideConfiguration: TaskFunction<DecideConfiguration>;
  readonly applyObjects: TaskFunction<ApplyObjects>;
  readonly finishConfiguration: TaskFunction<FinishConfiguration>;
  readonly compareSites: TaskFunction<CompareSites>;

  constructor(scope: Construct, id: string, { environment, ledger }: ConfigurationTasksProps) {
    super(scope, id);
    const named = names(environment);
    const { region } = environment.sites.standby;
    const { configuration, gates } = environment;
    const buckets = bucketsOf(environment);
    const common = { environment: environment.name, ledgerBucket: ledger.bucketName };
    const objects = { ...common, ledgerRegion: region, buckets };
    const task = taskMaker(this, environment);

    this.assessConfiguration = task<AssessConfiguration>('assess-configuration', {
      ...common,
      exportsBucket: named.exportsBucket,
      region,
      buckets: buckets.map(({ name }) => name),
      restart: workloadsOf(environment).filter(
        ({ name }) => configuration.restart.length === 0 || configuration.restart.includes(name),
      ),
    });
    ledger.grant(this.assessConfiguration, ['lock', 'switch', 'watch'], ['configuration', 'incidents']);
    usesExports(this.assessConfiguration, environment, 'read');

    this.planObjects = task<PlanObjects>(
      'plan-objects',
      { ...objects, sliceSeconds: slice.seconds },
      { timeout: slice.timeout },
    );
    ledger.grant(this.planObjects, ['lock'], ['restores', 'incidents']);
    readsVersions(this.planObjects, environment);

    this.decideConfiguration = task<DecideConfiguration>('decide-configuration', {
      ...common,
      limits: configuration.limits,
      always: gates.restore === 'always',
      approvalSeconds: gates.timeout,
    });
    ledger.grant(this.decideConfiguration, [], ['incidents']);

    this.applyObjects = task<ApplyObjects>(
      'apply-objects',
      { ...objects, concurrency, sliceSeconds: slice.seconds },
      { timeout: slice.timeout },
    );
    ledger.grant(this.applyObjects, ['lock'], ['restores', 'incidents']);
    readsVersions(this.applyObjects, environment);
    writesVersions(this.applyObjects, environment);

    this.finishConfiguration = task<FinishConfiguration>(
      'finish-configuration',
      { ...common, ledgerRegion: region },
      { timeout: 50 },
    );
    ledger.grant(this.finishConfiguration, ['lock', 'restores'], ['configuration', 'incidents']);

    this.compareSites = task<CompareSites>(
      'compare-sites',
      { ...common, region, exportsBucket: named.exportsBucket, buckets, differs: configuration.differs },
      { timeout: slice.timeout },
    );
    ledger.grant(this.compareSites, ['exports'], ['drift']);
    usesExports(this.compareSites, environment, 'read');
    const listed = buckets.flatMap(({ places }) =>
      Object.values(places).map(({ bucket }) => `arn:aws:s3:::${bucket}`),
    );
    if (listed.length > 0) this.compareSites.allow(['s3:ListBucketVersions'], listed);
    grantMetrics(this.compareSites);
  }
}

/** The buckets of an environment, as its tasks are told of them. */
function bucketsOf({ configuration, sites }: Environment): readonly BucketSettings[] {
  return configuration.buckets.map(({ name, primary, standby, prefixes }) => ({
    name,
    places: {
      primary: { region: sites.primary.region, bucket: primary },
      ...(standby === undefined ? {} : { standby: { region: sites.standby.region, bucket: standby } }),
    },
    prefixes,
  }));
}

/** Buckets by their ARN, with the keys of the environment's prefixes in them, and no others. */
function placesOf({ configuration }: Environment): {
  readonly buckets: readonly string[];
  readonly objects: readonly string[];
} {
  const places = configuration.buckets.flatMap(({ primary, standby, prefixes }) =>
    [primary, ...(standby === undefined ? [] : [standby])].map((bucket) => ({ bucket, prefixes })),
  );
  return {
    buckets: places.map(({ bucket }) => `arn:aws:s3:::${bucket}`),
    objects: places.flatMap(({ bucket, prefixes }) =>
      prefixes.map((prefix) => `arn:aws:s3:::${bucket}/${prefix}*`),
    ),
  };
}

function allowObjects(
  task: TaskFunction<unknown>,
  actions: readonly string[],
  objects: readonly string[],
): void {
  task.allow(actions, objects);
  for (const object of objects) {
    acknowledge(
      task.role,
      `AwsSolutions-IAM5[Resource::${object}]`,
      'The keys under one prefix of the environment',
    );
  }
}

function readsVersions(task: TaskFunction<unknown>, environment: Environment): void {
  const { buckets, objects } = placesOf(environment);
  if (buckets.length === 0) return;
  task.allow(['s3:ListBucketVersions', 's3:ListBucket', 's3:GetBucketVersioning'], buckets);
  allowObjects(
    task,
    ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectTagging', 's3:GetObjectVersionTagging'],
    objects,
  );
  usesKeys(task, environment, ['kms:Decrypt']);
}

/** New versions and markers; a version is never deleted. */
function writesVersions(task: TaskFunction<unknown>, environment: Environment): void {
  const { objects } = placesOf(environment);
  if (objects.length === 0) return;
  allowObjects(
    task,
    [
      's3:PutObject',
      's3:PutObjectTagging',
      's3:DeleteObject',
      's3:AbortMultipartUpload',
      's3:ListMultipartUploadParts',
    ],
    objects,
  );
  usesKeys(task, environment, ['kms:GenerateDataKey']);
}

/** Of buckets that are encrypted with keys of their owner. */
function usesKeys(
  task: TaskFunction<unknown>,
  { configuration }: Environment,
  actions: readonly string[],
): void {
  const keys = [...new Set(configuration.buckets.flatMap(({ keyArns }) => keyArns))];
  if (keys.length > 0) task.allow(actions, keys);
}
