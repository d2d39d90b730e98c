import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { addressed, contactsOf, emailsOf, phonesOf, type Addressed } from '../config/contacts.ts';
import type { Environment } from '../config/schema.ts';
import type { TaskFunction } from './task-function.ts';

type ByWay = Readonly<Partial<Record<Addressed, sns.Topic>>>;

/**
 * Encrypted topics, subscribed by the environment's contacts: for each audience one for mails, and one for text messages
 * where somebody has a telephone. Two, because a text message wakes people and costs money, and most notices are worth a
 * mail.
 */
export class AudienceTopics extends Construct {
  readonly email: ByWay;
  readonly sms: ByWay;
  /** Of those on call: what rings. */
  readonly oncall: readonly sns.Topic[];
  readonly key: kms.Key;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    this.key = new kms.Key(this, 'Key', {
      description: `Notices of lifeboat-${environment.name}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Alarms and rules publish to the on-call topics themselves, and SNS then asks for the key in their name.
    for (const service of ['cloudwatch.amazonaws.com', 'events.amazonaws.com']) {
      this.key.grant(new iam.ServicePrincipal(service), 'kms:Decrypt', 'kms:GenerateDataKey');
    }
    const topic = (suffix: string) =>
      new sns.Topic(this, suffix, {
        topicName: `lifeboat-${environment.name}-${suffix}`,
        displayName: `Lifeboat ${environment.name}`,
        masterKey: this.key,
        enforceSSL: true,
      });
    const email: Partial<Record<Addressed, sns.Topic>> = {};
    const sms: Partial<Record<Addressed, sns.Topic>> = {};
    for (const audience of addressed) {
      const contacts = contactsOf(environment, audience);
      for (const address of emailsOf(contacts)) {
        (email[audience] ??= topic(audience)).addSubscription(new subscriptions.EmailSubscription(address));
      }
      for (const phone of phonesOf(contacts)) {
        (sms[audience] ??= topic(`${audience}-sms`)).addSubscription(
          new subscriptions.SmsSubscription(phone),
        );
      }
    }
    this.email = email;
    this.sms = sms;
    this.oncall = [email.oncall, sms.oncall].filter((each) => each !== undefined);
    // The policy that asks for TLS replaces the default one, by which alarms may publish.
    for (const each of this.oncall) each.grantPublish(new iam.ServicePrincipal('cloudwatch.amazonaws.com'));
  }

  /** Let a task publish to those on call, or to everybody. */
  grant(task: TaskFunction<unknown>, to: 'oncall' | 'everybody'): void {
    const topics = to === 'oncall' ? this.oncall : [...Object.values(this.email), ...Object.values(this.sms)];
    task.allow(
      ['sns:Publish'],
      topics.map(({ topicArn }) => topicArn),
    );
    task.allow(['kms:Decrypt', 'kms:GenerateDataKey'], [this.key.keyArn]);
  }
}
