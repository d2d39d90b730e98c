import { publishMetric } from '../aws/metric.ts';
import { log } from '../runtime/log.ts';
import { probe } from '../runtime/probe.ts';
import { settings } from '../runtime/settings.ts';
import type { Output, Settings } from './contract.ts';

/** One lost packet is no outage. Two tries of 6 s at most stay well within the minute until the next run. */
const maxTries = 2;

/** Ask the primary from the standby's region, and publish whether it answered. */
export async function handler(): Promise<Output> {
  const { environment, region, endpoint } = settings<Settings>();
  const seen: string[] = [];
  let reachable = false;
  while (!reachable && seen.length < maxTries) {
    const { ok, evidence } = await probe(endpoint);
    reachable = ok;
    seen.push(evidence);
  }
  const evidence = seen.join('; then ');
  log('probe-primary', { reachable, evidence });
  await publishMetric(region, 'PrimaryReachable', environment, reachable);
  return { reachable, evidence };
}
