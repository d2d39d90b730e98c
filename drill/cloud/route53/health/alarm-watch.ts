import type { HealthCheckConfig } from '@aws-sdk/client-route-53';
import { every, type Cancel, type Clock } from '../../../clock.ts';
import type { AlarmSource, MetricSource } from '../../contract.ts';
import { delays } from '../../delays.ts';
import { evaluate, evaluationRange, type AlarmState, type Rule } from '../../monitoring/evaluation.ts';
import { Agreement } from './agreement.ts';
import type { Watch } from './watch.ts';

const MINUTE = 60_000;

interface AlarmWatchOptions {
  readonly clock: Clock;
  readonly config: () => HealthCheckConfig;
  readonly alarms: AlarmSource;
  readonly samples: MetricSource;
  readonly onChange: () => void;
}

/**
 * The metric behind an alarm, judged as the alarm would judge it.
 *
 * It follows the metric's data and never the alarm's state, so SetAlarmState does not move it, and neither does
 * how the alarm treats missing data: without enough data the check's own setting decides (aws-facts §1.4). A
 * check that never had data is healthy.
 */
export class AlarmWatch implements Watch {
  readonly #options: AlarmWatchOptions;
  readonly #agreement: Agreement;
  #state: AlarmState = 'INSUFFICIENT_DATA';
  #hadData = false;
  #cancel: Cancel = () => undefined;

  constructor(options: AlarmWatchOptions) {
    this.#options = options;
    this.#agreement = new Agreement(options.clock, options.onChange);
  }

  get healthy(): boolean {
    return this.#agreement.healthy;
  }

  start(): void {
    const { clock } = this.#options;
    const now = clock.now();
    const arrival = Math.ceil((now - delays.metricArrival) / MINUTE) * MINUTE + delays.metricArrival;
    this.#cancel = every(clock, MINUTE, () => this.#look(), arrival - now);
  }

  stop(): void {
    this.#cancel();
    this.#agreement.stop();
  }

  #look(): void {
    this.#state = this.#judge();
    if (this.#state !== 'INSUFFICIENT_DATA') {
      this.#hadData = true;
      this.#agreement.propose(this.#state === 'OK');
      return;
    }
    const { InsufficientDataHealthStatus: setting } = this.#options.config();
    if (this.#hadData && setting !== 'LastKnownStatus') this.#agreement.propose(setting === 'Healthy');
  }

  #judge(): AlarmState {
    const { clock, config, alarms, samples } = this.#options;
    const { Region = '', Name = '' } = config().AlarmIdentifier ?? {};
    const alarm = alarms.alarm(Region, Name);
    if (!alarm) return 'INSUFFICIENT_DATA';
    const { namespace, metricName, dimensions, statistic, evaluationPeriods, threshold } = alarm;
    const rule = {
      evaluationPeriods,
      datapointsToAlarm: evaluationPeriods,
      threshold,
      comparisonOperator: alarm.comparisonOperator as Rule['comparisonOperator'],
      treatMissingData: 'missing',
    } as const;
    const period = alarm.period * 1_000;
    const end = Math.floor((clock.now() - delays.metricArrival) / MINUTE) * MINUTE;
    const range = Array.from({ length: evaluationRange(rule) }, (_, age) => {
      const from = end - (age + 1) * period;
      const query = { region: Region, namespace, name: metricName, dimensions, statistic };
      return { at: from, value: samples.statistic({ ...query, from, to: from + period }) };
    });
    return evaluate(rule, range, this.#state).state;
  }
}
