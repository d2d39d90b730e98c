import { publishMetric } from '../aws/metric.ts';
import { runRemote } from '../aws/remote-function.ts';
import type { RemoteFunction } from '../database/contract.ts';
import { TryAgain } from '../incident/errors.ts';
import { change, openLedger } from '../incident/ledger.ts';
import { readLock } from '../incident/lock.ts';
import { readSwitch } from '../incident/switch.ts';
import { log } from '../runtime/log.ts';
import { probe } from '../runtime/probe.ts';
import { settings } from '../runtime/settings.ts';
import { runSmokeTests } from '../service/smoke-tests.ts';
import type { Survey } from '../workloads/contract.ts';
import type { Output, ServiceWatch, Settings } from './contract.ts';
import { judge, kept } from './decide.ts';

const key = 'watch/service.json';

/**
 * Look at the service as its users do, and at what it runs on; keep what was seen, and publish it for the alarms.
 *
 * While an incident is open nothing is published: its recovery restarts and replaces what is looked at, and an alarm
 * about that would be one about us.
 */
export async function handler(): Promise<Output> {
  const given = settings<Settings>();
  const ledger = openLedger(given.ledgerBucket);
  const [{ site }, lock] = await Promise.all([readSwitch(ledger), readLock(ledger)]);
  const [health, results, survey] = await Promise.all([
    probe(given.endpoints[site]),
    runSmokeTests(given.tests, given.resolvers),
    surveyOf(given.survey[site]),
  ]);
  const at = new Date().toISOString();
  const { nodeGraceSeconds } = given;
  const verdict = judge({ at, site, health, results, survey, nodeGraceSeconds });
  const { failures, ...output } = verdict;
  const incidentOpen = lock?.state === 'held' && lock.mode === 'live';
  await change<ServiceWatch>(ledger, key, (before) => kept(before, verdict, at, incidentOpen));
  log('watch-service', { ...output, failures: failures.length, incidentOpen });
  if (!incidentOpen) {
    const { region, environment } = given;
    await publishKnown(region, environment, 'NodesHealthy', output.nodes);
    await publishKnown(region, environment, 'ConfigurationValid', output.configuration);
    await publishKnown(region, environment, 'ApplicationHealthy', output.application);
  }
  return output;
}

async function publishKnown(
  region: string,
  environment: string,
  name: Parameters<typeof publishMetric>[1],
  holds: boolean | 'unknown',
): Promise<void> {
  if (holds !== 'unknown') await publishMetric(region, name, environment, holds);
}

/** A function that does not answer tells nothing about the workloads. */
async function surveyOf(at: RemoteFunction): Promise<Survey | null> {
  try {
    return (await runRemote(at, {})) as Survey;
  } catch (error) {
    if (!(error instanceof TryAgain)) throw error;
    log('watch-service', { survey: error.message });
    return null;
  }
}
