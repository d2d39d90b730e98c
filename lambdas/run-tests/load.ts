import type { Check } from '../incident/contract.ts';
import type { LoadTest } from './contract.ts';

/** One answer under load, or none. */
export interface LoadSample {
  readonly ok: boolean;
  readonly tookMs: number;
}

/** Whether a load may go on: it ends early when far more answers are bad than the environment allows. Pure. */
export function goesOn({ errorPercent }: LoadTest, samples: readonly LoadSample[]): boolean {
  if (samples.length < 20) return true;
  const bad = samples.filter(({ ok }) => !ok).length;
  return (100 * bad) / samples.length <= 2 * Math.max(errorPercent, 1);
}

/** What a load showed. It is told, and fails nothing: the service is recovered by then. Pure. */
export function judgeLoad(
  { url, requests, errorPercent, p95Ms }: LoadTest,
  samples: readonly LoadSample[],
): Check {
  const sorted = samples.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const bad = samples.filter(({ ok }) => !ok).length;
  const percent = samples.length === 0 ? 0 : (100 * bad) / samples.length;
  return {
    name: 'test/load',
    held: samples.length === 0 ? 'unknown' : percent <= errorPercent && at(0.95) <= p95Ms,
    evidence:
      `${samples.length} of ${requests} requests to ${url}: ${percent.toFixed(1)} % bad (allowed ${errorPercent} %), ` +
      `half within ${at(0.5)} ms, 95 % within ${at(0.95)} ms (allowed ${p95Ms} ms)`,
  };
}
