import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Settings as AcknowledgeIncident } from '../../lambdas/acknowledge-incident/contract.ts';
import type { Settings as AnswerSlack } from '../../lambdas/answer-slack/contract.ts';
import type { Settings as SendNotice } from '../../lambdas/send-notice/contract.ts';
import type { Settings as WatchUpdates } from '../../lambdas/watch-updates/contract.ts';
import type { Settings as WriteReport } from '../../lambdas/write-report/contract.ts';
import { communicationOf } from '../config/communication.ts';
import type { Environment } from '../config/schema.ts';
import { described, names } from '../names.ts';
import type { ApprovalTasks } from './approval-tasks.ts';
import type { AudienceTopics } from './audience-topics.ts';
import { runsFunctions } from './database-grants.ts';
import { grantMetrics, grantSecret } from './grants.ts';
import type { Ledger } from './ledger.ts';
import { StatusPage } from './status-page.ts';
import type { TaskFunction } from './task-function.ts';
import { taskMaker } from './task-maker.ts';

interface CommunicationTasksProps {
  readonly environment: Environment;
  readonly ledger: Ledger;
  readonly topics: AudienceTopics;
  readonly approval: ApprovalTasks;
}

/** Who tells people, who takes what they answer, who writes the report, and who notices that nobody was told. */
export class CommunicationTasks extends Construct {
  readonly sendNotice: TaskFunction<SendNotice>;
  readonly acknowledgeIncident: TaskFunction<AcknowledgeIncident>;
  /** Absent where Slack messages have no buttons. */
  readonly answerSlack?: TaskFunction<AnswerSlack>;
  readonly writeReport: TaskFunction<WriteReport>;
  readonly watchUpdates: TaskFunction<WatchUpdates>;

  constructor(
    scope: Construct,
    id: string,
    { environment, ledger, topics, approval }: CommunicationTasksProps,
  ) {
    super(scope, id);
    const named = names(environment);
    const { region } = environment.sites.standby;
    const { channels, application } = environment;
    const { slack } = channels;
    const task = taskMaker(this, environment);
    const common = { environment: environment.name, ledgerBucket: ledger.bucketName };
    const about = { ...common, application: application.name };
    const sendNotice = { region, functionName: `${named.prefix}-send-notice` };
    const { signingSecret } = approval;

    this.acknowledgeIncident = task<AcknowledgeIncident>(
      'acknowledge-incident',
      { ...about, signingSecret, sendNotice },
      { timeout: 50 },
    );
    ledger.grant(this.acknowledgeIncident, ['lock'], ['incidents']);
    grantSecret(this.acknowledgeIncident, signingSecret);
    // Who follows a link has no AWS identity; its signature, its deadline and the name on the form are the proof.
    const acknowledgeUrl = this.acknowledgeIncident.function.addFunctionUrl({
      authType: lambda.FunctionUrlAuthType.NONE,
    });

    if (slack?.signingSecret !== undefined) {
      this.answerSlack = task<AnswerSlack>(
        'answer-slack',
        {
          ...about,
          slackSigningSecret: slack.signingSecret,
          tokenSecret: slack.tokenSecret,
          channel: slack.channel,
          sendNotice,
        },
        { timeout: 50 },
      );
      ledger.grant(this.answerSlack, [], ['approvals', 'incidents']);
      grantSecret(this.answerSlack, slack.signingSecret);
      grantSecret(this.answerSlack, slack.tokenSecret);
      approval.allowAnswersOf(this.answerSlack);
      // Slack has no AWS identity; it signs each request with the secret of its app.
      const buttons = this.answerSlack.function.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
      new CfnOutput(this, 'SlackRequestUrl', {
        value: buttons.url,
        description: "Interactivity request URL of the environment's Slack app",
      });
    }

    const page = channels.page ? new StatusPage(this, 'StatusPage', { environment }) : undefined;
    if (page) {
      new CfnOutput(this, 'StatusPageUrl', {
        value: page.url,
        description: 'The status page, for everybody',
      });
    }
    // A dark ledger takes it twelve seconds before and after the channels, and a try that is cut off between
    // telling and recording tells everybody again.
    this.sendNotice = task<SendNotice>(
      'send-notice',
      { ...common, ...communicationOf(environment), signingSecret },
      {
        timeout: 50,
        variables: {
          LINKS: Stack.of(this).toJsonString({
            answerUrl: approval.answerUrl,
            acknowledgeUrl: acknowledgeUrl.url,
            ...(page ? { pageUrl: page.url } : {}),
          }),
        },
      },
    );
    ledger.grant(this.sendNotice, ['approvals'], ['incidents']);
    topics.grant(this.sendNotice, 'everybody');
    page?.grantTo(this.sendNotice);
    this.#mayMail(environment);
    for (const secret of new Set([
      signingSecret,
      ...(slack ? [slack.tokenSecret] : []),
      ...(channels.pagerduty ? [channels.pagerduty.routingKeySecret] : []),
      ...(channels.ticket ? [channels.ticket.tokenSecret] : []),
      ...(channels.statuspage ? [channels.statuspage.keySecret] : []),
    ])) {
      grantSecret(this.sendNotice, secret);
    }
    for (const caller of [this.acknowledgeIncident, ...(this.answerSlack ? [this.answerSlack] : [])]) {
      runsFunctions(caller, [named.functionArn(region, 'send-notice')]);
    }

    this.writeReport = task<WriteReport>(
      'write-report',
      { ...about, publicName: named.publicName },
      { timeout: 50 },
    );
    ledger.grant(this.writeReport, [], ['incidents', 'reports']);

    const { quiet } = environment.communication;
    this.watchUpdates = task<WatchUpdates>('watch-updates', {
      ...common,
      region,
      ...(quiet ? { quiet } : {}),
      ...(page
        ? {
            page: {
              bucket: page.bucketName,
              application: application.name,
              publicName: named.publicName,
            },
          }
        : {}),
    });
    page?.grantTo(this.watchUpdates);
    ledger.grant(this.watchUpdates, ['lock', 'incidents'], []);
    grantMetrics(this.watchUpdates);
    new cloudwatch.CfnAlarm(this, 'UpdateOverdue', {
      alarmName: named.updateOverdue,
      alarmDescription: described(
        'ALARM: an incident is open, and an update that was promised has not come. INSUFFICIENT_DATA: nobody has ' +
          'looked for five minutes whether one has',
        'update-overdue',
      ),
      namespace: 'Lifeboat',
      metricName: 'UpdateOverdue',
      dimensions: [{ name: 'Environment', value: environment.name }],
      statistic: 'Maximum',
      period: 60,
      // One minute that says so rings; five in which nobody has looked ring, too. Were these breaching, a new
      // environment would ring before its first look.
      evaluationPeriods: 5,
      datapointsToAlarm: 1,
      threshold: 1,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      alarmActions: [...named.oncallTopicArns],
      insufficientDataActions: [...named.oncallTopicArns],
      treatMissingData: 'missing',
    });
  }

  /** By SES, from one address alone. */
  #mayMail({ channels, account, sites }: Environment): void {
    if (!channels.email) return;
    const { from } = channels.email;
    const identity = (name: string) => `arn:aws:ses:${sites.standby.region}:${account}:identity/${name}`;
    this.sendNotice.allow(
      ['ses:SendEmail'],
      // The address itself may be verified, or its domain.
      [identity(from), identity(from.split('@')[1] ?? from)],
      { StringEquals: { 'ses:FromAddress': from } },
    );
  }
}
