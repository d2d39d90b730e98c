import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Settings as AnswerApproval } from '../../lambdas/answer-approval/contract.ts';
import type { Settings as RequestApproval } from '../../lambdas/request-approval/contract.ts';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';
import { acknowledge } from './acknowledge.ts';
import type { AudienceTopics } from './audience-topics.ts';
import { grantSecret } from './grants.ts';
import type { Ledger } from './ledger.ts';
import type { TaskFunction } from './task-function.ts';
import { taskMaker } from './task-maker.ts';

interface ApprovalTasksProps {
  readonly environment: Environment;
  readonly ledger: Ledger;
  readonly topics: AudienceTopics;
  /** Machines that wait for answers. */
  readonly askingMachines: readonly string[];
}

/** The gate that asks a person: one task asks, the other one takes the answer, by the command line or by a link. */
export class ApprovalTasks extends Construct {
  readonly requestApproval: TaskFunction<RequestApproval>;
  readonly answerApproval: TaskFunction<AnswerApproval>;

  constructor(
    scope: Construct,
    id: string,
    { environment, ledger, topics, askingMachines }: ApprovalTasksProps,
  ) {
    super(scope, id);
    const named = names(environment);
    const task = taskMaker(this, environment);
    const signingSecret = `lifeboat/${environment.name}/approval-signing`;
    const key = new secretsmanager.Secret(this, 'Signing', {
      secretName: signingSecret,
      description: `Signs the links with which a gate of ${named.prefix} is answered`,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(
      key,
      'AwsSolutions-SMG4',
      'Replacing it only makes open links worthless, and no link is open for longer than its gate waits',
    );
    const common = {
      environment: environment.name,
      ledgerBucket: named.ledgerBucket,
      application: environment.application.name,
      signingSecret,
    };

    this.answerApproval = task<AnswerApproval>('answer-approval', common, { timeout: 50 });
    ledger.grant(this.answerApproval, [], ['approvals', 'incidents']);
    grantSecret(this.answerApproval, signingSecret);
    const { account, region } = Stack.of(this);
    this.answerApproval.allow(
      ['states:SendTaskSuccess'],
      askingMachines.map(
        (machine) => `arn:aws:states:${region}:${account}:stateMachine:${named.prefix}-${machine}`,
      ),
    );
    // Who follows a link has no AWS identity; its signature, its deadline and the name on the form are the proof.
    const url = this.answerApproval.function.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });

    const { slack } = environment.channels;
    this.requestApproval = task<RequestApproval>(
      'request-approval',
      {
        ...common,
        answerUrl: url.url,
        topics: { oncall: named.topicArn('oncall') },
        ...(slack ? { slack } : {}),
      },
      { timeout: 50 },
    );
    ledger.grant(this.requestApproval, [], ['approvals', 'incidents']);
    topics.grant(this.requestApproval, ['oncall']);
    grantSecret(this.requestApproval, signingSecret);
    if (slack) grantSecret(this.requestApproval, slack.tokenSecret);
  }

  /** Let a person answer from a command line: to whom the environment's administrators attach it. */
  allowAnswering(): iam.ManagedPolicy {
    return new iam.ManagedPolicy(this, 'Answering', {
      description: 'Lets a person answer the gates of this environment with npm run approve',
      statements: [
        new iam.PolicyStatement({
          actions: ['lambda:InvokeFunction'],
          resources: [this.answerApproval.function.functionArn],
        }),
      ],
    });
  }
}
