import * as z from 'zod';
import { AwsError, type DeployedResource, type Statistic } from '../contract.ts';
import { readProperties } from '../template-properties.ts';
import { parseAlarmRule, type AlarmRule } from './alarm-rule.ts';
import type { AlarmState, Rule } from './evaluation.ts';
import type { MetricId } from './metrics.ts';

export interface StateInfo {
  readonly value: AlarmState;
  readonly reason: string;
  /** JSON text. */
  readonly reasonData?: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** What an alarm watches: one metric, or other alarms. */
export type Watch =
  | {
      readonly kind: 'metric';
      readonly metric: MetricId;
      readonly statistic: Statistic;
      /** Seconds. */
      readonly period: number;
      readonly rule: Rule;
    }
  | { readonly kind: 'composite'; readonly text: string; readonly rule: AlarmRule };

export interface Alarm {
  readonly region: string;
  readonly arn: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly actionsEnabled: boolean;
  /** Topic ARNs. */
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>;
  readonly watch: Watch;
  readonly createdAt: number;
  state: StateInfo;
  readonly history: StateInfo[];
}

const topics = z
  .array(z.string().regex(/^arn:aws:sns:/, 'only SNS topics are modelled as actions'))
  .max(5)
  .default([]);

const common = {
  AlarmName: z.string().optional(),
  AlarmDescription: z.string().optional(),
  ActionsEnabled: z.boolean().default(true),
  AlarmActions: topics,
  OKActions: topics,
  InsufficientDataActions: topics,
  Tags: z.unknown().optional(),
};

const metricAlarm = z.strictObject({
  ...common,
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.strictObject({ Name: z.string(), Value: z.string() })).default([]),
  Statistic: z.enum(['Minimum', 'Maximum', 'Average', 'Sum', 'SampleCount']),
  Period: z.int().multipleOf(60, 'only periods of whole minutes are modelled'),
  EvaluationPeriods: z.int().min(1),
  DatapointsToAlarm: z.int().min(1).optional(),
  Threshold: z.number(),
  ComparisonOperator: z.enum([
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  TreatMissingData: z.enum(['missing', 'ignore', 'breaching', 'notBreaching']).default('missing'),
});

const compositeAlarm = z.strictObject({ ...common, AlarmRule: z.string().max(10_240) });

/** An `AWS::CloudWatch::Alarm` on one metric. */
export function readMetricAlarm(resource: DeployedResource, now: number): Alarm {
  const read = readProperties(resource, metricAlarm);
  const periods = read.EvaluationPeriods;
  const toAlarm = read.DatapointsToAlarm ?? periods;
  if (toAlarm > periods) {
    throw new AwsError(
      'ValidationError',
      `DatapointsToAlarm ${toAlarm} is more than EvaluationPeriods ${periods}`,
    );
  }
  const span = read.Period * periods;
  if (span > (read.Period < 3_600 ? 86_400 : 604_800)) {
    throw new AwsError(
      'ValidationError',
      `${periods} periods of ${read.Period} s are longer than CloudWatch evaluates`,
    );
  }
  return alarm(resource, read, now, {
    kind: 'metric',
    metric: {
      region: resource.region,
      namespace: read.Namespace,
      name: read.MetricName,
      dimensions: Object.fromEntries(read.Dimensions.map(({ Name, Value }) => [Name, Value])),
    },
    statistic: read.Statistic,
    period: read.Period,
    rule: {
      evaluationPeriods: periods,
      datapointsToAlarm: toAlarm,
      threshold: read.Threshold,
      comparisonOperator: read.ComparisonOperator,
      treatMissingData: read.TreatMissingData,
    },
  });
}

/** An `AWS::CloudWatch::CompositeAlarm`; a suppressor is not modelled. */
export function readCompositeAlarm(resource: DeployedResource, now: number): Alarm {
  const read = readProperties(resource, compositeAlarm);
  return alarm(resource, read, now, {
    kind: 'composite',
    text: read.AlarmRule,
    rule: parseAlarmRule(read.AlarmRule),
  });
}

function alarm(
  { region, account, stack, logicalId }: DeployedResource,
  read: Pick<z.output<typeof metricAlarm>, keyof typeof common>,
  now: number,
  watch: Watch,
): Alarm {
  const name = read.AlarmName ?? `${stack}-${logicalId}`;
  return {
    region,
    name,
    arn: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`,
    description: read.AlarmDescription,
    actionsEnabled: read.ActionsEnabled,
    actions: {
      ALARM: read.AlarmActions,
      OK: read.OKActions,
      INSUFFICIENT_DATA: read.InsufficientDataActions,
    },
    watch,
    createdAt: now,
    state: { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', since: now },
    history: [],
  };
}
