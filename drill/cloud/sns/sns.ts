import type {
  GetTopicAttributesInput,
  GetTopicAttributesResponse,
  ListSubscriptionsByTopicInput,
  ListSubscriptionsByTopicResponse,
  ListTopicsInput,
  ListTopicsResponse,
  PublishInput,
  PublishResponse,
} from '@aws-sdk/client-sns';
import type { Postman } from '../../world/inboxes/mail.ts';
import { AwsError, operation, type CloudService, type Foundation, type Permission } from '../contract.ts';
import { applies, denies, namesService, type PolicyRequest, type Statement } from '../iam/policy.ts';
import { uuid } from '../uuid.ts';
import { contentFor, requireValid } from './message.ts';
import { topicResources, type SubscriptionProtocol } from './resources.ts';

/** A message as one subscriber got it. */
interface DeliveredMessage {
  /** Incident time, milliseconds since the epoch. */
  readonly at: number;
  readonly topicArn: string;
  readonly topicName: string;
  readonly region: string;
  readonly protocol: SubscriptionProtocol;
  readonly endpoint: string;
  readonly subject?: string;
  readonly message: string;
}

/** Publishes in the name of a service of AWS; `sourceArn` is the alarm or rule, for the topic's policy. */
type PublishAsService = (
  topicArn: string,
  subject: string | undefined,
  message: string,
  sourceArn?: string,
) => void;

export interface Notifications {
  readonly service: CloudService;
  /**
   * How CloudWatch (`cloudwatch.amazonaws.com`) or EventBridge (`events.amazonaws.com`) publishes: as far as the
   * topic's policy and its key let it.
   *
   * @param failed told of what could not be published; without it the error is thrown, for those who retry
   */
  publisher(service: string, failed?: (error: AwsError) => void): PublishAsService;
  /** Every delivery so far, oldest first. */
  messages(): readonly DeliveredMessage[];
  /** Publishing to this topic fails from here on; undefined: it fails nowhere any more. */
  fail(topicArn: string | undefined): void;
  /** Calls to publish that are throttled, to topics whose name ends so; undefined: none is any more. */
  throttle(which: ((topicName: string) => boolean) | undefined): void;
}

interface Topic {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly displayName: string;
  readonly key: string | undefined;
  readonly subscriptions: {
    readonly arn: string;
    readonly protocol: SubscriptionProtocol;
    readonly endpoint: string;
  }[];
  /** Undefined: the policy that every topic has at first, by which the owner's own CloudWatch may publish. */
  policy: Statement[] | undefined;
}

/** Key that AWS manages: anybody in the account may use it through SNS, services of AWS may not. */
const AWS_MANAGED_KEY = 'alias/aws/sns';

/** Amazon SNS: topics and subscriptions of the template; deliveries are kept for the world's inboxes. */
export function notifications(
  { account, clock, id }: Foundation,
  { postman }: { readonly postman?: Postman } = {},
): Notifications {
  const topics = new Map<string, Topic>();
  const delivered: DeliveredMessage[] = [];
  const failing = new Set<string>();
  let throttled: (topicName: string) => boolean = () => false;

  function find(arn: string | undefined): Topic {
    const topic = topics.get(arn ?? '');
    if (!topic) throw new AwsError('NotFoundException', 'Topic does not exist', 404);
    return topic;
  }

  function inRegion(arn: string | undefined, region: string): Topic {
    if (arn?.split(':')[3] !== region) {
      throw new AwsError('InvalidParameterException', 'Invalid parameter: TopicArn');
    }
    return find(arn);
  }

  function deliver(topic: Topic, message: string, subject?: string, structured = false): string {
    if (failing.has(topic.arn)) {
      throw new AwsError('InternalErrorException', 'The service could not publish the message.', 500);
    }
    for (const { arn, protocol, endpoint } of topic.subscriptions) {
      const content = structured ? contentFor(protocol, message) : message;
      if (protocol === 'email') {
        const from = `${topic.displayName === '' ? 'AWS Notifications' : topic.displayName} <no-reply@sns.amazonaws.com>`;
        postman?.post({
          from,
          to: endpoint,
          subject: subject ?? 'AWS Notification Message',
          text: `${content}\n\n${unsubscribe(topic.region, arn, endpoint)}`,
        });
      }
      delivered.push({
        at: clock.now(),
        topicArn: topic.arn,
        topicName: topic.name,
        region: topic.region,
        protocol,
        endpoint,
        ...(subject === undefined ? {} : { subject }),
        message: content,
      });
    }
    return uuid({ id });
  }

  const on =
    (action: string) =>
    ({ TopicArn = '*' }: { TopicArn?: string | undefined }): Permission[] => [{ action, resource: TopicArn }];

  /** Publishing, and the key of a topic that is encrypted with one of the account's own. */
  function publishing(input: PublishInput): Permission[] {
    const arn = input.TopicArn ?? input.TargetArn ?? '*';
    const key = topics.get(arn)?.key;
    const needsKey = key !== undefined && key !== AWS_MANAGED_KEY;
    return [
      { action: 'sns:Publish', resource: arn },
      ...(needsKey
        ? ['kms:GenerateDataKey', 'kms:Decrypt'].map((action) => ({ action, resource: key }))
        : []),
    ];
  }

  function requireServiceMay(topic: Topic, by: string, sourceArn: string | undefined): void {
    const request: PolicyRequest = {
      action: 'sns:Publish',
      resource: topic.arn,
      context: {
        'aws:SecureTransport': 'true',
        'aws:SourceAccount': account,
        'aws:SourceOwner': account,
        ...(sourceArn === undefined ? {} : { 'aws:SourceArn': sourceArn }),
      },
    };
    const allowed =
      topic.policy === undefined
        ? by === 'cloudwatch.amazonaws.com'
        : topic.policy.some(
            (one) => one.effect === 'Allow' && namesService(one, by) && applies(one, request),
          ) &&
          !topic.policy.some(
            (one) => one.effect === 'Deny' && namesService(one, by) && applies(one, request),
          );
    if (!allowed) {
      throw new AwsError(
        'AuthorizationErrorException',
        `${by} is not authorized to perform: sns:Publish on resource: ${topic.arn}: its policy does not let it`,
        403,
      );
    }
    if (topic.key === AWS_MANAGED_KEY) {
      throw new AwsError(
        'KMSAccessDeniedException',
        `${by} cannot publish to ${topic.arn}: it is encrypted with ${AWS_MANAGED_KEY}, whose policy cannot name it`,
        400,
      );
    }
  }

  const service: CloudService = {
    signingName: 'sns',
    operations: {
      Publish: operation<PublishInput, PublishResponse>({
        permissions: publishing,
        run(input, { region, principal }) {
          requireValid(input);
          const topic = inRegion(input.TopicArn ?? input.TargetArn, region);
          if (throttled(topic.name)) throw new AwsError('ThrottledException', 'Rate exceeded', 429);
          const request = {
            action: 'sns:Publish',
            resource: topic.arn,
            context: { 'aws:SecureTransport': 'true' },
          };
          if (denies(topic.policy ?? [], principal.arn, request)) {
            throw new AwsError(
              'AuthorizationErrorException',
              `User: ${principal.arn} is not authorized to perform: SNS:Publish on resource: ${topic.arn} with an explicit deny in a resource-based policy`,
              403,
            );
          }
          const { Message = '', Subject, MessageStructure } = input;
          return { MessageId: deliver(topic, Message, Subject, MessageStructure === 'json') };
        },
      }),
      ListTopics: operation<ListTopicsInput, ListTopicsResponse>({
        permissions: () => [{ action: 'sns:ListTopics', resource: '*' }],
        run: (_, { region }) => ({
          Topics: [...topics.values()]
            .filter((topic) => topic.region === region)
            .map(({ arn }) => ({ TopicArn: arn })),
        }),
      }),
      ListSubscriptionsByTopic: operation<ListSubscriptionsByTopicInput, ListSubscriptionsByTopicResponse>({
        permissions: on('sns:ListSubscriptionsByTopic'),
        run: ({ TopicArn }, { region }) => {
          const topic = inRegion(TopicArn, region);
          return {
            Subscriptions: topic.subscriptions.map(({ arn, protocol, endpoint }) => ({
              SubscriptionArn: arn,
              TopicArn: topic.arn,
              Owner: account,
              Protocol: protocol,
              Endpoint: endpoint,
            })),
          };
        },
      }),
      GetTopicAttributes: operation<GetTopicAttributesInput, GetTopicAttributesResponse>({
        permissions: on('sns:GetTopicAttributes'),
        run: ({ TopicArn }, { region }) => {
          const { arn, displayName, key, subscriptions } = inRegion(TopicArn, region);
          return {
            Attributes: {
              TopicArn: arn,
              Owner: account,
              DisplayName: displayName,
              SubscriptionsConfirmed: String(subscriptions.length),
              SubscriptionsPending: '0',
              SubscriptionsDeleted: '0',
              ...(key === undefined ? {} : { KmsMasterKeyId: key }),
            },
          };
        },
      }),
    },
    resources: topicResources({
      create(topic) {
        if (topics.has(topic.arn)) throw new Error(`two topics have the ARN ${topic.arn}`);
        topics.set(topic.arn, { ...topic, subscriptions: [], policy: undefined });
      },
      subscribe(topicArn, protocol, endpoint) {
        const arn = `${topicArn}:${uuid({ id })}`;
        find(topicArn).subscriptions.push({ arn, protocol, endpoint });
        return { arn };
      },
      replacePolicy(topicArn, statements) {
        const topic = find(topicArn);
        topic.policy = [...statements];
      },
    }),
  };

  return {
    service,
    publisher: (by, failed) => (topicArn, subject, message, sourceArn) => {
      try {
        requireValid({ Message: message, Subject: subject });
        const topic = find(topicArn);
        requireServiceMay(topic, by, sourceArn);
        deliver(topic, message, subject);
      } catch (error) {
        if (!failed || !(error instanceof AwsError)) throw error;
        failed(error);
      }
    },
    messages: () => delivered,
    fail(topicArn) {
      if (topicArn === undefined) failing.clear();
      else failing.add(find(topicArn).arn);
    },
    throttle(which) {
      throttled = which ?? (() => false);
    },
  };
}

/** What SNS puts below every mail. */
function unsubscribe(region: string, subscription: string, endpoint: string): string {
  return [
    '--',
    'If you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:',
    `https://sns.${region}.amazonaws.com/unsubscribe.html?SubscriptionArn=${subscription}&Endpoint=${endpoint}`,
  ].join('\n');
}
