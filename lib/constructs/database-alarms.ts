import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { described, names } from '../names.ts';

interface DatabaseAlarmsProps {
  readonly environment: Environment;
  readonly oncallArns: readonly string[];
}

/** What is watched of each database: that its data make sense, and that its replica follows. */
export class DatabaseAlarms extends Construct {
  constructor(scope: Construct, id: string, { environment, oncallArns }: DatabaseAlarmsProps) {
    super(scope, id);
    const named = names(environment);
    for (const { name, kind, standby, consistency } of environment.databases) {
      if (consistency.length > 0) {
        new cloudwatch.CfnAlarm(this, `Inconsistent-${name}`, {
          alarmName: named.dataInconsistent(name),
          alarmDescription: described(
            `A consistency query of ${name} has not held for two minutes`,
            'data-inconsistent',
          ),
          namespace: 'Lifeboat',
          metricName: 'DataConsistent',
          dimensions: [
            { name: 'Environment', value: environment.name },
            { name: 'Database', value: name },
          ],
          statistic: 'Maximum',
          period: 60,
          evaluationPeriods: 2,
          datapointsToAlarm: 2,
          threshold: 1,
          comparisonOperator: 'LessThanThreshold',
          alarmActions: [...oncallArns],
          // A database that does not answer says nothing about its data.
          treatMissingData: 'ignore',
        });
      }
      if (kind === 'instance' && standby.from === 'replica') {
        const seconds = environment.severities.P0.rpo;
        new cloudwatch.CfnAlarm(this, `Lag-${name}`, {
          alarmName: named.replicaLag(name),
          alarmDescription: described(
            `The replica of ${name} has been more than ${seconds} s behind for five minutes`,
            'replica-lag',
          ),
          namespace: 'AWS/RDS',
          metricName: 'ReplicaLag',
          dimensions: [{ name: 'DBInstanceIdentifier', value: standby.identifier }],
          statistic: 'Minimum',
          period: 60,
          evaluationPeriods: 5,
          datapointsToAlarm: 5,
          threshold: seconds,
          comparisonOperator: 'GreaterThanThreshold',
          alarmActions: [...oncallArns],
          // Once it is promoted it has no lag to tell of.
          treatMissingData: 'ignore',
        });
      }
    }
  }
}
