import type { EventBus, Foundation } from '../contract.ts';
import { uuid } from '../uuid.ts';
import type { Alarm, StateInfo, Watch } from './alarm.ts';

/** The event of a state change, member for member as CloudWatch sends it (aws-facts §13.1). */
export function stateChangeEvent(
  alarm: Alarm,
  previous: StateInfo,
  foundation: Pick<Foundation, 'id'>,
): Parameters<EventBus['put']>[0] {
  return {
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    region: alarm.region,
    resources: [alarm.arn],
    detail: {
      alarmName: alarm.name,
      state: stateOf(alarm.state),
      previousState: stateOf(previous),
      configuration: {
        ...(alarm.description === undefined ? {} : { description: alarm.description }),
        ...watched(alarm.watch, foundation),
      },
    },
  };
}

function stateOf({ value, reason, reasonData, since }: StateInfo) {
  return { value, reason, ...(reasonData === undefined ? {} : { reasonData }), timestamp: eventTime(since) };
}

function watched(watch: Watch, foundation: Pick<Foundation, 'id'>) {
  if (watch.kind === 'composite') return { alarmRule: watch.text };
  const { metric, period, statistic } = watch;
  const { namespace, name, dimensions } = metric;
  return {
    metrics: [
      {
        id: uuid(foundation),
        metricStat: { metric: { namespace, name, dimensions }, period, stat: statistic },
        returnData: true,
      },
    ],
  };
}

/** What an alarm sends to an SNS topic: the subject and the JSON text. */
export function stateChangeNotice(
  alarm: Alarm,
  previous: StateInfo,
  account: string,
): { readonly subject: string; readonly message: string } {
  const { watch, state } = alarm;
  const message = {
    AlarmName: alarm.name,
    AlarmDescription: alarm.description ?? null,
    AWSAccountId: account,
    AlarmConfigurationUpdatedTimestamp: eventTime(alarm.createdAt),
    NewStateValue: state.value,
    NewStateReason: state.reason,
    StateChangeTime: eventTime(state.since),
    Region: alarm.region,
    AlarmArn: alarm.arn,
    OldStateValue: previous.value,
    OKActions: alarm.actions.OK,
    AlarmActions: alarm.actions.ALARM,
    InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
    ...(watch.kind === 'composite'
      ? { AlarmRule: watch.text }
      : {
          Trigger: {
            MetricName: watch.metric.name,
            Namespace: watch.metric.namespace,
            StatisticType: 'Statistic',
            Statistic: watch.statistic.toUpperCase(),
            Unit: null,
            Dimensions: Object.entries(watch.metric.dimensions).map(([name, value]) => ({ value, name })),
            Period: watch.period,
            EvaluationPeriods: watch.rule.evaluationPeriods,
            DatapointsToAlarm: watch.rule.datapointsToAlarm,
            ComparisonOperator: watch.rule.comparisonOperator,
            Threshold: watch.rule.threshold,
            TreatMissingData: watch.rule.treatMissingData,
            EvaluateLowSampleCountPercentile: '',
          },
        }),
  };
  return { subject: `${state.value}: "${alarm.name}" in ${alarm.region}`, message: JSON.stringify(message) };
}

/** `2026-11-23T04:00:00.000+0000` */
export function eventTime(at: number): string {
  return new Date(at).toISOString().replace('Z', '+0000');
}
