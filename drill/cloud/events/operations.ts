import type {
  DescribeRuleRequest,
  DescribeRuleResponse,
  ListEventBusesRequest,
  ListEventBusesResponse,
  ListRulesRequest,
  ListRulesResponse,
  ListTargetsByRuleRequest,
  ListTargetsByRuleResponse,
  PutEventsRequest,
  PutEventsRequestEntry,
  PutEventsResponse,
  TestEventPatternRequest,
  TestEventPatternResponse,
} from '@aws-sdk/client-eventbridge';
import { AwsError, operation, type CallContext, type EventBus, type Operation } from '../contract.ts';
import { readPattern } from './pattern.ts';
import { eventSeconds, type Rule } from './rule.ts';

interface Parts {
  readonly rules: () => readonly Rule[];
  /** The id that the event got. */
  readonly put: (region: string, event: Parameters<EventBus['put']>[0]) => string;
}

/** Bytes of one PutEvents request. */
const MAX_REQUEST = 1_048_576;

const busArn = ({ region, account }: CallContext, name = 'default') =>
  name.startsWith('arn:') ? name : `arn:aws:events:${region}:${account}:event-bus/${name}`;
const ruleArn = ({ region, account }: CallContext, name = '') =>
  `arn:aws:events:${region}:${account}:rule/${name}`;

export function eventOperations({ rules, put }: Parts): Record<string, Operation> {
  const inRegion = (region: string) => rules().filter((rule) => rule.region === region);
  const find = (name: string, region: string) => {
    const rule = inRegion(region).find((one) => one.name === name);
    if (!rule)
      throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    return rule;
  };

  return {
    PutEvents: operation<PutEventsRequest, PutEventsResponse>({
      permissions: ({ Entries = [] }, call) =>
        [...new Set(Entries.map(({ EventBusName }) => busArn(call, EventBusName)))].map((resource) => ({
          action: 'events:PutEvents',
          resource,
        })),
      run: ({ Entries = [] }, call) => {
        if (Entries.length < 1 || Entries.length > 10) {
          throw new AwsError('ValidationException', 'PutEvents takes 1 to 10 entries.');
        }
        if (Buffer.byteLength(JSON.stringify(Entries)) > MAX_REQUEST) {
          throw new AwsError(
            'ValidationException',
            'Total size of the entries in the request is over the limit.',
          );
        }
        const results = Entries.map((entry) => putEntry(entry, call, put));
        return {
          FailedEntryCount: results.filter(({ ErrorCode }) => ErrorCode !== undefined).length,
          Entries: results,
        };
      },
    }),

    ListEventBuses: operation<ListEventBusesRequest, ListEventBusesResponse>({
      permissions: () => [{ action: 'events:ListEventBuses', resource: '*' }],
      run: (_, call) => ({ EventBuses: [{ Name: 'default', Arn: busArn(call) }] }),
    }),

    ListRules: operation<ListRulesRequest, ListRulesResponse>({
      permissions: () => [{ action: 'events:ListRules', resource: '*' }],
      run: ({ NamePrefix = '' }, { region }) => ({
        Rules: inRegion(region)
          .filter(({ name }) => name.startsWith(NamePrefix))
          .map(describe),
      }),
    }),

    DescribeRule: operation<DescribeRuleRequest, DescribeRuleResponse>({
      permissions: ({ Name }, call) => [{ action: 'events:DescribeRule', resource: ruleArn(call, Name) }],
      run: ({ Name = '' }, { region }) => describe(find(Name, region)),
    }),

    ListTargetsByRule: operation<ListTargetsByRuleRequest, ListTargetsByRuleResponse>({
      permissions: ({ Rule }, call) => [
        { action: 'events:ListTargetsByRule', resource: ruleArn(call, Rule) },
      ],
      run: ({ Rule = '' }, { region }) => ({
        Targets: find(Rule, region).targets.map(({ id, arn, roleArn, settings, retry }) => ({
          Id: id,
          Arn: arn,
          RoleArn: roleArn,
          Input: settings.Input,
          InputPath: settings.InputPath,
          ...(settings.InputTransformer && { InputTransformer: { ...settings.InputTransformer } }),
          RetryPolicy: { ...retry.RetryPolicy },
          ...(retry.DeadLetterConfig && { DeadLetterConfig: { ...retry.DeadLetterConfig } }),
        })),
      }),
    }),

    TestEventPattern: operation<TestEventPatternRequest, TestEventPatternResponse>({
      permissions: () => [{ action: 'events:TestEventPattern', resource: '*' }],
      run: ({ EventPattern = '', Event = '' }) => {
        let event: unknown;
        try {
          event = JSON.parse(Event);
        } catch {
          throw new AwsError('InvalidEventPatternException', 'Event is not valid. Reason: it is not JSON');
        }
        return { Result: readPattern(EventPattern)(event) };
      },
    }),
  };
}

function putEntry(
  {
    Source,
    DetailType,
    Detail = '{}',
    Resources = [],
    Time,
    EventBusName = 'default',
  }: PutEventsRequestEntry,
  call: CallContext,
  put: Parts['put'],
): NonNullable<PutEventsResponse['Entries']>[number] {
  const failed = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
  if (!Source || !DetailType)
    return failed('InvalidArgument', 'Parameter Source and DetailType are required.');
  if (Source.startsWith('aws.'))
    return failed('NotAuthorizedForSourceException', `Not authorized for the source ${Source}.`);
  if (busArn(call, EventBusName) !== busArn(call))
    return failed('ResourceNotFoundException', `No bus ${EventBusName}.`);
  let detail: unknown;
  try {
    detail = JSON.parse(Detail);
  } catch {
    detail = undefined;
  }
  if (typeof detail !== 'object' || detail === null) return failed('MalformedDetail', 'Detail is malformed.');
  return {
    EventId: put(call.region, {
      source: Source,
      'detail-type': DetailType,
      region: call.region,
      resources: Resources,
      detail,
      ...(Time && { time: eventSeconds(Time.getTime()) }),
    }),
  };
}

function describe({ name, arn, description, enabled, patternText, scheduleText }: Rule) {
  return {
    Name: name,
    Arn: arn,
    Description: description,
    State: enabled ? ('ENABLED' as const) : ('DISABLED' as const),
    EventPattern: patternText,
    ScheduleExpression: scheduleText,
    EventBusName: 'default',
  };
}
