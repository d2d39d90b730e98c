import type {
  GetScheduleInput,
  GetScheduleOutput,
  ListSchedulesInput,
  ListSchedulesOutput,
} from '@aws-sdk/client-scheduler';
import * as z from 'zod';
import type { Cancel } from '../../clock.ts';
import {
  AwsError,
  operation,
  type CallContext,
  type CloudService,
  type DeployedResource,
  type ExecutionStarter,
  type Foundation,
} from '../contract.ts';
import { deliver, retryProperties, type RetrySettings } from '../events/delivery.ts';
import type { FunctionQueue } from '../lambda/contract.ts';
import { readProperties } from '../template-properties.ts';
import { uuid } from '../uuid.ts';
import { readScheduleExpression, type ScheduleExpression } from './expression.ts';

interface SchedulerNeeds {
  readonly functions: FunctionQueue;
  readonly starter: ExecutionStarter;
}

export interface Scheduler {
  readonly service: CloudService;
  /** @param deployedFor how long ago everything was deployed, milliseconds: rates count from then; default 0 */
  start(deployedFor?: number): void;
  stop(): void;
}

interface Schedule {
  readonly region: string;
  readonly arn: string;
  readonly name: string;
  readonly group: string;
  readonly description: string | undefined;
  readonly enabled: boolean;
  readonly text: string;
  readonly next: ScheduleExpression;
  readonly createdAt: number;
  readonly target: RetrySettings & {
    readonly Arn: string;
    readonly RoleArn: string;
    readonly Input?: string | undefined;
  };
}

const scheduleProperties = z.strictObject({
  Name: z.string().max(64).optional(),
  GroupName: z.string().default('default'),
  Description: z.string().optional(),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.enum(['UTC', 'Etc/UTC'], 'only UTC is modelled').optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF', 'only OFF is modelled') }),
  KmsKeyArn: z.string().optional(),
  Target: z.strictObject({
    Arn: z.string().regex(/^arn:aws:(lambda|states):/, 'only functions and state machines are modelled'),
    RoleArn: z.string(),
    Input: z.string().optional(),
    ...retryProperties,
  }),
});

const MINUTE = 60_000;

/**
 * EventBridge Scheduler. A schedule fires at the full minute; AWS promises no more than "within the minute".
 * Nothing fires before `start`.
 */
export function scheduler(foundation: Foundation, needs: SchedulerNeeds): Scheduler {
  const { clock, authorizer } = foundation;
  const schedules = new Map<string, Schedule>();
  const planned = new Map<string, Cancel>();
  let started = false;
  let age = 0;

  function plan(schedule: Schedule, after: number): void {
    const next = schedule.enabled ? schedule.next(after, schedule.createdAt - age) : undefined;
    if (next === undefined) return;
    const cancel = clock.at(next, () => {
      // What was held while the world stood still is fired once, not for each minute of it.
      plan(schedule, Math.max(next, clock.stoodStillUntil?.() ?? next));
      fire(schedule, next);
    });
    planned.set(schedule.arn, cancel);
  }

  function fire({ target, name, arn }: Schedule, scheduled: number): void {
    const execution = uuid(foundation);
    deliver(foundation, {
      actor: 'Scheduler',
      what: `schedule ${name} for ${target.Arn}`,
      retry: target,
      attempt: (number) => {
        const input = (target.Input ?? '{}')
          .replaceAll('<aws.scheduler.schedule-arn>', arn)
          .replaceAll(
            '<aws.scheduler.scheduled-time>',
            new Date(scheduled).toISOString().replace('.000Z', 'Z'),
          )
          .replaceAll('<aws.scheduler.execution-id>', execution)
          .replaceAll('<aws.scheduler.attempt-number>', String(number));
        const role = authorizer.role(target.RoleArn);
        if (target.Arn.startsWith('arn:aws:lambda:')) {
          needs.functions.enqueue(target.Arn, JSON.parse(input), { role });
        } else {
          authorizer.authorize(role, { action: 'states:StartExecution', resource: target.Arn });
          needs.starter.start({ stateMachineArn: target.Arn, input });
        }
      },
    });
  }

  function create(resource: DeployedResource) {
    const read = readProperties(resource, scheduleProperties);
    const { region, account, stack, logicalId } = resource;
    const name = read.Name ?? `${stack}-${logicalId}`.slice(0, 64);
    const schedule: Schedule = {
      region,
      name,
      arn: `arn:aws:scheduler:${region}:${account}:schedule/${read.GroupName}/${name}`,
      group: read.GroupName,
      description: read.Description,
      enabled: read.State === 'ENABLED',
      text: read.ScheduleExpression,
      next: readScheduleExpression(read.ScheduleExpression),
      createdAt: Math.floor(clock.now() / MINUTE) * MINUTE,
      target: read.Target,
    };
    if (schedules.has(schedule.arn)) throw new Error(`there are two schedules ${schedule.arn}`);
    schedules.set(schedule.arn, schedule);
    if (started) plan(schedule, clock.now());
    return { ref: name, attributes: { Arn: schedule.arn } };
  }

  return {
    service: {
      signingName: 'scheduler',
      operations: operations(schedules),
      resources: {
        'AWS::Scheduler::Schedule': create,
        'AWS::Scheduler::ScheduleGroup': ({ properties, region, account, stack, logicalId }) => {
          const given = properties['Name'];
          const name = typeof given === 'string' ? given : `${stack}-${logicalId}`;
          return {
            ref: name,
            attributes: { Arn: `arn:aws:scheduler:${region}:${account}:schedule-group/${name}` },
          };
        },
      },
    },
    start(deployedFor = 0) {
      if (started) return;
      started = true;
      age = deployedFor;
      for (const schedule of schedules.values()) plan(schedule, clock.now());
    },
    stop() {
      started = false;
      for (const cancel of planned.values()) cancel();
      planned.clear();
    },
  };
}

function operations(schedules: ReadonlyMap<string, Schedule>): CloudService['operations'] {
  const arnOf = ({ region, account }: CallContext, group = 'default', name = '*') =>
    `arn:aws:scheduler:${region}:${account}:schedule/${group}/${name}`;
  return {
    ListSchedules: operation<ListSchedulesInput, ListSchedulesOutput>({
      permissions: (_, call) => [{ action: 'scheduler:ListSchedules', resource: arnOf(call, '*') }],
      run: ({ NamePrefix = '', GroupName }, { region }) => ({
        Schedules: [...schedules.values()]
          .filter(
            (one) =>
              one.region === region &&
              one.name.startsWith(NamePrefix) &&
              (GroupName ?? one.group) === one.group,
          )
          .map(({ arn, name, group, enabled, createdAt, target }) => ({
            Arn: arn,
            Name: name,
            GroupName: group,
            State: enabled ? 'ENABLED' : 'DISABLED',
            CreationDate: new Date(createdAt),
            LastModificationDate: new Date(createdAt),
            Target: { Arn: target.Arn },
          })),
      }),
    }),

    GetSchedule: operation<GetScheduleInput, GetScheduleOutput>({
      permissions: ({ GroupName, Name }, call) => [
        { action: 'scheduler:GetSchedule', resource: arnOf(call, GroupName, Name) },
      ],
      run: ({ GroupName, Name }, call) => {
        const schedule = schedules.get(arnOf(call, GroupName, Name));
        if (!schedule) {
          throw new AwsError('ResourceNotFoundException', `Schedule ${Name ?? ''} does not exist.`, 404);
        }
        const { arn, name, group, enabled, description, text, createdAt, target } = schedule;
        return {
          Arn: arn,
          Name: name,
          GroupName: group,
          Description: description,
          State: enabled ? 'ENABLED' : 'DISABLED',
          ScheduleExpression: text,
          ScheduleExpressionTimezone: 'UTC',
          FlexibleTimeWindow: { Mode: 'OFF' },
          CreationDate: new Date(createdAt),
          LastModificationDate: new Date(createdAt),
          Target: {
            Arn: target.Arn,
            RoleArn: target.RoleArn,
            Input: target.Input,
            RetryPolicy: { ...target.RetryPolicy },
            ...(target.DeadLetterConfig && { DeadLetterConfig: { ...target.DeadLetterConfig } }),
          },
        };
      },
    }),
  };
}
