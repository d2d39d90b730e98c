import { Construct } from 'constructs';
import type { Settings as CollectEvidence } from '../../lambdas/collect-evidence/contract.ts';
import type { Settings as ExportObjects } from '../../lambdas/export-objects/contract.ts';
import type { Site } from '../../lambdas/incident/contract.ts';
import type { Settings as RestartWorkloads } from '../../lambdas/restart-workloads/contract.ts';
import type { Settings as RestoreObjects } from '../../lambdas/restore-objects/contract.ts';
import type { Settings as SurveyWorkloads } from '../../lambdas/survey-workloads/contract.ts';
import type { WorkloadSettings } from '../../lambdas/workloads/contract.ts';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';
import { usesExports } from './exports-bucket.ts';
import { grantCluster } from './grants.ts';
import { KubernetesAccess } from './kubernetes-access.ts';
import { grantLedger } from './ledger.ts';
import type { TaskFunction } from './task-function.ts';
import { taskMaker } from './task-maker.ts';

/** Bound to nodes get and list by docs/kubernetes-access.yaml, which the cluster's owner applies. */
const nodeReaders = 'lifeboat-node-readers';

interface WorkloadTasksProps {
  readonly environment: Environment;
  readonly site: Site;
}

/** The functions of a site that look at its workloads, restart them, and export and restore what they are configured by. */
export class WorkloadTasks extends Construct {
  readonly surveyWorkloads: TaskFunction<SurveyWorkloads>;
  readonly collectEvidence: TaskFunction<CollectEvidence>;
  readonly restartWorkloads: TaskFunction<RestartWorkloads>;
  readonly exportObjects: TaskFunction<ExportObjects>;
  readonly restoreObjects: TaskFunction<RestoreObjects>;

  constructor(scope: Construct, id: string, { environment, site }: WorkloadTasksProps) {
    super(scope, id);
    const named = names(environment);
    const { region, cluster } = environment.sites[site];
    const { namespace } = cluster;
    const place = { region, name: cluster.name, namespace };
    const ledger = { ledgerBucket: named.ledgerBucket, ledgerRegion: environment.sites.standby.region };
    const common = { environment: environment.name, site };
    const make = taskMaker(this, environment);
    // call-site waits for 45 s.
    const task = <Settings>(folder: string, settings: Settings) =>
      make(folder, settings, {
        timeout: 40,
        vpc: cluster.vpc,
        roleName: named.siteRole(folder, site),
      });
    const workloads = { ...place, deployments: workloadsOf(environment) };

    this.surveyWorkloads = task<SurveyWorkloads>('survey-workloads', { ...common, cluster: workloads });
    this.collectEvidence = task<CollectEvidence>('collect-evidence', {
      ...common,
      ...ledger,
      cluster: workloads,
      logLines: 200,
      logBytes: 64 * 1024,
    });
    grantLedger(this.collectEvidence, named.ledgerBucket, [], ['evidence', 'incidents']);
    this.restartWorkloads = task<RestartWorkloads>('restart-workloads', {
      ...common,
      ...ledger,
      cluster: workloads,
    });
    grantLedger(this.restartWorkloads, named.ledgerBucket, ['lock'], ['incidents']);

    const exports = {
      ...common,
      ...ledger,
      exportsBucket: named.exportsBucket,
      exportsRegion: environment.sites.standby.region,
      cluster: place,
      exclude: environment.configuration.exclude,
    };
    this.exportObjects = task<ExportObjects>('export-objects', {
      ...exports,
      deployments: environment.sites.standby.deployments.map(({ name }) => name),
    });
    grantLedger(this.exportObjects, named.ledgerBucket, [], ['exports']);
    usesExports(this.exportObjects, environment, 'write');
    this.restoreObjects = task<RestoreObjects>('restore-objects', exports);
    grantLedger(this.restoreObjects, named.ledgerBucket, ['lock'], ['restores', 'incidents']);
    usesExports(this.restoreObjects, environment, 'read');

    const looking = { SurveyWorkloads: this.surveyWorkloads, CollectEvidence: this.collectEvidence };
    const changing = {
      RestartWorkloads: this.restartWorkloads,
      ExportObjects: this.exportObjects,
      RestoreObjects: this.restoreObjects,
    };
    for (const each of Object.values({ ...looking, ...changing })) {
      grantCluster(each, { ...place, nodeGroups: [], deployments: [] }, ['eks:DescribeCluster'], []);
    }
    new KubernetesAccess(this, 'Looking', {
      clusterName: cluster.name,
      namespace,
      policy: 'viewing',
      groups: [nodeReaders],
      tasks: looking,
    });
    new KubernetesAccess(this, 'Changing', {
      clusterName: cluster.name,
      namespace,
      policy: 'editing',
      tasks: changing,
    });
  }
}

/** The deployments of the application: the same at both sites, as the standby's part of the environment lists them. */
export function workloadsOf({ sites: { standby } }: Environment): readonly WorkloadSettings[] {
  return standby.deployments.map(({ name, autoscaler, after }) => ({
    name,
    ...(autoscaler === undefined ? {} : { autoscaler }),
    after,
  }));
}
