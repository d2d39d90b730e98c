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
import { runsFunctions } from './database-grants.ts';
import { grantSecret } from './grants.ts';
import type { Ledger } from './ledger.ts';
import type { TaskFunction } from './task-function.ts';
import { taskMaker } from './task-maker.ts';

interface ApprovalTasksProps {
  readonly environment: Environment;
  readonly ledger: Ledger;
  /** Machines that wait for answers. */
  readonly askingMachines: readonly string[];
}

/** The gate that asks a person: one task asks, the other one takes the answer, by the command line or by a link. */
export class ApprovalTasks extends Construct {
  readonly requestApproval: TaskFunction<RequestApproval>;
  readonly answerApproval: TaskFunction<AnswerApproval>;
  /** Secret that signs the links by which people answer. */
  readonly signingSecret: string;
  /** Where a signed link leads; known once it is deployed. */
  readonly answerUrl: string;
  readonly #askingMachines: readonly string[];

  constructor(scope: Construct, id: string, { environment, ledger, askingMachines }: ApprovalTasksProps) {
    super(scope, id);
    const named = names(environment);
    const task = taskMaker(this, environment);
    const signingSecret = `lifeboat/${environment.name}/approval-signing`;
    this.signingSecret = signingSecret;
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
    this.#askingMachines = askingMachines.map(
      (machine) => `arn:aws:states:${region}:${account}:stateMachine:${named.prefix}-${machine}`,
    );
    this.allowAnswersOf(this.answerApproval);
    // Who follows a link has no AWS identity; its signature, its deadline and the name on the form are the proof.
    this.answerUrl = this.answerApproval.function.addFunctionUrl({
      authType: lambda.FunctionUrlAuthType.NONE,
    }).url;

    this.requestApproval = task<RequestApproval>(
      'request-approval',
      {
        environment: environment.name,
        ledgerBucket: named.ledgerBucket,
        sendNotice: { region: environment.sites.standby.region, functionName: `${named.prefix}-send-notice` },
      },
      // It waits for send-notice.
      { timeout: 55 },
    );
    ledger.grant(this.requestApproval, [], ['approvals', 'incidents']);
    runsFunctions(this.requestApproval, [named.functionArn(environment.sites.standby.region, 'send-notice')]);
  }

  /** Let a task hand an answer to the machine that waits for it. */
  allowAnswersOf(task: TaskFunction<unknown>): void {
    task.allow(['states:SendTaskSuccess'], this.#askingMachines);
  }

  /**
   * What lets a person answer from a command line: to whom the environment's administrators attach it.
   *
   * @param also what else a person on call does from there
   */
  allowAnswering(...also: readonly TaskFunction<unknown>[]): iam.ManagedPolicy {
    return new iam.ManagedPolicy(this, 'Answering', {
      description:
        'Lets a person answer the gates of this environment, take its calls, and read its incidents, from a command line',
      statements: [
        new iam.PolicyStatement({
          actions: ['lambda:InvokeFunction'],
          resources: [this.answerApproval, ...also].map((task) => task.function.functionArn),
        }),
      ],
    });
  }
}
