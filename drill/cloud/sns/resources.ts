import * as z from 'zod';
import type { CreateResource } from '../contract.ts';
import { readPolicy, type Statement } from '../iam/policy.ts';
import { readProperties } from '../template-properties.ts';

const protocols = ['email', 'email-json', 'sms', 'https'] as const;
export type SubscriptionProtocol = (typeof protocols)[number];

const inert = z.unknown().optional();

const subscription = z.strictObject({ Protocol: z.enum(protocols), Endpoint: z.string().min(1) });

const topic = z.strictObject({
  TopicName: z
    .string()
    .regex(/^[\w-]{1,256}$/, 'is not a name that a topic can have')
    .optional(),
  DisplayName: z.string().max(100).optional(),
  KmsMasterKeyId: z.string().optional(),
  Subscription: z.array(subscription).optional(),
  Tags: inert,
  TracingConfig: inert,
});

const topicSubscription = subscription.extend({
  TopicArn: z.string(),
  Region: z.string().optional(),
  RawMessageDelivery: z.boolean().optional(),
  DeliveryPolicy: inert,
});

const topicPolicy = z.strictObject({ Topics: z.array(z.string()).min(1), PolicyDocument: z.unknown() });

interface TopicStore {
  create(topic: {
    readonly arn: string;
    readonly name: string;
    readonly region: string;
    readonly displayName: string;
    /** ARN of the key that encrypts it, or `alias/aws/sns`. */
    readonly key: string | undefined;
  }): void;
  /** @throws AwsError when there is no such topic, here and below */
  subscribe(topicArn: string, protocol: SubscriptionProtocol, endpoint: string): { readonly arn: string };
  replacePolicy(topicArn: string, statements: readonly Statement[]): void;
}

/** `AWS::SNS::Topic`, `AWS::SNS::Subscription` and `AWS::SNS::TopicPolicy`. */
export function topicResources(store: TopicStore): Readonly<Record<string, CreateResource>> {
  return {
    'AWS::SNS::Topic': (resource) => {
      const properties = readProperties(resource, topic);
      const { region, account, stack, logicalId } = resource;
      const name = properties.TopicName ?? `${stack}-${logicalId}`;
      const arn = `arn:aws:sns:${region}:${account}:${name}`;
      const { DisplayName: displayName = '', KmsMasterKeyId: given } = properties;
      const named = given === undefined || given.startsWith('arn:') || given.startsWith('alias/');
      const key = named ? given : `arn:aws:kms:${region}:${account}:key/${given}`;
      store.create({ arn, name, region, displayName, key });
      for (const { Protocol, Endpoint } of properties.Subscription ?? []) {
        store.subscribe(arn, Protocol, Endpoint);
      }
      return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
    },
    'AWS::SNS::Subscription': (resource) => {
      const { TopicArn, Protocol, Endpoint } = readProperties(resource, topicSubscription);
      const { arn } = store.subscribe(TopicArn, Protocol, Endpoint);
      return { ref: arn, attributes: { Arn: arn } };
    },
    'AWS::SNS::TopicPolicy': (resource) => {
      const { Topics, PolicyDocument } = readProperties(resource, topicPolicy);
      const statements = readPolicy(PolicyDocument, 'resource');
      for (const arn of Topics) store.replacePolicy(arn, statements);
      return { ref: resource.logicalId, attributes: { Id: resource.logicalId } };
    },
  };
}
