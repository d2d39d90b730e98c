import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { intoAlarm, type WatchedAlarm } from './alarm-forward.ts';
import type { Runbook } from './runbook.ts';
import type { TaskFunction } from './task-function.ts';

interface TriggersProps {
  readonly prefix: string;
  readonly incident: Runbook;
  /** Alarms that start an incident: forwarded ones and those of this region. */
  readonly starting: readonly WatchedAlarm[];
  /** Alarms that only tell the people on call. */
  readonly telling: readonly {
    /** The entry in the runbook. */
    readonly name: string;
    readonly alarmArn: string;
    /** What it means, in sentences. */
    readonly meaning: string;
  }[];
  readonly oncall: readonly sns.Topic[];
  /** Tells everybody while an incident is open. */
  readonly updates: Runbook;
  readonly machines: readonly Runbook[];
  readonly watch: TaskFunction<unknown>;
  readonly deadLetters: sqs.Queue;
  readonly maxAge: Duration;
}

/** From an event to what it starts; every delivery has an end in time and a place for what missed it. */
export class Triggers extends Construct {
  constructor(scope: Construct, id: string, props: TriggersProps) {
    super(scope, id);
    props.watch.keepFailed(props.deadLetters, 2, Duration.hours(2));
    const delivery = { deadLetterQueue: props.deadLetters, maxEventAge: props.maxAge, retryAttempts: 10 };
    new events.Rule(this, 'Start', {
      ruleName: `${props.prefix}-start-incident`,
      description: 'An alarm on the primary, or on its data, starts an incident',
      eventPattern: intoAlarm(props.starting),
      targets: [new targets.SfnStateMachine(props.incident.stateMachine, delivery)],
    });
    for (const { name, alarmArn, meaning } of props.telling) {
      new events.Rule(this, `Tell-${name}`, {
        ruleName: `${props.prefix}-tell-${name}`,
        description: `The people on call are told of ${name}`,
        eventPattern: intoAlarm([alarmArn]),
        targets: props.oncall.map(
          (topic) =>
            new targets.SnsTopic(topic, {
              ...delivery,
              message: events.RuleTargetInput.fromText(
                `${events.EventField.fromPath('$.detail.alarmName')} is in ALARM: ${events.EventField.fromPath('$.detail.state.reason')}. ${meaning} See docs/runbook.md#${name}.`,
              ),
            }),
        ),
      });
    }
    this.#tellOfSilence(props, delivery);
    new events.Rule(this, 'Watch', {
      ruleName: `${props.prefix}-watch-executions`,
      description: 'An execution that failed, timed out or was stopped must not keep the lock',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: props.machines.map((machine) => machine.arn),
        },
      },
      targets: [
        new targets.LambdaFunction(props.watch.function, {
          deadLetterQueue: props.deadLetters,
          // Late is better than never here: the lock is held until then.
          maxEventAge: Duration.hours(2),
          retryAttempts: 20,
        }),
      ],
    });
  }
  /** Updates that ended otherwise than by themselves: nobody would hear anything any more, of this neither. */
  #tellOfSilence({ prefix, updates, oncall }: TriggersProps, delivery: targets.TargetBaseProps): void {
    new events.Rule(this, 'TellUpdatesStopped', {
      ruleName: `${prefix}-tell-updates-stopped`,
      description: 'The people on call are told that nobody is told any more',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: [updates.arn],
          // A person who starts it by hand is told so by it, and nobody was relying on it.
          error: [{ 'anything-but': ['InvalidInput'] }, null, { exists: false }],
        },
      },
      targets: oncall.map(
        (topic) =>
          new targets.SnsTopic(topic, {
            ...delivery,
            message: events.RuleTargetInput.fromText(
              `The updates of ${events.EventField.fromPath('$.detail.name')} have ended: ${events.EventField.fromPath('$.detail.status')}. Nobody is told any more how it goes on. See docs/runbook.md#update-overdue.`,
            ),
          }),
      ),
    });
  }
}
