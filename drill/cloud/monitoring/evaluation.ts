/** When an alarm changes its state. Pure; after "Configuring how CloudWatch alarms treat missing data". */

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type TreatMissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';
type ComparisonOperator =
  | 'GreaterThanOrEqualToThreshold'
  | 'GreaterThanThreshold'
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold';

export interface Rule {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly comparisonOperator: ComparisonOperator;
  readonly treatMissingData: TreatMissingData;
}

/** The value of one period; undefined when nothing arrived in it. */
export interface Datapoint {
  /** Start of the period, milliseconds since the epoch. */
  readonly at: number;
  readonly value: number | undefined;
}

interface Verdict {
  readonly state: AlarmState;
  readonly reason: string;
  /** The real datapoints that decided, newest first. */
  readonly evaluated: readonly (Datapoint & { readonly value: number })[];
}

/**
 * Periods that are looked at: two more than are needed, as in AWS's own examples (5 for an alarm of 3); AWS
 * does not publish the number.
 */
export function evaluationRange({ evaluationPeriods }: Pick<Rule, 'evaluationPeriods'>): number {
  return evaluationPeriods + 2;
}

/**
 * Judge the datapoints of the evaluation range.
 *
 * With as many real datapoints as evaluation periods, only those count and missing ones do not matter. With
 * fewer, missing ones are filled in as the alarm says, as few as possible.
 *
 * @param range newest first, `evaluationRange` of them
 */
export function evaluate(rule: Rule, range: readonly Datapoint[], current: AlarmState): Verdict {
  const { evaluationPeriods: n, datapointsToAlarm: m } = rule;
  const real = range.flatMap(({ at, value }, age) => (value === undefined ? [] : [{ at, value, age }]));
  const evaluated = real.slice(0, n);
  const breaching = evaluated.filter(({ value }) => breaches(rule, value));
  const decided = (state: AlarmState, reason: string): Verdict => ({
    state,
    reason,
    evaluated: evaluated.map(({ at, value }) => ({ at, value })),
  });
  const missing = n - evaluated.length;
  const filled = rule.treatMissingData === 'breaching' ? missing : 0;

  if (evaluated.length === 0) {
    if (rule.treatMissingData === 'ignore') return decided(current, 'No data, and missing data is ignored.');
    if (rule.treatMissingData === 'missing') {
      return decided(
        'INSUFFICIENT_DATA',
        `Insufficient Data: ${datapoints(n)} ${n === 1 ? 'was' : 'were'} unknown.`,
      );
    }
    const treated = filled > 0 ? 'Breaching' : 'NonBreaching';
    const reason = `Threshold Crossed: no datapoints were received for ${n} ${n === 1 ? 'period' : 'periods'} and ${missing} missing ${missing === 1 ? 'datapoint was' : 'datapoints were'} treated as [${treated}].`;
    return decided(filled >= m ? 'ALARM' : 'OK', reason);
  }

  if (breaching.length + filled >= m) {
    return decided('ALARM', crossed(rule, evaluated, breaching.length, filled, 'OK -> ALARM'));
  }
  const onlyBreaching = missing > 0 && breaching.length === evaluated.length;
  if (onlyBreaching && rule.treatMissingData === 'ignore') {
    return decided(current, 'Too few datapoints, and missing data is ignored.');
  }
  if (onlyBreaching && rule.treatMissingData === 'missing') {
    // All that is known is bad. It counts once it is as old as the datapoints that an alarm takes; until then
    // the next datapoint may be good.
    const oldest = Math.max(...real.map(({ age }) => age)) + 1;
    return oldest >= m
      ? decided('ALARM', crossed(rule, evaluated, breaching.length, 0, 'OK -> ALARM'))
      : decided(current, 'Too few datapoints to leave the state.');
  }
  return decided('OK', crossed(rule, evaluated, evaluated.length - breaching.length, 0, 'ALARM -> OK'));
}

function breaches({ comparisonOperator, threshold }: Rule, value: number): boolean {
  switch (comparisonOperator) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'LessThanThreshold':
      return value < threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= threshold;
  }
}

const operatorWords: Readonly<Record<ComparisonOperator, readonly [string, string]>> = {
  GreaterThanOrEqualToThreshold: ['greater than or equal to', 'not greater than or equal to'],
  GreaterThanThreshold: ['greater than', 'not greater than'],
  LessThanThreshold: ['less than', 'not less than'],
  LessThanOrEqualToThreshold: ['less than or equal to', 'not less than or equal to'],
};

/** CloudWatch's own sentence. */
function crossed(
  rule: Rule,
  evaluated: readonly { readonly at: number; readonly value: number }[],
  count: number,
  filled: number,
  transition: 'OK -> ALARM' | 'ALARM -> OK',
): string {
  const { evaluationPeriods: n, datapointsToAlarm: m, threshold, comparisonOperator } = rule;
  const alarm = transition === 'OK -> ALARM';
  const shown = evaluated
    .filter(({ value }) => breaches(rule, value) === alarm)
    .map(({ at, value }) => `${decimal(value)} (${shortTime(at)})`)
    .join(', ');
  const words = operatorWords[comparisonOperator][alarm ? 0 : 1];
  const least = alarm ? m : n - m + 1;
  const also =
    filled > 0
      ? ` and ${filled} missing ${filled === 1 ? 'datapoint was' : 'datapoints were'} treated as [Breaching]`
      : '';
  return (
    `Threshold Crossed: ${count} out of the last ${evaluated.length} datapoints [${shown}] ` +
    `${count === 1 ? 'was' : 'were'} ${words} the threshold (${decimal(threshold)})${also} ` +
    `(minimum ${datapoints(least)} for ${transition} transition).`
  );
}

function datapoints(count: number): string {
  return `${count} ${count === 1 ? 'datapoint' : 'datapoints'}`;
}

function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** `23/11/26 04:00:00` */
function shortTime(at: number): string {
  const [date = '', time = ''] = new Date(at).toISOString().split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  return `${day}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
}
