import { ask, resolveAliases } from '../aws/dns-query.ts';
import { aliasesOf, expectations } from '../aws/expected-answer.ts';
import { openLedger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { secondsBetweenLooks, worthRecording } from '../incident/waiting.ts';
import { probe } from '../runtime/probe.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { dnsAgrees, judgeService, type NameSight, type ServiceSight } from './decide.ts';

/** One look at what a client would get: ask DNS as it would, then call the service where DNS says. */
export async function handler({ incident, target, attempt }: Input): Promise<Output> {
  const { ledgerBucket, dns, endpoint } = settings<Settings>();
  const names = await lookAtNames(dns, target);
  const services = dnsAgrees(names) ? await callService(dns.resolvers, endpoint) : null;
  const url = `${endpoint.protocol}://${endpoint.host}${endpoint.path}`;
  // The zone was found to answer with the target before the first of these looks.
  const movedSeconds = (attempt - 1) * secondsBetweenLooks;
  const output = judgeService({ target, url, names, services, movedSeconds }, incident.mode);
  if (worthRecording(attempt, output.verified)) {
    const event = `look ${attempt}: ${output.summary}`;
    await recordChecks(openLedger(ledgerBucket), incident, 'verify-service', event, output.checks);
  }
  return output;
}

async function lookAtNames(dns: Settings['dns'], target: Input['target']): Promise<readonly NameSight[]> {
  const aliases = await resolveAliases(dns.resolvers, aliasesOf(dns.records));
  return Promise.all(
    expectations(dns.records, target, aliases).map(async (expectation) => {
      const { name, type } = expectation;
      const record = dns.records.find((one) => one.name === name && one.type === type);
      const [authoritative, resolvers] = await Promise.all([
        ask(dns.nameServers, name, type),
        ask(dns.resolvers, name, type),
      ]);
      const ttl = record && 'values' in record[target] ? record.ttl : null;
      return { expectation, authoritative, resolvers, ttl };
    }),
  );
}

/**
 * Call the service at every address that the independent resolvers give for its public name.
 *
 * They are asked for addresses whatever the type of the record, as a client would: they follow a CNAME.
 */
async function callService(
  resolvers: readonly string[],
  endpoint: Settings['endpoint'],
): Promise<readonly ServiceSight[]> {
  const answers = await Promise.all([
    ask(resolvers, endpoint.host, 'A'),
    ask(resolvers, endpoint.host, 'AAAA'),
  ]);
  const [four, six] = answers.map((said) => [...new Set(said.flatMap(({ values }) => values ?? []))]);
  // IPv6 only where there is nothing else: most functions have no route to it.
  const addresses = four && four.length > 0 ? four : (six ?? []);
  return Promise.all(
    addresses.map(async (address) => ({
      address,
      ...(await probe(endpoint, { address, timeoutMs: 4_000 })),
    })),
  );
}
