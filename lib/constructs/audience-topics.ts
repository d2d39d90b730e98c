import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Audience } from '../../lambdas/incident/contract.ts';
import type { Environment } from '../config/schema.ts';
import type { TaskFunction } from './task-function.ts';

export const audiences = [
  'oncall',
  'management',
  'customers',
  'partners',
] as const satisfies readonly Audience[];

/** One encrypted topic per audience, subscribed by the environment's contacts. */
export class AudienceTopics extends Construct {
  readonly topics: Readonly<Record<Audience, sns.Topic>>;
  readonly key: kms.Key;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    this.key = new kms.Key(this, 'Key', {
      description: `Notices of lifeboat-${environment.name}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Alarms and rules publish to the on-call topic themselves, and SNS then asks for the key in their name.
    this.key.grant(
      new iam.ServicePrincipal('cloudwatch.amazonaws.com'),
      'kms:Decrypt',
      'kms:GenerateDataKey',
    );
    this.key.grant(new iam.ServicePrincipal('events.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey');
    const topicFor = (audience: Audience) => {
      const topic = new sns.Topic(this, audience, {
        topicName: `lifeboat-${environment.name}-${audience}`,
        displayName: `Lifeboat ${environment.name}`,
        masterKey: this.key,
        enforceSSL: true,
      });
      const contacts = environment.contacts[audience];
      // Two people may share a mailbox or the telephone of the shift; it is told once.
      for (const email of new Set(contacts.map((contact) => contact.email)))
        topic.addSubscription(new subscriptions.EmailSubscription(email));
      for (const phone of new Set(contacts.flatMap((contact) => contact.phone ?? [])))
        topic.addSubscription(new subscriptions.SmsSubscription(phone));
      return topic;
    };
    this.topics = {
      oncall: topicFor('oncall'),
      management: topicFor('management'),
      customers: topicFor('customers'),
      partners: topicFor('partners'),
    };
    // The policy that asks for TLS replaces the default one, by which alarms may publish.
    this.topics.oncall.grantPublish(new iam.ServicePrincipal('cloudwatch.amazonaws.com'));
  }

  /** Let a task publish to these audiences. */
  grant(task: TaskFunction<unknown>, to: readonly Audience[]): void {
    task.allow(
      ['sns:Publish'],
      to.map((audience) => this.topics[audience].topicArn),
    );
    task.allow(['kms:Decrypt', 'kms:GenerateDataKey'], [this.key.keyArn]);
  }
}
