import type { MetricSink, MetricSource, Statistic } from '../contract.ts';

/** One metric: a name, its namespace, and exactly these dimensions. */
export interface MetricId {
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What one PutMetricData value stands for: a plain value is a set of one. */
export interface StatisticSet {
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
}

interface Sample extends StatisticSet {
  readonly at: number;
}

interface Series {
  readonly id: MetricId;
  /** In order of time. */
  readonly samples: Sample[];
}

/** Every sample of every metric. */
export class Metrics implements MetricSink, MetricSource {
  readonly #series = new Map<string, Series>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  put({ value, at, ...id }: Parameters<MetricSink['put']>[0]): void {
    this.record(id, at ?? this.#now(), { sum: value, minimum: value, maximum: value, count: 1 });
  }

  record(id: MetricId, at: number, set: StatisticSet): void {
    const key = keyOf(id);
    let series = this.#series.get(key);
    if (!series) this.#series.set(key, (series = { id, samples: [] }));
    const after = series.samples.findLastIndex((sample) => sample.at <= at);
    series.samples.splice(after + 1, 0, { at, ...set });
  }

  statistic(query: Parameters<MetricSource['statistic']>[0]): number | undefined {
    const set = this.window(query, query.from, query.to);
    return set && valueOf(set, query.statistic);
  }

  /** Everything in [from, to); undefined when there is no sample. */
  window(id: MetricId, from: number, to: number): StatisticSet | undefined {
    let found: StatisticSet | undefined;
    const samples = this.#series.get(keyOf(id))?.samples ?? [];
    for (let index = samples.length - 1; index >= 0; index--) {
      const sample = samples[index];
      if (!sample || sample.at < from) break;
      if (sample.at < to) found = found ? merge(found, sample) : sample;
    }
    return found;
  }

  list(region: string): readonly MetricId[] {
    return [...this.#series.values()].map(({ id }) => id).filter((id) => id.region === region);
  }
}

export function valueOf(set: StatisticSet, statistic: Statistic): number {
  switch (statistic) {
    case 'Minimum':
      return set.minimum;
    case 'Maximum':
      return set.maximum;
    case 'Sum':
      return set.sum;
    case 'SampleCount':
      return set.count;
    case 'Average':
      return set.sum / set.count;
  }
}

function merge(one: StatisticSet, other: StatisticSet): StatisticSet {
  return {
    sum: one.sum + other.sum,
    count: one.count + other.count,
    minimum: Math.min(one.minimum, other.minimum),
    maximum: Math.max(one.maximum, other.maximum),
  };
}

function keyOf({ region, namespace, name, dimensions }: MetricId): string {
  return JSON.stringify([
    region,
    namespace,
    name,
    Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}
