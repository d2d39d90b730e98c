import * as z from 'zod';
import type { AwsEvent, DeployedResource, Foundation } from '../contract.ts';
import { readScheduleExpression, type ScheduleExpression } from '../scheduler/expression.ts';
import { readProperties } from '../template-properties.ts';
import { retryProperties, type RetrySettings } from './delivery.ts';
import { readPattern, type EventPattern } from './pattern.ts';
import { inputProperties, readTargetInput, type InputSettings, type TargetInput } from './target-input.ts';

type TargetKind = 'event bus' | 'state machine' | 'function' | 'topic';

export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly kind: TargetKind;
  readonly roleArn: string | undefined;
  readonly input: TargetInput;
  readonly retry: RetrySettings;
  /** As the template gave it, for those who list it. */
  readonly settings: InputSettings;
}

export interface Rule {
  readonly region: string;
  readonly arn: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly enabled: boolean;
  readonly patternText: string | undefined;
  readonly matches: EventPattern;
  readonly scheduleText: string | undefined;
  readonly schedule: ScheduleExpression | undefined;
  readonly targets: readonly Target[];
}

const kinds: readonly (readonly [RegExp, TargetKind])[] = [
  [/^arn:aws:events:[a-z0-9-]+:\d{12}:event-bus\/default$/, 'event bus'],
  [/^arn:aws:states:[a-z0-9-]+:\d{12}:stateMachine:.+$/, 'state machine'],
  [/^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:.+$/, 'function'],
  [/^arn:aws:sns:[a-z0-9-]+:\d{12}:.+$/, 'topic'],
];

const targetProperties = z.strictObject({
  Id: z.string(),
  Arn: z
    .string()
    .refine(
      (arn) => kindOf(arn) !== undefined,
      'only default buses, state machines, functions and topics are modelled',
    ),
  RoleArn: z.string().optional(),
  ...inputProperties,
  ...retryProperties,
});

const ruleProperties = z.strictObject({
  Name: z.string().max(64).optional(),
  Description: z.string().optional(),
  EventBusName: z
    .string()
    .regex(/^(default|arn:aws:events:.*:event-bus\/default)$/, 'only default buses are modelled')
    .optional(),
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  ScheduleExpression: z.string().optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(targetProperties).max(5, 'a rule has at most five targets').default([]),
  Tags: z.unknown().optional(),
});

/**
 * Read an `AWS::Events::Rule`.
 *
 * @throws Error for what is not modelled; a target in another region or a state machine without a role
 * @throws AwsError `InvalidEventPatternException`, `ValidationException`
 */
export function readRule(resource: DeployedResource): Rule {
  const read = readProperties(resource, ruleProperties);
  const { region, account, stack, logicalId } = resource;
  if (read.EventPattern === undefined && read.ScheduleExpression === undefined) {
    throw new Error(`stack ${stack}: ${logicalId}: a rule needs an EventPattern or a ScheduleExpression`);
  }
  const name = read.Name ?? `${stack}-${logicalId}`.slice(0, 64);
  const arn = `arn:aws:events:${region}:${account}:rule/${name}`;
  const schedule = read.ScheduleExpression;
  return {
    region,
    arn,
    name,
    description: read.Description,
    enabled: read.State === 'ENABLED',
    patternText: read.EventPattern && JSON.stringify(read.EventPattern),
    matches: read.EventPattern ? readPattern(read.EventPattern) : () => false,
    scheduleText: schedule,
    schedule: schedule === undefined ? undefined : readScheduleExpression(schedule),
    targets: read.Targets.map((target) => {
      const kind = kindOf(target.Arn) ?? 'event bus';
      if ((kind === 'event bus' || kind === 'state machine') && target.RoleArn === undefined) {
        throw new Error(`stack ${stack}: ${logicalId}: target ${target.Id} (${kind}) needs a RoleArn`);
      }
      const { Input, InputPath, InputTransformer } = target;
      const settings = { Input, InputPath, InputTransformer };
      return {
        id: target.Id,
        arn: target.Arn,
        kind,
        roleArn: target.RoleArn,
        retry: target,
        input: readTargetInput(settings, { arn, name }),
        settings,
      };
    }),
  };
}

function kindOf(arn: string): TargetKind | undefined {
  return kinds.find(([form]) => form.test(arn))?.[1];
}

/** The event of a rule that runs on a schedule. */
export function scheduledEvent(
  rule: Rule,
  foundation: Pick<Foundation, 'account'>,
  id: string,
  at: number,
): AwsEvent {
  return {
    version: '0',
    id,
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: foundation.account,
    time: eventSeconds(at),
    region: rule.region,
    resources: [rule.arn],
    detail: {},
  };
}

/** `2026-11-23T04:00:00Z` */
export function eventSeconds(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
