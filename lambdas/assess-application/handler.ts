import { openLedger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import type { Check } from '../incident/contract.ts';
import { settings } from '../runtime/settings.ts';
import type { ServiceWatch } from '../watch-service/contract.ts';
import type { WorkloadSight } from '../workloads/contract.ts';
import type { Input, Output, Settings } from './contract.ts';
import { decide } from './decide.ts';

const step = 'assess-application';

/** Find out which of the application's deployments are unhealthy, and what would help. Changes nothing. */
export async function handler({ incident, survey, attempt }: Input): Promise<Output> {
  const { ledgerBucket, deployments } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  const watch = await ledger.read<ServiceWatch>('watch/service.json');
  const output = decide({
    now: new Date().toISOString(),
    site: survey.site,
    deployments,
    request: incident.restore,
    workloads: survey.workloads,
    nodes: survey.nodes,
    watch: watch?.value ?? null,
    attempt,
  });
  const { verdict, reason } = output;
  const whole: Check = {
    name: 'assess/the application',
    held: verdict === 'sound' ? true : verdict === 'wait' ? 'unknown' : false,
    evidence: reason,
  };
  // A look that ends in another one is told once: the timeline is for people.
  if (verdict !== 'wait' || attempt === 1) {
    const lastGoodAt = watch?.value.lastGood.application ?? null;
    await recordChecks(
      ledger,
      incident,
      step,
      `${verdict}: ${reason}`,
      [whole, ...survey.workloads.map(checkOf)],
      { lastGoodAt, confirmed: verdict === 'restart' || verdict === 'roll-back' },
    );
  }
  return output;
}

function checkOf(sight: WorkloadSight): Check {
  const { name, exists, ready, wanted, waiting, restarts, endpoints, warnings, stuck } = sight;
  const told = [
    exists ? `${ready} of ${wanted} ready` : 'does not exist',
    ...(waiting.length === 0 ? [] : [`waiting: ${waiting.join(', ')}`]),
    ...(restarts === 0 ? [] : [`${restarts} restarts`]),
    ...(stuck ? ['its rollout is given up'] : []),
    ...(endpoints === null ? [] : [`${endpoints} endpoints`]),
    ...warnings.slice(0, 2),
  ];
  const held =
    exists && ready >= wanted && waiting.length === 0 && !stuck && (endpoints !== 0 || wanted === 0);
  return { name: `assess/${name}`, held, evidence: told.join('; ') };
}
