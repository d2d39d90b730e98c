import { ask } from '../aws/dns-query.ts';
import { openLedger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { worthRecording } from '../incident/waiting.ts';
import { settings } from '../runtime/settings.ts';
import { send } from '../service/request.ts';
import { runSmokeTests } from '../service/smoke-tests.ts';
import type { Input, LoadTest, Output, Settings } from './contract.ts';
import { judgeTests } from './decide.ts';
import { goesOn, judgeLoad, type LoadSample } from './load.ts';

/** A load is given up after so long, milliseconds: the function has 55 s, and the tests had some of them. */
const loadTime = 25_000;

/** Ask the recovered service what the environment's tests ask, and put a light load on it when they all pass. */
export async function handler({ incident, attempt }: Input): Promise<Output> {
  const { ledgerBucket, resolvers, tests, load } = settings<Settings>();
  const results = await runSmokeTests(tests, resolvers);
  const checks = results.map(({ check }) => check);
  const well = checks.every(({ held }) => held === true);
  const loaded = load && well && incident.mode === 'live' ? await putLoad(load, resolvers) : null;
  const output = judgeTests(checks, loaded);
  if (worthRecording(attempt, output.passed)) {
    const event = `look ${attempt}: ${output.summary}`;
    await recordChecks(openLedger(ledgerBucket), incident, 'run-tests', event, output.checks);
  }
  return output;
}

async function putLoad(load: LoadTest, resolvers: readonly string[]) {
  const answers = await ask(resolvers, new URL(load.url).hostname, 'A');
  const [address] = answers.flatMap(({ values }) => values ?? []);
  const samples: LoadSample[] = [];
  const started = performance.now();
  const request = { method: 'GET' as const, url: load.url, headers: {} };
  let left = address === undefined ? 0 : load.requests;
  const worker = async (): Promise<void> => {
    while (left > 0 && goesOn(load, samples) && performance.now() - started < loadTime) {
      left -= 1;
      const began = performance.now();
      const ok = await send(request, address ?? '', 5_000).then(
        ({ status }) => status >= 200 && status < 400,
        () => false,
      );
      samples.push({ ok, tookMs: Math.round(performance.now() - began) });
    }
  };
  await Promise.all(Array.from({ length: load.concurrency }, worker));
  return judgeLoad(load, samples);
}
