import { ask } from '../aws/dns-query.ts';
import type { Check } from '../incident/contract.ts';
import { openLedger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { worthRecording } from '../incident/waiting.ts';
import { settings } from '../runtime/settings.ts';
import { send } from '../service/request.ts';
import { runSmokeTests } from '../service/smoke-tests.ts';
import type { Input, LoadTest, Output, Settings } from './contract.ts';
import { judgeTests } from './decide.ts';
import { goesOn, judgeLoad, type LoadSample } from './load.ts';

/** Tests and load together end after so long, milliseconds: the function has 55 s, and must record what it saw. */
const allMs = 45_000;

/** A request of a load may take so long, milliseconds. */
const patience = 5_000;

/**
 * Ask the recovered service what the environment's tests ask, and put a light load on it when they all pass. A load
 * is for a recovered service only: while a test fails it would be one more thing in its way.
 */
export async function handler({ incident, attempt }: Input): Promise<Output> {
  const { ledgerBucket, resolvers, tests, load } = settings<Settings>();
  const until = performance.now() + allMs;
  const results = await runSmokeTests(tests, resolvers);
  const checks = results.map(({ check }) => check);
  const well = checks.every(({ held }) => held === true);
  const loaded = load && well && incident.mode === 'live' ? await putLoad(load, resolvers, until) : null;
  const output = judgeTests(checks, loaded);
  if (worthRecording(attempt, output.passed)) {
    const event = `look ${attempt}: ${output.summary}`;
    await recordChecks(openLedger(ledgerBucket), incident, 'run-tests', event, output.checks);
  }
  return output;
}

async function putLoad(load: LoadTest, resolvers: readonly string[], until: number): Promise<Check> {
  const answers = await ask(resolvers, new URL(load.url).hostname, 'A');
  const [address] = answers.flatMap(({ values }) => values ?? []);
  const samples: LoadSample[] = [];
  const request = { method: 'GET' as const, url: load.url, headers: {} };
  let left = address === undefined ? 0 : load.requests;
  const worker = async (): Promise<void> => {
    while (left > 0 && goesOn(load, samples) && performance.now() < until - patience) {
      left -= 1;
      const began = performance.now();
      const ok = await send(request, address ?? '', patience).then(
        ({ status }) => status >= 200 && status < 400,
        () => false,
      );
      samples.push({ ok, tookMs: Math.round(performance.now() - began) });
    }
  };
  await Promise.all(Array.from({ length: load.concurrency }, worker));
  return judgeLoad(load, samples);
}
