import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { described, names } from '../names.ts';

interface ServiceAlarmsProps {
  readonly environment: Environment;
  readonly oncallArns: readonly string[];
}

/** What the scheduled tests and surveys find wrong, and for how long before it is an alarm. */
export class ServiceAlarms extends Construct {
  constructor(scope: Construct, id: string, { environment, oncallArns }: ServiceAlarmsProps) {
    super(scope, id);
    const named = names(environment);
    const { detection } = environment;
    const watched = watchedOf(environment);
    const alarm = (
      name: string,
      metricName: string,
      minutes: number,
      what: string,
      entry: string,
      period = 60,
    ) => {
      new cloudwatch.CfnAlarm(this, metricName, {
        alarmName: name,
        alarmDescription: described(what, entry),
        namespace: 'Lifeboat',
        metricName,
        dimensions: [{ name: 'Environment', value: environment.name }],
        statistic: 'Maximum',
        period,
        evaluationPeriods: minutes,
        datapointsToAlarm: minutes,
        threshold: 1,
        comparisonOperator: 'LessThanThreshold',
        alarmActions: [...oncallArns],
        // What was not looked at is not known to be wrong.
        treatMissingData: 'ignore',
      });
    };
    if (watched.configuration) {
      alarm(
        named.configurationInvalid,
        'ConfigurationValid',
        detection.configuration.failures,
        `A test of the configuration has failed for ${detection.configuration.failures} minutes`,
        'configuration-invalid',
      );
    }
    alarm(
      named.applicationUnhealthy,
      'ApplicationHealthy',
      detection.application.failures,
      `Tests of the application, or its workloads, have failed for ${detection.application.failures} minutes`,
      'application-unhealthy',
    );
    alarm(
      named.nodesUnhealthy,
      'NodesHealthy',
      detection.nodes.failures,
      `Nodes of the cluster in use have been missing or not ready for ${detection.nodes.failures} minutes`,
      'nodes-unhealthy',
    );
    alarm(
      named.sitesDiffer,
      'SitesAlike',
      1,
      'The standby is not configured as the primary is',
      'sites-differ',
      3_600,
    );
  }
}

/** What of an environment something would notice. */
export function watchedOf({ tests }: Environment): { readonly configuration: boolean } {
  return { configuration: tests.some(({ proves }) => proves === 'configuration') };
}
