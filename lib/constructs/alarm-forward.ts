import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';

interface AlarmForwardProps {
  readonly ruleName: string;
  readonly alarmArns: readonly string[];
  /** The default bus of the standby's region. */
  readonly busArn: string;
  readonly deadLetters: sqs.Queue;
  /** An older alarm must not start a failover; EventBridge's own limit is a day. */
  readonly maxAge: Duration;
}

/** An alarm by its ARN, or all alarms whose ARNs begin so: a pattern may have 2,048 characters. */
export type WatchedAlarm = string | { readonly prefix: string };

/** An alarm that goes into ALARM from anything else: what every rule on an alarm looks for. */
export function intoAlarm(alarms: readonly WatchedAlarm[]): events.EventPattern {
  return {
    source: ['aws.cloudwatch'],
    detailType: ['CloudWatch Alarm State Change'],
    // The class wants texts, and takes what EventBridge takes.
    resources: [...alarms] as string[],
    detail: {
      state: { value: ['ALARM'] },
      previousState: { value: [{ 'anything-but': ['ALARM'] }] },
    },
  };
}

/** Forwards alarms to the region that recovers. */
export class AlarmForward extends Construct {
  constructor(scope: Construct, id: string, props: AlarmForwardProps) {
    super(scope, id);
    const rule = new events.Rule(this, 'Rule', {
      ruleName: props.ruleName,
      description: "Alarms of the sites' health checks, to the region that recovers",
      eventPattern: intoAlarm(props.alarmArns),
      targets: [
        new targets.EventBus(events.EventBus.fromEventBusArn(this, 'Bus', props.busArn), {
          deadLetterQueue: props.deadLetters,
        }),
      ],
    });
    // The L2 target takes no retry policy.
    (rule.node.defaultChild as events.CfnRule).addPropertyOverride('Targets.0.RetryPolicy', {
      MaximumEventAgeInSeconds: props.maxAge.toSeconds(),
      MaximumRetryAttempts: 10,
    });
  }
}
