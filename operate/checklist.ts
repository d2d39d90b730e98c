import { checklistMarkdown } from '../lambdas/communication/report/checklist.ts';
import type { Scenario } from '../lambdas/incident/contract.ts';
import type { Environment } from '../lib/config/schema.ts';
import type { Access } from './invoke.ts';
import { recordOf, withLedger } from './ledger.ts';
import { UsageError } from './options.ts';

interface Asked extends Access {
  readonly environment: Environment;
  readonly scenario?: Scenario | undefined;
  readonly incident?: string | undefined;
}

/**
 * The checklist of a recovery as Markdown: empty, without asking anybody, or ticked as far as a record shows it.
 *
 * @throws UsageError when the incident is about something else
 * @throws Refused when there is no such incident
 * @throws NotReached when AWS could not be asked
 */
export async function checklist({ environment, scenario, incident, ...access }: Asked): Promise<string> {
  const about = { application: environment.application.name, environment: environment.name };
  if (incident === undefined) return checklistMarkdown({ ...about, scenario: scenario ?? 'site-failure' });
  const record = await withLedger(environment, access, (ledger) => recordOf(ledger, environment, incident));
  if (scenario !== undefined && scenario !== record.ref.scenario) {
    throw new UsageError(
      `--scenario: got "${scenario}", allowed: ${record.ref.scenario}, which ${incident} is about, or nothing`,
    );
  }
  return checklistMarkdown({ ...about, scenario: record.ref.scenario }, record);
}
