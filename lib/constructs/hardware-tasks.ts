import { Construct } from 'constructs';
import type { Settings as AssessApplication } from '../../lambdas/assess-application/contract.ts';
import type { Settings as AssessHardware } from '../../lambdas/assess-hardware/contract.ts';
import type { Settings as CheckNodes } from '../../lambdas/check-nodes/contract.ts';
import type { Settings as CheckReboot } from '../../lambdas/check-reboot/contract.ts';
import type { RemoteFunction } from '../../lambdas/database/contract.ts';
import type { Site } from '../../lambdas/incident/contract.ts';
import type { Settings as RebootDatabase } from '../../lambdas/reboot-database/contract.ts';
import type { Settings as ReplaceNodes } from '../../lambdas/replace-nodes/contract.ts';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';
import { describesDatabases, placesOf, restartsDatabases, runsFunctions } from './database-grants.ts';
import { databasesOf } from './database-settings.ts';
import { endsInstances, grantCluster, seesInstances } from './grants.ts';
import type { Ledger } from './ledger.ts';
import type { TaskFunction } from './task-function.ts';
import { taskMaker } from './task-maker.ts';
import { workloadsOf } from './workload-tasks.ts';

interface HardwareTasksProps {
  readonly environment: Environment;
  readonly ledger: Ledger;
}

/** The tasks that find out what fails of workloads, nodes and databases, and that replace what does. */
export class HardwareTasks extends Construct {
  readonly assessApplication: TaskFunction<AssessApplication>;
  readonly assessHardware: TaskFunction<AssessHardware>;
  readonly replaceNodes: TaskFunction<ReplaceNodes>;
  readonly checkNodes: TaskFunction<CheckNodes>;
  readonly rebootDatabase: TaskFunction<RebootDatabase>;
  readonly checkReboot: TaskFunction<CheckReboot>;

  constructor(scope: Construct, id: string, { environment, ledger }: HardwareTasksProps) {
    super(scope, id);
    const named = names(environment);
    const { sites, hardware, gates } = environment;
    const common = { environment: environment.name, ledgerBucket: ledger.bucketName };
    const databases = databasesOf(environment);
    const places = placesOf(databases).both;
    const asked = (site: Site): RemoteFunction => ({
      region: sites[site].region,
      functionName: `${named.prefix}-query-database`,
    });
    const query = { primary: asked('primary'), standby: asked('standby') };
    const queryArns = (['primary', 'standby'] as const).map((site) =>
      named.functionArn(sites[site].region, 'query-database'),
    );
    const clusters = {
      primary: clusterOf(environment, 'primary'),
      standby: clusterOf(environment, 'standby'),
    };
    const make = taskMaker(this, environment);
    /** They wait 45 s for the function that asks a database, twice at most. */
    const task = <Settings>(folder: string, settings: Settings) => make(folder, settings, { timeout: 55 });

    this.assessApplication = task<AssessApplication>('assess-application', {
      ...common,
      deployments: workloadsOf(environment),
    });
    ledger.grant(this.assessApplication, ['watch'], ['incidents']);

    this.assessHardware = task<AssessHardware>('assess-hardware', {
      ...common,
      clusters,
      databases,
      query,
      nodeGraceSeconds: hardware.nodeGrace,
      maxReplaced: hardware.maxReplaced,
      reboot: hardware.reboot,
      approvalSeconds: gates.timeout,
    });
    ledger.grant(this.assessHardware, ['recoveries'], ['incidents']);

    this.replaceNodes = task<ReplaceNodes>('replace-nodes', { ...common, clusters });
    ledger.grant(this.replaceNodes, ['lock'], ['incidents']);
    endsInstances(this.replaceNodes, Object.values(clusters));

    this.checkNodes = task<CheckNodes>('check-nodes', { ...common, clusters });
    ledger.grant(this.checkNodes, [], ['incidents']);

    this.rebootDatabase = task<RebootDatabase>('reboot-database', { ...common, databases, query });
    ledger.grant(this.rebootDatabase, ['lock', 'recoveries'], ['incidents']);
    restartsDatabases(this.rebootDatabase, places);

    this.checkReboot = task<CheckReboot>('check-reboot', { ...common, databases, query });
    ledger.grant(this.checkReboot, ['recoveries'], ['incidents']);

    for (const each of [this.assessHardware, this.replaceNodes, this.checkNodes]) {
      const onGroups = each === this.replaceNodes ? ['eks:UpdateNodegroupConfig'] : [];
      for (const cluster of Object.values(clusters)) {
        grantCluster(each, { ...cluster, deployments: [] }, [], ['eks:DescribeNodegroup', ...onGroups]);
      }
      seesInstances(each);
    }
    if (databases.length > 0) {
      for (const each of [this.assessHardware, this.rebootDatabase, this.checkReboot]) {
        describesDatabases(each, places);
        runsFunctions(each, queryArns);
      }
    }
  }
}

function clusterOf({ sites }: Environment, site: Site): AssessHardware['clusters'][Site] {
  const { region, cluster, nodeGroups } = sites[site];
  return { region, name: cluster.name, namespace: cluster.namespace, nodeGroups };
}
