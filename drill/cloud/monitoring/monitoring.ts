import { every, type Cancel } from '../../clock.ts';
import type {
  AlarmSource,
  CloudService,
  EventBus,
  Foundation,
  MetricSink,
  MetricSource,
} from '../contract.ts';
import { delays } from '../delays.ts';
import { readCompositeAlarm, readMetricAlarm, type Alarm, type StateInfo } from './alarm.ts';
import { evaluate, evaluationRange, type Datapoint } from './evaluation.ts';
import { Metrics, valueOf } from './metrics.ts';
import { monitoringOperations } from './operations.ts';
import { eventTime, stateChangeEvent, stateChangeNotice } from './state-change.ts';

const MINUTE = 60_000;

interface MonitoringNeeds {
  /** The default bus of a region. */
  readonly bus: (region: string) => EventBus;
  readonly publish?: (topicArn: string, subject: string | undefined, message: string) => void;
}

export interface Monitoring {
  readonly service: CloudService;
  readonly sink: MetricSink;
  readonly source: MetricSource;
  readonly alarms: AlarmSource;
  start(): void;
  stop(): void;
}

/**
 * CloudWatch: metrics, and alarms that are evaluated once a minute, as soon as the samples of the last minute
 * have arrived.
 */
export function monitoring(foundation: Foundation, needs: MonitoringNeeds): Monitoring {
  const { clock } = foundation;
  const metrics = new Metrics(() => clock.now());
  const alarms = new Map<string, Alarm>();
  let cancel: Cancel = () => undefined;

  const add = (alarm: Alarm) => {
    if (alarms.has(alarm.arn)) throw new Error(`there are two alarms ${alarm.arn}`);
    alarms.set(alarm.arn, alarm);
    return { ref: alarm.name, attributes: { Arn: alarm.arn } };
  };

  function setState(alarm: Alarm, next: Omit<StateInfo, 'since'>): void {
    const previous = alarm.state;
    alarm.state = { ...next, since: clock.now() };
    if (previous.value === next.value) return;
    alarm.history.push(alarm.state);
    foundation.tell('CloudWatch', `alarm ${alarm.name}: ${previous.value} → ${next.value}`, next.reason);
    needs.bus(alarm.region).put(stateChangeEvent(alarm, previous, foundation));
    if (alarm.actionsEnabled) {
      const { subject, message } = stateChangeNotice(alarm, previous, foundation.account);
      for (const topic of alarm.actions[next.value]) needs.publish?.(topic, subject, message);
    }
    evaluateComposites(alarm.region);
  }

  function evaluateMetric(alarm: Alarm): void {
    if (alarm.watch.kind !== 'metric') return;
    const { metric, statistic, period, rule } = alarm.watch;
    const end = Math.floor((clock.now() - delays.metricArrival) / MINUTE) * MINUTE;
    const range = Array.from({ length: evaluationRange(rule) }, (_, age): Datapoint => {
      const at = end - (age + 1) * period * 1_000;
      const set = metrics.window(metric, at, at + period * 1_000);
      return { at, value: set && valueOf(set, statistic) };
    });
    const { state, reason, evaluated } = evaluate(rule, range, alarm.state.value);
    if (state === alarm.state.value) return;
    const reasonData = JSON.stringify({
      version: '1.0',
      queryDate: eventTime(clock.now()),
      ...(evaluated.length > 0 && { startDate: eventTime(evaluated.at(-1)?.at ?? end) }),
      statistic,
      period,
      recentDatapoints: evaluated.map(({ value }) => value).toReversed(),
      threshold: rule.threshold,
      evaluatedDatapoints: evaluated.map(({ at, value }) => ({ timestamp: eventTime(at), value })),
    });
    setState(alarm, { value: state, reason, reasonData });
  }

  function evaluateComposites(region: string): void {
    const inRegion = [...alarms.values()].filter((alarm) => alarm.region === region);
    const stateOf = (name: string) =>
      inRegion.find((alarm) => alarm.name === name || alarm.arn === name)?.state.value;
    for (const alarm of inRegion) {
      if (alarm.watch.kind !== 'composite') continue;
      const value = alarm.watch.rule(stateOf) ? 'ALARM' : 'OK';
      if (value === alarm.state.value) continue;
      setState(alarm, { value, reason: `${alarm.arn} transitioned to ${value}: ${alarm.watch.text}` });
    }
  }

  function evaluateAll(): void {
    for (const alarm of alarms.values()) evaluateMetric(alarm);
    for (const region of new Set([...alarms.values()].map((alarm) => alarm.region)))
      evaluateComposites(region);
  }

  return {
    service: {
      signingName: 'monitoring',
      operations: monitoringOperations({ clock, metrics, alarms, setState }),
      resources: {
        'AWS::CloudWatch::Alarm': (resource) => add(readMetricAlarm(resource, clock.now())),
        'AWS::CloudWatch::CompositeAlarm': (resource) => add(readCompositeAlarm(resource, clock.now())),
      },
    },
    sink: metrics,
    source: metrics,
    alarms: {
      alarm(region, name) {
        const alarm = [...alarms.values()].find((one) => one.region === region && one.name === name);
        if (alarm?.watch.kind !== 'metric') return undefined;
        const { metric, statistic, period, rule } = alarm.watch;
        return {
          namespace: metric.namespace,
          metricName: metric.name,
          dimensions: metric.dimensions,
          statistic,
          period,
          evaluationPeriods: rule.evaluationPeriods,
          threshold: rule.threshold,
          comparisonOperator: rule.comparisonOperator,
        };
      },
    },
    start() {
      const sinceMinute = (clock.now() - delays.metricArrival) % MINUTE;
      const first = sinceMinute === 0 ? MINUTE : MINUTE - sinceMinute;
      cancel = every(clock, delays.alarmEvaluation, evaluateAll, first);
    },
    stop: () => cancel(),
  };
}
