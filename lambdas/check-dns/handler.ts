import { ask, resolveAliases } from '../aws/dns-query.ts';
import { aliasesOf, expectations } from '../aws/expected-answer.ts';
import { openLedger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { worthRecording } from '../incident/waiting.ts';
import { settings } from '../runtime/settings.ts';
import { lookAtChange } from './change.ts';
import type { Input, Output, Settings } from './contract.ts';
import { judgeDns } from './decide.ts';

/** One look at whether the zone answers with the target; the state machine waits in between. */
export async function handler({ incident, target, changeIds, attempt }: Input): Promise<Output> {
  const { ledgerBucket, dns } = settings<Settings>();
  const [changes, answers] = await Promise.all([
    Promise.all(changeIds.map(lookAtChange)),
    resolveAliases(dns.resolvers, aliasesOf(dns.records)).then((aliases) =>
      Promise.all(
        expectations(dns.records, target, aliases).map(async (expectation) => ({
          expectation,
          answers: await ask(dns.nameServers, expectation.name, expectation.type),
        })),
      ),
    ),
  ]);
  const output = judgeDns({ target, changes, answers }, incident.mode);
  if (worthRecording(attempt, output.moved)) {
    const event = `look ${attempt}: ${output.summary}`;
    await recordChecks(openLedger(ledgerBucket), incident, 'check-dns', event, output.checks);
  }
  return output;
}
