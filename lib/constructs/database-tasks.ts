import { Construct } from 'constructs';
import type { RemoteFunction } from '../../lambdas/database/contract.ts';
import type { Settings as AlignSettings } from '../../lambdas/align-settings/contract.ts';
import type { Settings as AssessData } from '../../lambdas/assess-data/contract.ts';
import type { Settings as CheckPromotion } from '../../lambdas/check-promotion/contract.ts';
import type { Settings as CheckRestore } from '../../lambdas/check-restore/contract.ts';
import type { Settings as CompareWrites } from '../../lambdas/compare-writes/contract.ts';
import type { Settings as DecidePromotion } from '../../lambdas/decide-promotion/contract.ts';
import type { Settings as FencePrimary } from '../../lambdas/fence-primary/contract.ts';
import type { Settings as FinishRecovery } from '../../lambdas/finish-recovery/contract.ts';
import type { Settings as KeepCopies } from '../../lambdas/keep-copies/contract.ts';
import type { Settings as MeasureLoss } from '../../lambdas/measure-loss/contract.ts';
import type { Settings as PlanRestore } from '../../lambdas/plan-restore/contract.ts';
import type { Settings as PromoteDatabase } from '../../lambdas/promote-database/contract.ts';
import type { Settings as StartRestore } from '../../lambdas/start-restore/contract.ts';
import type { Settings as SwapDatabase } from '../../lambdas/swap-database/contract.ts';
import type { Settings as ValidateCopy } from '../../lambdas/validate-copy/contract.ts';
import type { Settings as WatchData } from '../../lambdas/watch-data/contract.ts';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';
import {
  alignsDatabases,
  copiesBackups,
  describesDatabases,
  placesOf,
  promotesDatabases,
  restoresDatabases,
  runsFunctions,
  seesBackups,
  seesGlobalClusters,
  swapsDatabases,
  usesSecrets,
} from './database-grants.ts';
import { databasesOf } from './database-settings.ts';
import { changesIdentityRecords, grantMetrics, readsMetrics } from './grants.ts';
import type { Ledger } from './ledger.ts';
import type { TaskFunction } from './task-function.ts';
import { taskMaker } from './task-maker.ts';

interface DatabaseTasksProps {
  readonly environment: Environment;
  readonly ledger: Ledger;
}

/** The tasks that restore and promote databases, with their settings, and with just what each needs granted. */
export class DatabaseTasks extends Construct {
  readonly watchData: TaskFunction<WatchData>;
  readonly keepCopies: TaskFunction<KeepCopies>;
  readonly assessData: TaskFunction<AssessData>;
  readonly planRestore: TaskFunction<PlanRestore>;
  readonly startRestore: TaskFunction<StartRestore>;
  readonly checkRestore: TaskFunction<CheckRestore>;
  readonly alignSettings: TaskFunction<AlignSettings>;
  readonly validateCopy: TaskFunction<ValidateCopy>;
  readonly swapDatabase: TaskFunction<SwapDatabase>;
  readonly compareWrites: TaskFunction<CompareWrites>;
  readonly finishRecovery: TaskFunction<FinishRecovery>;
  readonly measureLoss: TaskFunction<MeasureLoss>;
  readonly decidePromotion: TaskFunction<DecidePromotion>;
  readonly fencePrimary: TaskFunction<FencePrimary>;
  readonly promoteDatabase: TaskFunction<PromoteDatabase>;
  readonly checkPromotion: TaskFunction<CheckPromotion>;

  constructor(scope: Construct, id: string, { environment, ledger }: DatabaseTasksProps) {
    super(scope, id);
    const named = names(environment);
    const { primary, standby } = environment.sites;
    const databases = databasesOf(environment);
    const places = placesOf(databases);
    const common = { environment: environment.name, ledgerBucket: named.ledgerBucket };
    const settings = { ...common, databases };
    const at = (region: string, task: string): RemoteFunction => ({
      region,
      functionName: `${named.prefix}-${task}`,
    });
    const query = {
      primary: at(primary.region, 'query-database'),
      standby: at(standby.region, 'query-database'),
    };
    const queryArns = {
      primary: named.functionArn(primary.region, 'query-database'),
      standby: named.functionArn(standby.region, 'query-database'),
    };
    const make = taskMaker(this, environment);
    // What asks a function of another region, or RDS about a hundred databases, may take most of its state's minute.
    const patient = { timeout: 55 };

    this.watchData = make<WatchData>('watch-data', { ...settings, region: standby.region, query }, patient);
    ledger.grant(this.watchData, ['recoveries'], ['databases']);
    runsFunctions(this.watchData, [queryArns.primary, queryArns.standby]);
    grantMetrics(this.watchData);

    this.keepCopies = make<KeepCopies>(
      'keep-copies',
      {
        ...common,
        account: environment.account,
        databases: databases.map((database, index) => {
          const { backupKeyId, backupRetentionDays = 7 } = environment.databases[index]?.standby ?? {};
          return { ...database, ...(backupKeyId === undefined ? {} : { backupKeyId }), backupRetentionDays };
        }),
      },
      patient,
    );
    ledger.grant(this.keepCopies, ['recoveries'], ['databases']);
    describesDatabases(this.keepCopies, places.both);
    seesBackups(this.keepCopies, databases);
    copiesBackups(this.keepCopies, databases);

    this.assessData = make<AssessData>('assess-data', { ...settings, query: query.primary }, patient);
    ledger.grant(this.assessData, ['recoveries', 'databases'], ['incidents']);
    runsFunctions(this.assessData, [queryArns.primary]);
    describesDatabases(this.assessData, places.primary);

    const { restore, promotion, timeout } = environment.gates;
    this.planRestore = make<PlanRestore>(
      'plan-restore',
      {
        ...settings,
        ask: { P0: restore, P1: restore, P2: restore, P3: restore },
        approvalSeconds: timeout,
      },
      patient,
    );
    ledger.grant(this.planRestore, ['recoveries', 'databases'], ['incidents']);
    describesDatabases(this.planRestore, places.both);
    seesBackups(this.planRestore, databases);

    this.startRestore = make<StartRestore>('start-restore', settings, patient);
    ledger.grant(this.startRestore, ['lock', 'databases'], ['recoveries', 'incidents']);
    seesBackups(this.startRestore, databases);
    restoresDatabases(this.startRestore, places.both);

    this.checkRestore = make<CheckRestore>('check-restore', settings, patient);
    ledger.grant(this.checkRestore, ['lock', 'databases'], ['recoveries', 'incidents']);
    describesDatabases(this.checkRestore, places.both);

    this.alignSettings = make<AlignSettings>('align-settings', settings, patient);
    ledger.grant(this.alignSettings, ['lock', 'databases'], ['incidents']);
    alignsDatabases(this.alignSettings, places.both);

    this.validateCopy = make<ValidateCopy>('validate-copy', { ...settings, query }, patient);
    ledger.grant(this.validateCopy, ['lock', 'leases'], ['recoveries', 'incidents']);
    runsFunctions(this.validateCopy, [queryArns.primary, queryArns.standby]);

    this.swapDatabase = make<SwapDatabase>('swap-database', settings, patient);
    ledger.grant(this.swapDatabase, ['lock'], ['recoveries', 'incidents']);
    swapsDatabases(this.swapDatabase, places.both);
    usesSecrets(
      this.swapDatabase,
      databases.flatMap(({ identity }) =>
        identity.by === 'secret'
          ? [
              { region: primary.region, name: identity.secret.primary },
              { region: standby.region, name: identity.secret.standby },
            ]
          : [],
      ),
      ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
    );
    changesIdentityRecords(this.swapDatabase, databases);

    this.compareWrites = make<CompareWrites>(
      'compare-writes',
      { ...settings, query: query.primary },
      patient,
    );
    ledger.grant(this.compareWrites, ['recoveries'], ['lostWrites', 'incidents']);
    runsFunctions(this.compareWrites, [queryArns.primary]);
    describesDatabases(this.compareWrites, places.primary);

    this.finishRecovery = make<FinishRecovery>('finish-recovery', common);
    ledger.grant(this.finishRecovery, ['lock'], ['recoveries', 'databases', 'incidents']);

    this.measureLoss = make<MeasureLoss>('measure-loss', { ...settings, query: query.standby }, patient);
    ledger.grant(this.measureLoss, ['leases', 'recoveries', 'switch'], ['incidents']);
    runsFunctions(this.measureLoss, [queryArns.standby]);
    describesDatabases(this.measureLoss, places.both);
    seesBackups(this.measureLoss, databases);
    seesGlobalClusters(this.measureLoss, databases);
    readsMetrics(this.measureLoss);

    this.decidePromotion = make<DecidePromotion>('decide-promotion', {
      ...settings,
      approval: promotion,
      approvalSeconds: timeout,
    });
    ledger.grant(this.decidePromotion, [], ['incidents']);

    this.fencePrimary = make<FencePrimary>(
      'fence-primary',
      { ...settings, setWriters: at(primary.region, 'set-writers') },
      patient,
    );
    ledger.grant(this.fencePrimary, ['lock'], ['leases', 'incidents']);
    runsFunctions(this.fencePrimary, [named.functionArn(primary.region, 'set-writers')]);
    describesDatabases(this.fencePrimary, places.primary);

    this.promoteDatabase = make<PromoteDatabase>('promote-database', settings, patient);
    ledger.grant(this.promoteDatabase, ['lock', 'leases', 'databases'], ['recoveries', 'incidents']);
    describesDatabases(this.promoteDatabase, places.both);
    seesGlobalClusters(this.promoteDatabase, databases);
    promotesDatabases(this.promoteDatabase, databases);

    this.checkPromotion = make<CheckPromotion>(
      'check-promotion',
      { ...settings, query: query.standby },
      patient,
    );
    ledger.grant(this.checkPromotion, ['lock'], ['leases', 'recoveries', 'incidents']);
    runsFunctions(this.checkPromotion, [queryArns.standby]);
    describesDatabases(this.checkPromotion, places.standby);
    seesGlobalClusters(this.checkPromotion, databases);
  }
}
