import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { described } from '../names.ts';
import { acknowledge } from './acknowledge.ts';

interface DeadLettersProps {
  readonly prefix: string;
  /** Last part of the queue's and the alarm's name, and the entry in the runbook. */
  readonly name: 'events-undelivered' | 'schedule-failed';
  /** Told when something lands here; none where there is no topic in the region. */
  readonly alarmTopicArns?: readonly string[];
}

/** Where events end that could not be delivered in time, with an alarm: nothing is dropped in silence. */
export class DeadLetters extends Construct {
  readonly queue: sqs.Queue;
  readonly alarmArn: string;

  constructor(scope: Construct, id: string, props: DeadLettersProps) {
    super(scope, id);
    this.queue = new sqs.Queue(this, 'Queue', {
      queueName: `${props.prefix}-${props.name}`,
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.queue, 'AwsSolutions-SQS3', 'This is the dead-letter queue');
    const alarm = new cloudwatch.CfnAlarm(this, 'Alarm', {
      alarmName: `${props.prefix}-${props.name}`,
      alarmDescription: described('Something could not be delivered in time', props.name),
      namespace: 'AWS/SQS',
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensions: [{ name: 'QueueName', value: this.queue.queueName }],
      statistic: 'Maximum',
      period: 60,
      evaluationPeriods: 1,
      threshold: 1,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      treatMissingData: 'notBreaching',
      alarmActions: [...(props.alarmTopicArns ?? [])],
    });
    this.alarmArn = alarm.attrArn;
  }
}
