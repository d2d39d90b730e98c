import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { ApprovalTasks } from '../constructs/approval-tasks.ts';
import { AudienceTopics } from '../constructs/audience-topics.ts';
import { CommunicationTasks } from '../constructs/communication-tasks.ts';
import { ConfigurationReplica } from '../constructs/configuration-replica.ts';
import { ConfigurationTasks } from '../constructs/configuration-tasks.ts';
import { DatabaseAlarms } from '../constructs/database-alarms.ts';
import { DatabaseTasks } from '../constructs/database-tasks.ts';
import { DeadLetters } from '../constructs/dead-letters.ts';
import { EveryMinute } from '../constructs/every-minute.ts';
import { ExportsBucket } from '../constructs/exports-bucket.ts';
import { HardwareTasks } from '../constructs/hardware-tasks.ts';
import { KubernetesAccess } from '../constructs/kubernetes-access.ts';
import { Ledger } from '../constructs/ledger.ts';
import { Runbook } from '../constructs/runbook.ts';
import { ServiceAlarms, watchedOf } from '../constructs/service-alarms.ts';
import { ServiceTasks } from '../constructs/service-tasks.ts';
import { SiteTasks } from '../constructs/site-tasks.ts';
import { Tasks } from '../constructs/tasks.ts';
import { Triggers } from '../constructs/triggers.ts';
import { WorkloadTasks } from '../constructs/workload-tasks.ts';
import { described, detectionRegion, names } from '../names.ts';
import { watchedApart } from './watch.ts';

/**
 * An incident's machine ends after 36 hours (TimeoutSeconds in its definition); a lock older than that, and
 * ten minutes for the event of its end, is nobody's.
 */
const lockSeconds = 129_600 + 600;

/** In the standby's region: everything that a failover needs, so that it works while the others are dark. */
export class RecoveryStack extends Stack {
  constructor(scope: Construct, id: string, environment: Environment, props: StackProps) {
    super(scope, id, props);
    const environmentName = environment.name;
    const named = names(environment);
    const { detection, sites } = environment;

    const ledger = new Ledger(this, 'Ledger', { bucketName: named.ledgerBucket });
    const topics = new AudienceTopics(this, 'Topics', environment);
    const tasks = new Tasks(this, 'Tasks', { environment, ledger, topics, lockSeconds });
    new KubernetesAccess(this, 'KubernetesAccess', {
      clusterName: sites.standby.cluster.name,
      namespace: sites.standby.cluster.namespace,
      policy: 'scaling',
      tasks: tasks.kubernetesClients,
    });

    ledger.letIn(environment.databases.flatMap(({ lease }) => lease?.keeperRoleArn ?? []));
    const data = new DatabaseTasks(this, 'DatabaseTasks', { environment, ledger });
    const site = new SiteTasks(this, 'SiteTasks', { environment, site: 'standby' });
    new ConfigurationReplica(this, 'ConfigurationReplica', environment);
    new ExportsBucket(this, 'Exports', environment);
    const workloads = new WorkloadTasks(this, 'WorkloadTasks', { environment, site: 'standby' });
    const configuration = new ConfigurationTasks(this, 'ConfigurationTasks', { environment, ledger });
    const hardware = new HardwareTasks(this, 'HardwareTasks', { environment, ledger });
    const service = new ServiceTasks(this, 'ServiceTasks', { environment, ledger });
    const approval = new ApprovalTasks(this, 'ApprovalTasks', {
      environment,
      ledger,
      askingMachines: ['site-failover', 'database-restore', 'config-restore', 'hardware-failure'],
    });
    const communication = new CommunicationTasks(this, 'CommunicationTasks', {
      environment,
      ledger,
      topics,
      approval,
    });
    ledger.letRead(approval.allowAnswering(communication.acknowledgeIncident));

    const { closeIncident } = tasks;
    const { sendNotice, writeReport } = communication;
    const statusUpdates = new Runbook(this, 'StatusUpdates', {
      environmentName,
      machine: 'status-updates',
      tasks: { SendNotice: sendNotice, WriteReport: writeReport },
    });
    const databaseCopy = new Runbook(this, 'DatabaseCopy', {
      environmentName,
      machine: 'database-copy',
      tasks: {
        StartRestore: data.startRestore,
        CheckRestore: data.checkRestore,
        AlignSettings: data.alignSettings,
        ValidateCopy: data.validateCopy,
      },
    });
    const databasePromotion = new Runbook(this, 'DatabasePromotion', {
      environmentName,
      machine: 'database-promotion',
      tasks: {
        PlanRestore: data.planRestore,
        PromoteDatabase: data.promoteDatabase,
        CheckPromotion: data.checkPromotion,
        SwapDatabase: data.swapDatabase,
      },
      machines: { DatabaseCopy: databaseCopy },
    });
    const databaseRestore = new Runbook(this, 'DatabaseRestore', {
      environmentName,
      machine: 'database-restore',
      tasks: {
        AssessData: data.assessData,
        PlanRestore: data.planRestore,
        RequestApproval: approval.requestApproval,
        CallSite: tasks.callSite,
        SwapDatabase: data.swapDatabase,
        VerifyService: tasks.verifyService,
        RunTests: service.runTests,
        CompareWrites: data.compareWrites,
        FinishRecovery: data.finishRecovery,
        CloseIncident: closeIncident,
      },
      machines: { DatabaseCopy: databaseCopy },
    });
    const siteFailover = new Runbook(this, 'SiteFailover', {
      environmentName,
      machine: 'site-failover',
      tasks: {
        AssessPrimary: tasks.assessPrimary,
        CheckStandby: tasks.checkStandby,
        DecideFailover: tasks.decideFailover,
        ScaleNodes: tasks.scaleNodes,
        MeasureLoss: data.measureLoss,
        DecidePromotion: data.decidePromotion,
        RequestApproval: approval.requestApproval,
        FencePrimary: data.fencePrimary,
        SetWriters: site.setWriters,
        ScaleWorkloads: tasks.scaleWorkloads,
        CheckCapacity: tasks.checkCapacity,
        SwitchDns: tasks.switchDns,
        CheckDns: tasks.checkDns,
        VerifyService: tasks.verifyService,
        RunTests: service.runTests,
        FinishRecovery: data.finishRecovery,
        CloseIncident: closeIncident,
      },
      machines: { DatabasePromotion: databasePromotion },
    });
    const objectsCopy = new Runbook(this, 'ObjectsCopy', {
      environmentName,
      machine: 'objects-copy',
      tasks: { ApplyObjects: configuration.applyObjects },
    });
    const configRestore = new Runbook(this, 'ConfigRestore', {
      environmentName,
      machine: 'config-restore',
      tasks: {
        AssessConfiguration: configuration.assessConfiguration,
        PlanObjects: configuration.planObjects,
        DecideConfiguration: configuration.decideConfiguration,
        RequestApproval: approval.requestApproval,
        CallSite: tasks.callSite,
        RunTests: service.runTests,
        FinishConfiguration: configuration.finishConfiguration,
        CloseIncident: closeIncident,
      },
      machines: { ObjectsCopy: objectsCopy },
    });
    const applicationRestart = new Runbook(this, 'ApplicationRestart', {
      environmentName,
      machine: 'application-restart',
      tasks: {
        CallSite: tasks.callSite,
        AssessApplication: hardware.assessApplication,
        VerifyService: tasks.verifyService,
        RunTests: service.runTests,
        CloseIncident: closeIncident,
      },
    });
    const hardwareFailure = new Runbook(this, 'HardwareFailure', {
      environmentName,
      machine: 'hardware-failure',
      tasks: {
        CallSite: tasks.callSite,
        AssessHardware: hardware.assessHardware,
        RequestApproval: approval.requestApproval,
        ReplaceNodes: hardware.replaceNodes,
        CheckNodes: hardware.checkNodes,
        RebootDatabase: hardware.rebootDatabase,
        CheckReboot: hardware.checkReboot,
        RunTests: service.runTests,
        CloseIncident: closeIncident,
      },
    });
    const incident = new Runbook(this, 'Incident', {
      environmentName,
      machine: 'incident',
      tasks: {
        OpenIncident: tasks.openIncident,
        SendNotice: sendNotice,
        CloseIncident: closeIncident,
        WriteReport: writeReport,
      },
      machines: {
        SiteFailover: siteFailover,
        DatabaseRestore: databaseRestore,
        ConfigRestore: configRestore,
        ApplicationRestart: applicationRestart,
        HardwareFailure: hardwareFailure,
        StatusUpdates: statusUpdates,
      },
    });

    const oncallArns = named.oncallTopicArns;
    const watched = environment.databases.some(({ consistency }) => consistency.length > 0);
    const undelivered = new DeadLetters(this, 'Undelivered', {
      prefix: named.prefix,
      name: 'events-undelivered',
      alarmTopicArns: oncallArns,
    });
    const alarm = (region: string, name: string) => named.alarmArn(region, name);
    new Triggers(this, 'Triggers', {
      prefix: named.prefix,
      incident,
      starting: [
        alarm(detectionRegion, named.primaryUnhealthy),
        alarm(sites.standby.region, named.primaryUnreachable),
        ...(watched ? [{ prefix: alarm(sites.standby.region, named.dataInconsistent('')) }] : []),
        ...(watchedOf(environment).configuration
          ? [alarm(sites.standby.region, named.configurationInvalid)]
          : []),
        alarm(sites.standby.region, named.applicationUnhealthy),
        alarm(sites.standby.region, named.nodesUnhealthy),
      ],
      telling: [
        {
          name: 'standby-unhealthy',
          alarmArn: alarm(detectionRegion, named.standbyUnhealthy),
          meaning:
            `If the traffic is on the standby (alarm ${named.trafficOnStandby}), its users are down now, and nothing ` +
            'fails over from there: a person must act. ' +
            (environment.strategy === 'pilot-light'
              ? 'If not, this is how a pilot light is at rest.'
              : 'If not, a failover would be refused until it is repaired.'),
        },
        ...(sites.standby.region === detectionRegion
          ? []
          : [
              {
                name: 'events-undelivered',
                alarmArn: alarm(detectionRegion, `${named.prefix}-events-undelivered`),
                meaning: `An alarm of the detection stack did not reach this region in time, and may have started nothing.`,
              },
            ]),
      ],
      oncall: topics.oncall,
      updates: statusUpdates,
      machines: [incident],
      watch: tasks.watchExecutions,
      deadLetters: undelivered.queue,
      maxAge: Duration.minutes(detection.maxEventAgeMinutes),
    });

    const unscheduled = new DeadLetters(this, 'Unscheduled', {
      prefix: named.prefix,
      name: 'schedule-failed',
      alarmTopicArns: oncallArns,
    });
    new EveryMinute(this, 'ProbePrimary', {
      name: `${named.prefix}-probe-primary`,
      task: tasks.probePrimary,
      deadLetters: unscheduled.queue,
    });
    new EveryMinute(this, 'PublishSwitch', {
      name: `${named.prefix}-publish-switch`,
      task: tasks.publishSwitch,
      deadLetters: unscheduled.queue,
    });
    if (environment.databases.length > 0) {
      new EveryMinute(this, 'WatchData', {
        name: `${named.prefix}-watch-data`,
        task: data.watchData,
        deadLetters: unscheduled.queue,
      });
      new EveryMinute(this, 'KeepCopies', {
        name: `${named.prefix}-keep-copies`,
        task: data.keepCopies,
        deadLetters: unscheduled.queue,
        every: 'hour',
      });
    }
    new EveryMinute(this, 'WatchUpdates', {
      name: `${named.prefix}-watch-updates`,
      task: communication.watchUpdates,
      deadLetters: unscheduled.queue,
    });
    new EveryMinute(this, 'WatchService', {
      name: `${named.prefix}-watch-service`,
      task: service.watchService,
      deadLetters: unscheduled.queue,
    });
    new EveryMinute(this, 'ExportStandby', {
      name: `${named.prefix}-export-standby`,
      task: workloads.exportObjects,
      deadLetters: unscheduled.queue,
      input: {},
    });
    // Scheduler only calls functions of its own region.
    new EveryMinute(this, 'ExportPrimary', {
      name: `${named.prefix}-export-primary`,
      task: tasks.callSite,
      deadLetters: unscheduled.queue,
      input: { site: 'primary', task: 'export-objects', payload: {} },
    });
    new EveryMinute(this, 'CompareSites', {
      name: `${named.prefix}-compare-sites`,
      task: configuration.compareSites,
      deadLetters: unscheduled.queue,
      every: 'hour',
    });
    new ServiceAlarms(this, 'ServiceAlarms', { environment, oncallArns });
    this.#metricAlarms(environment, oncallArns);
    if (!watchedApart(environment)) {
      new DatabaseAlarms(this, 'DatabaseAlarms', { environment, oncallArns });
    }
  }

  #metricAlarms(environment: Environment, oncallArns: readonly string[]): void {
    const named = names(environment);
    const dimensions = [{ name: 'Environment', value: environment.name }];
    const { failures } = environment.detection.probe;
    new cloudwatch.CfnAlarm(this, 'PrimaryUnreachable', {
      alarmName: named.primaryUnreachable,
      alarmDescription: described(
        `The standby's own probe has not reached the primary for ${failures} minutes`,
        'primary-unreachable',
      ),
      namespace: 'Lifeboat',
      metricName: 'PrimaryReachable',
      dimensions,
      statistic: 'Maximum',
      period: 60,
      evaluationPeriods: failures,
      datapointsToAlarm: failures,
      threshold: 1,
      comparisonOperator: 'LessThanThreshold',
      // Straight to the people on call: they hear of it also when nothing that should recover can run.
      alarmActions: [...oncallArns],
      // A probe that does not run has seen nothing: a broken probe alone moves nothing.
      treatMissingData: 'ignore',
    });
    new cloudwatch.CfnAlarm(this, 'TrafficOnStandby', {
      alarmName: named.trafficOnStandby,
      alarmDescription: described(
        "Users belong to the standby. Route 53's check follows this alarm's metric",
        'traffic-on-standby',
      ),
      namespace: 'Lifeboat',
      metricName: 'TrafficOnStandby',
      dimensions,
      statistic: 'Maximum',
      period: 60,
      evaluationPeriods: 1,
      threshold: 1,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      treatMissingData: 'ignore',
    });
  }
}
