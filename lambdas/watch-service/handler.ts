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
import { judge, kept, shortAtLookBefore } from './decide.ts';

const key = 'watch/service.json';

/**
 * Look at the service as its users do, and at what it runs on; keep what was seen, and publish it for the alarms.
 *
 * While an incident is open nothing is published: its recovery restarts and replaces what is looked at, and an alarm
 * about that would be one about us. The alarms ignore what is missing, so that they stay as they are.
 *
 * @throws the survey's refusal, at the end: what passes by itself makes the nodes unknown, a denied access lasts
 */
export async function handler(): Promise<Output> {
  const given = settings<Settings>();
  const ledger = openLedger(given.ledgerBucket);
  const [{ site }, lock] = await Promise.all([readSwitch(ledger), readLock(ledger)]);
  const [health, results, surveyed] = await Promise.all([
    probe(given.endpoints[site]),
    runSmokeTests(given.tests, given.resolvers),
    surveyOf(given.survey[site]),
  ]);
  const at = new Date().toISOString();
  const { nodeGraceSeconds } = given;
  const { survey } = surveyed;
  const incidentOpen = lock?.state === 'held' && lock.mode === 'live';
  const before = await ledger.read<ServiceWatch>(key);
  const shortBefore = shortAtLookBefore(before?.value ?? null, site, at);
  const verdict = judge({ at, site, health, results, survey, nodeGraceSeconds, shortBefore });
  const { failures, short, ...output } = verdict;
  await change<ServiceWatch>(ledger, key, (before) => kept(before, verdict, at, incidentOpen));
  log('watch-service', { ...output, failures: failures.length, short, incidentOpen });
  if (!incidentOpen) {
    const { region, environment } = given;
    await publishKnown(region, environment, 'NodesHealthy', output.nodes);
    await publishKnown(region, environment, 'ConfigurationValid', output.configuration);
    await publishKnown(region, environment, 'ApplicationHealthy', output.application);
  }
  if (surveyed.refused) throw surveyed.refused;
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

/** Whatever keeps a survey from being had, the tests are told all the same; a refusal is thrown after that. */
async function surveyOf(
  at: RemoteFunction,
): Promise<{ readonly survey: Survey | null; readonly refused?: Error }> {
  try {
    return { survey: (await runRemote(at, {})) as Survey };
  } catch (error) {
    const refused = error instanceof Error ? error : new Error(String(error));
    log('watch-service', { survey: refused.message });
    return refused instanceof TryAgain ? { survey: null } : { survey: null, refused };
  }
}
