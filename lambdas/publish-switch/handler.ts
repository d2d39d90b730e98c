import { publishMetric } from '../aws/metric.ts';
import { openLedger } from '../incident/ledger.ts';
import { readSwitch } from '../incident/switch.ts';
import { settings } from '../runtime/settings.ts';
import type { Output, Settings } from './contract.ts';

/**
 * Say as a metric where the switch stands. A ledger that cannot be read publishes nothing, because a guess would
 * move traffic; the health check keeps its last known status.
 */
export async function handler(): Promise<Output> {
  const { environment, ledgerBucket, region } = settings<Settings>();
  const { site } = await readSwitch(openLedger(ledgerBucket));
  await publishMetric(region, 'TrafficOnStandby', environment, site === 'standby');
  return { site };
}
