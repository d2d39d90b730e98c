import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { TaskFunction } from './task-function.ts';

interface EveryMinuteProps {
  readonly name: string;
  readonly task: TaskFunction<unknown>;
  readonly deadLetters: sqs.Queue;
  /** Default minute. */
  readonly every?: 'minute' | 'hour';
  /** What the task is given; Scheduler's own event by default. */
  readonly input?: unknown;
}

/** Invokes a task each minute, or hour. A run that could not start within a minute, or ten, is dropped: the next one comes. */
export class EveryMinute extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { name, task, deadLetters, every = 'minute', input }: EveryMinuteProps,
  ) {
    super(scope, id);
    const role = new iam.Role(this, 'Role', {
      roleName: `${name}-schedule`,
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com'),
      description: `Lets the schedule ${name} invoke its task`,
    });
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [task.function.functionArn],
      }),
    );
    deadLetters.grantSendMessages(role);
    // One bad run passes; two in a row are a broken task, which no alarm on its metric would notice.
    task.keepFailed(deadLetters, 1, Duration.minutes(5));
    new scheduler.CfnSchedule(this, 'Schedule', {
      name,
      scheduleExpression: `rate(1 ${every})`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: task.function.functionArn,
        roleArn: role.roleArn,
        ...(input === undefined ? {} : { input: JSON.stringify(input) }),
        deadLetterConfig: { arn: deadLetters.queueArn },
        retryPolicy: {
          maximumEventAgeInSeconds: Duration.minutes(every === 'hour' ? 10 : 1).toSeconds(),
          maximumRetryAttempts: 2,
        },
      },
    });
  }
}
