import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { AudienceTopics } from '../constructs/audience-topics.ts';
import { DeadLetters } from '../constructs/dead-letters.ts';
import { EveryMinute } from '../constructs/every-minute.ts';
import { KubernetesAccess } from '../constructs/kubernetes-access.ts';
import { Ledger } from '../constructs/ledger.ts';
import { Runbook } from '../constructs/runbook.ts';
import { Tasks } from '../constructs/tasks.ts';
import { Triggers } from '../constructs/triggers.ts';
import { described, detectionRegion, names } from '../names.ts';

/**
 * An incident's machine ends after two hours (TimeoutSeconds in its definition); a lock older than that, and
 * ten minutes for the event of its end, is nobody's.
 */
const lockSeconds = 7200 + 600;

/** In the standby's region: everything that a failover needs, so that it works while the others are dark. */
export class RecoveryStack extends Stack {
  constructor(scope: Construct, id: string, environment: Environment, props: StackProps) {
    super(scope, id, props);
    const environmentName = environment.name;
    const named = names(environment);
    const { detection, sites } = environment;

    const ledger = new Ledger(this, 'Ledger', { environmentName });
    const topics = new AudienceTopics(this, 'Topics', environment);
    const tasks = new Tasks(this, 'Tasks', { environment, ledger, topics, lockSeconds });
    new KubernetesAccess(this, 'KubernetesAccess', {
      clusterName: sites.standby.cluster.name,
      namespace: sites.standby.cluster.namespace,
      tasks: tasks.kubernetesClients,
    });

    const { sendNotice, closeIncident } = tasks;
    const statusUpdates = new Runbook(this, 'StatusUpdates', {
      environmentName,
      machine: 'status-updates',
      tasks: { SendNotice: sendNotice },
    });
    const siteFailover = new Runbook(this, 'SiteFailover', {
      environmentName,
      machine: 'site-failover',
      tasks: {
        AssessPrimary: tasks.assessPrimary,
        CheckStandby: tasks.checkStandby,
        DecideFailover: tasks.decideFailover,
        ScaleNodes: tasks.scaleNodes,
        ScaleWorkloads: tasks.scaleWorkloads,
        CheckCapacity: tasks.checkCapacity,
        SwitchDns: tasks.switchDns,
        CheckDns: tasks.checkDns,
        VerifyService: tasks.verifyService,
        CloseIncident: closeIncident,
      },
    });
    const incident = new Runbook(this, 'Incident', {
      environmentName,
      machine: 'incident',
      tasks: { OpenIncident: tasks.openIncident, SendNotice: sendNotice, CloseIncident: closeIncident },
      machines: { SiteFailover: siteFailover, StatusUpdates: statusUpdates },
    });

    const oncall = topics.topics.oncall;
    const undelivered = new DeadLetters(this, 'Undelivered', {
      prefix: named.prefix,
      name: 'events-undelivered',
      alarmTopicArn: oncall.topicArn,
    });
    const alarm = (region: string, name: string) => named.alarmArn(region, name);
    new Triggers(this, 'Triggers', {
      prefix: named.prefix,
      incident,
      starting: [
        alarm(detectionRegion, named.primaryUnhealthy),
        alarm(sites.standby.region, named.primaryUnreachable),
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
      oncall,
      machines: [incident],
      watch: tasks.watchExecutions,
      deadLetters: undelivered.queue,
      maxAge: Duration.minutes(detection.maxEventAgeMinutes),
    });

    const unscheduled = new DeadLetters(this, 'Unscheduled', {
      prefix: named.prefix,
      name: 'schedule-failed',
      alarmTopicArn: oncall.topicArn,
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
    this.#metricAlarms(environment, oncall.topicArn);
  }

  #metricAlarms(environment: Environment, oncallArn: string): void {
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
      alarmActions: [oncallArn],
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
