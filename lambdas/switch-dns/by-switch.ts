import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { describeFailure, passesByItself } from '../aws/api-failure.ts';
import { clientOptions } from '../aws/client.ts';
import { TryAgain } from '../incident/errors.ts';
import type { Ledger } from '../incident/ledger.ts';
import { lookAgain } from '../incident/look-again.ts';
import { keepPreImage } from '../incident/record.ts';
import { readSwitch, writeSwitch } from '../incident/switch.ts';
import type { Input, Output, Settings } from './contract.ts';

const step = 'switch-dns';

let cloudWatch: CloudWatchClient | undefined;

/**
 * Write the switch, then say so at once as the metric that the health check of the records follows.
 *
 * The scheduled publisher says it again each minute, so a metric that is lost here costs a minute and nothing
 * else; it is put again even when the switch stands there already, because an earlier try may have died
 * between the two. Neither needs the control plane of Route 53.
 *
 * @throws LockLost when a later incident has moved the switch
 * @throws TryAgain when CloudWatch throttles, fails or does not answer
 */
export async function throwSwitch(
  ledger: Ledger,
  { environment, region }: Pick<Settings, 'environment' | 'region'>,
  { incident, target }: Input,
): Promise<Output> {
  const before = await readSwitch(ledger);
  const result = { step, before, changeIds: [] };
  const there = {
    ...result,
    status: 'already-there',
    summary: `the switch stands on ${target} already`,
  } as const;
  if (incident.mode === 'plan') {
    if (before.site === target) return { ...there, after: before };
    const summary = `would move the switch from ${before.site} to ${target}`;
    return { ...result, status: 'planned', summary, after: { ...before, site: target } };
  }
  if (before.site !== target) await keepPreImage(ledger, incident, step, before);
  const { changed } = await writeSwitch(ledger, {
    site: target,
    epoch: incident.epoch,
    incidentId: incident.id,
    changedAt: new Date().toISOString(),
  });
  await publish(environment, region, target === 'standby' ? 1 : 0);
  const after = await lookAgain(() => readSwitch(ledger));
  if (!changed) return { ...there, after };
  return {
    ...result,
    status: 'changed',
    summary: `moved the switch from ${before.site} to ${target}`,
    after,
  };
}

async function publish(environment: string, region: string, value: 0 | 1): Promise<void> {
  cloudWatch ??= new CloudWatchClient(clientOptions(region));
  try {
    await cloudWatch.send(
      new PutMetricDataCommand({
        Namespace: 'Lifeboat',
        MetricData: [
          {
            MetricName: 'TrafficOnStandby',
            Dimensions: [{ Name: 'Environment', Value: environment }],
            Value: value,
          },
        ],
      }),
    );
  } catch (error) {
    if (!passesByItself(error)) throw error;
    throw new TryAgain(`PutMetricData TrafficOnStandby: ${describeFailure(error)}`, { cause: error });
  }
}
