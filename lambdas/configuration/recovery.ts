import type { Site } from '../incident/contract.ts';
import { change, type Ledger } from '../incident/ledger.ts';
import type { ConfigurationRecovery, RestorePlan } from './contract.ts';

/** The restore of a site's configuration, as the ledger keeps it for whoever goes on with it. */

const keyOf = (site: Site) => `configuration/${site}.json`;

export async function readRecovery(ledger: Ledger, site: Site): Promise<ConfigurationRecovery | null> {
  return (await ledger.read<ConfigurationRecovery>(keyOf(site)))?.value ?? null;
}

/** Begin a restore, or join the one that has the same plan. What another plan had begun is not gone on with any more. */
export async function beginRecovery(
  ledger: Ledger,
  plan: RestorePlan,
  incident: string,
  at: string,
): Promise<void> {
  await change<ConfigurationRecovery>(ledger, keyOf(plan.site), (current) => {
    if (current?.id !== plan.id) return { ...plan, incidents: [incident], begunAt: at, phase: 'begun' };
    if (current.incidents.includes(incident)) return undefined;
    return { ...current, incidents: [...current.incidents, incident] };
  });
}

/** Only ever forward; a recovery that another plan has replaced is left alone. */
export async function advanceRecovery(
  ledger: Ledger,
  { id, site }: RestorePlan,
  phase: 'applied' | 'done',
): Promise<void> {
  await change<ConfigurationRecovery>(ledger, keyOf(site), (current) => {
    if (current?.id !== id || current.phase === phase || current.phase === 'done') return undefined;
    return { ...current, phase };
  });
}
