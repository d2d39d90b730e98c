import type {
  CompositeAlarm,
  DescribeAlarmHistoryInput,
  DescribeAlarmHistoryOutput,
  DescribeAlarmsInput,
  DescribeAlarmsOutput,
  Dimension,
  GetMetricDataInput,
  GetMetricDataOutput,
  GetMetricStatisticsInput,
  GetMetricStatisticsOutput,
  ListMetricsInput,
  ListMetricsOutput,
  MetricAlarm,
  MetricDatum,
  MetricDataQuery,
  PutMetricDataInput,
  SetAlarmStateInput,
} from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../clock.ts';
import { AwsError, operation, type CallContext, type Operation, type Statistic } from '../contract.ts';
import type { Alarm, StateInfo } from './alarm.ts';
import { valueOf, type MetricId, type Metrics, type StatisticSet } from './metrics.ts';

interface Parts {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** By ARN. */
  readonly alarms: ReadonlyMap<string, Alarm>;
  readonly setState: (alarm: Alarm, next: Omit<StateInfo, 'since'>) => void;
}

const alarmArn = ({ region, account }: CallContext, name: string) =>
  `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;

export function monitoringOperations({ clock, metrics, alarms, setState }: Parts): Record<string, Operation> {
  const inRegion = (region: string) => [...alarms.values()].filter((alarm) => alarm.region === region);

  return {
    PutMetricData: operation<PutMetricDataInput, object>({
      permissions: ({ Namespace = '' }) => [
        { action: 'cloudwatch:PutMetricData', resource: '*', context: { 'cloudwatch:namespace': Namespace } },
      ],
      run: ({ Namespace, MetricData = [] }, { region }) => {
        if (!Namespace) throw invalid('The parameter Namespace is required.');
        if (Namespace.startsWith('AWS/')) throw invalid('The value AWS/ for parameter Namespace is invalid.');
        for (const datum of MetricData) {
          const id = metricId(region, Namespace, datum.MetricName, datum.Dimensions);
          const at = datum.Timestamp?.getTime() ?? clock.now();
          for (const set of setsOf(datum)) metrics.record(id, at, set);
        }
        return {};
      },
    }),

    GetMetricData: operation<GetMetricDataInput, GetMetricDataOutput>({
      permissions: () => [{ action: 'cloudwatch:GetMetricData', resource: '*' }],
      run: ({ MetricDataQueries = [], StartTime, EndTime, ScanBy }, { region }) => ({
        MetricDataResults: MetricDataQueries.map((query) => {
          const { id, period, statistic } = readQuery(query, region);
          const points = series(metrics, id, statistic, period, StartTime, EndTime);
          if (ScanBy !== 'TimestampAscending') points.reverse();
          return {
            Id: query.Id,
            Label: query.Label ?? id.name,
            StatusCode: 'Complete',
            Timestamps: points.map(({ at }) => new Date(at)),
            Values: points.map(({ value }) => value),
          };
        }),
        Messages: [],
      }),
    }),

    GetMetricStatistics: operation<GetMetricStatisticsInput, GetMetricStatisticsOutput>({
      permissions: () => [{ action: 'cloudwatch:GetMetricStatistics', resource: '*' }],
      run: (input, { region }) => {
        const { Namespace, MetricName, Dimensions, StartTime, EndTime, Period = 60, Statistics = [] } = input;
        const id = metricId(region, Namespace, MetricName, Dimensions);
        if (Statistics.length === 0) throw invalid('At least one statistic is required.');
        const points = new Map<number, Record<string, unknown>>();
        for (const statistic of Statistics) {
          for (const { at, value } of series(metrics, id, statistic, Period, StartTime, EndTime)) {
            points.set(at, { ...points.get(at), Timestamp: new Date(at), [statistic]: value, Unit: 'None' });
          }
        }
        return { Label: id.name, Datapoints: [...points.values()] };
      },
    }),

    ListMetrics: operation<ListMetricsInput, ListMetricsOutput>({
      permissions: () => [{ action: 'cloudwatch:ListMetrics', resource: '*' }],
      run: ({ Namespace, MetricName, Dimensions = [] }, { region }) => ({
        Metrics: metrics
          .list(region)
          .filter(({ namespace, name, dimensions }) => {
            const named = (MetricName ?? name) === name && (Namespace ?? namespace) === namespace;
            return (
              named &&
              Dimensions.every(
                ({ Name = '', Value }) =>
                  Name in dimensions && (Value === undefined || dimensions[Name] === Value),
              )
            );
          })
          .map(({ namespace, name, dimensions }) => ({
            Namespace: namespace,
            MetricName: name,
            Dimensions: listOf(dimensions),
          })),
      }),
    }),

    DescribeAlarms: operation<DescribeAlarmsInput, DescribeAlarmsOutput>({
      permissions: ({ AlarmNames = ['*'] }, call) =>
        AlarmNames.map((name) => ({ action: 'cloudwatch:DescribeAlarms', resource: alarmArn(call, name) })),
      run: ({ AlarmNames, AlarmNamePrefix = '', AlarmTypes = ['MetricAlarm'], StateValue }, { region }) => {
        const types = AlarmNames ? ['MetricAlarm', 'CompositeAlarm'] : AlarmTypes;
        const chosen = inRegion(region).filter(
          ({ name, state }) =>
            (AlarmNames ? AlarmNames.includes(name) : name.startsWith(AlarmNamePrefix)) &&
            (StateValue ?? state.value) === state.value,
        );
        const described = chosen.map(describe);
        return {
          MetricAlarms: types.includes('MetricAlarm') ? described.flatMap(({ metric }) => metric ?? []) : [],
          CompositeAlarms: types.includes('CompositeAlarm')
            ? described.flatMap(({ composite }) => composite ?? [])
            : [],
        };
      },
    }),

    DescribeAlarmHistory: operation<DescribeAlarmHistoryInput, DescribeAlarmHistoryOutput>({
      permissions: ({ AlarmName = '*' }, call) => [
        { action: 'cloudwatch:DescribeAlarmHistory', resource: alarmArn(call, AlarmName) },
      ],
      run: ({ AlarmName }, { region }) => ({
        AlarmHistoryItems: inRegion(region)
          .filter(({ name }) => (AlarmName ?? name) === name)
          .flatMap(({ name, history, watch }) =>
            history.map((state) => ({
              AlarmName: name,
              AlarmType: watch.kind === 'metric' ? ('MetricAlarm' as const) : ('CompositeAlarm' as const),
              Timestamp: new Date(state.since),
              HistoryItemType: 'StateUpdate' as const,
              HistorySummary: `Alarm updated to ${state.value}`,
              HistoryData: JSON.stringify({ version: '1.0', newState: state }),
            })),
          )
          .sort((a, b) => b.Timestamp.getTime() - a.Timestamp.getTime()),
      }),
    }),

    SetAlarmState: operation<SetAlarmStateInput, object>({
      permissions: ({ AlarmName = '' }, call) => [
        { action: 'cloudwatch:SetAlarmState', resource: alarmArn(call, AlarmName) },
      ],
      run: ({ AlarmName = '', StateValue, StateReason = '', StateReasonData }, call) => {
        const alarm = alarms.get(alarmArn(call, AlarmName));
        if (!alarm) throw new AwsError('ResourceNotFound', `Alarm ${AlarmName} does not exist`, 404);
        if (!StateValue) throw invalid('The parameter StateValue is required.');
        const data = StateReasonData === undefined ? {} : { reasonData: StateReasonData };
        setState(alarm, { value: StateValue, reason: StateReason, ...data });
        return {};
      },
    }),
  };
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

function metricId(
  region: string,
  namespace: string | undefined,
  name: string | undefined,
  dimensions: readonly Dimension[] = [],
): MetricId {
  if (!namespace || !name) throw invalid('Namespace and MetricName are required.');
  const entries = dimensions.map(({ Name = '', Value = '' }) => [Name, Value] as const);
  return { region, namespace, name, dimensions: Object.fromEntries(entries) };
}

function setsOf({ Value, Values, Counts, StatisticValues }: MetricDatum): readonly StatisticSet[] {
  if (StatisticValues) {
    const { Sum = 0, Minimum = 0, Maximum = 0, SampleCount = 0 } = StatisticValues;
    return [{ sum: Sum, minimum: Minimum, maximum: Maximum, count: SampleCount }];
  }
  const values = Values ?? (Value === undefined ? [] : [Value]);
  if (values.length === 0) throw invalid('A datum needs Value, Values or StatisticValues.');
  return values.map((value, index) => {
    if (!Number.isFinite(value)) throw invalid(`The value ${value} for parameter Value is invalid.`);
    const count = Counts?.[index] ?? 1;
    return { sum: value * count, minimum: value, maximum: value, count };
  });
}

function readQuery({ MetricStat }: MetricDataQuery, region: string) {
  if (!MetricStat?.Metric) throw invalid('Only queries with a MetricStat are modelled, no expressions.');
  const { Metric, Period = 60, Stat } = MetricStat;
  const id = metricId(region, Metric.Namespace, Metric.MetricName, Metric.Dimensions);
  const statistics: readonly string[] = ['Minimum', 'Maximum', 'Average', 'Sum', 'SampleCount'];
  if (Stat === undefined || !statistics.includes(Stat))
    throw invalid(`The statistic ${Stat ?? ''} is not modelled.`);
  return { id, period: Period, statistic: Stat as Statistic };
}

function series(
  metrics: Metrics,
  id: MetricId,
  statistic: Statistic,
  period: number,
  start: Date | undefined,
  end: Date | undefined,
): { at: number; value: number }[] {
  if (!start || !end || start >= end) throw invalid('StartTime must be before EndTime.');
  const step = period * 1_000;
  if (!(step > 0)) throw invalid('The period must be positive.');
  const points = [];
  for (let at = Math.floor(start.getTime() / step) * step; at < end.getTime(); at += step) {
    const set = metrics.window(id, at, at + step);
    if (set) points.push({ at, value: valueOf(set, statistic) });
  }
  return points;
}

function listOf(dimensions: Readonly<Record<string, string>>): Dimension[] {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
}

function describe(alarm: Alarm): { readonly metric?: MetricAlarm; readonly composite?: CompositeAlarm } {
  const { name, arn, description, actionsEnabled, actions, state, createdAt, watch } = alarm;
  const both = {
    AlarmName: name,
    AlarmArn: arn,
    AlarmDescription: description,
    ActionsEnabled: actionsEnabled,
    AlarmActions: [...actions.ALARM],
    OKActions: [...actions.OK],
    InsufficientDataActions: [...actions.INSUFFICIENT_DATA],
    AlarmConfigurationUpdatedTimestamp: new Date(createdAt),
    StateValue: state.value,
    StateReason: state.reason,
    StateReasonData: state.reasonData,
    StateUpdatedTimestamp: new Date(state.since),
    StateTransitionedTimestamp: new Date(state.since),
  };
  if (watch.kind === 'composite') return { composite: { ...both, AlarmRule: watch.text } };
  const { metric, statistic, period, rule } = watch;
  return {
    metric: {
      ...both,
      Namespace: metric.namespace,
      MetricName: metric.name,
      Dimensions: listOf(metric.dimensions),
      Statistic: statistic,
      Period: period,
      EvaluationPeriods: rule.evaluationPeriods,
      DatapointsToAlarm: rule.datapointsToAlarm,
      Threshold: rule.threshold,
      ComparisonOperator: rule.comparisonOperator,
      TreatMissingData: rule.treatMissingData,
    },
  };
}
