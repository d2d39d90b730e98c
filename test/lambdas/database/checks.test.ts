import { expect, test } from 'vitest';
import { keepCheck, readChecks } from '../../../lambdas/database/checks.ts';
import { openLedger } from '../../../lambdas/incident/ledger.ts';
import { deploy, memoryLedger } from '../memory-ledger.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 0, minute)).toISOString();
const good = (minute: number) => ({ at: at(minute), held: true, failing: [] }) as const;

test('checks are kept newest first, each once, and a day of them', async () => {
  const store = memoryLedger();
  deploy({});
  const ledger = openLedger('ledger');
  expect(await readChecks(ledger, 'erlmcp')).toEqual({ results: [] });
  await keepCheck(ledger, 'erlmcp', good(2));
  await keepCheck(ledger, 'erlmcp', good(3));
  await keepCheck(ledger, 'erlmcp', good(3));
  await keepCheck(ledger, 'erlmcp', good(1));
  expect((await readChecks(ledger, 'erlmcp')).results.map((result) => result.at)).toEqual([
    at(3),
    at(2),
    at(1),
  ]);

  store.write('databases/erlmcp/checks.json', {
    results: Array.from({ length: 1_500 }, (_, n) => good(1_500 - n)),
  });
  await keepCheck(ledger, 'erlmcp', { at: at(1_501), held: false, failing: ['q: 1 row'] });
  const { results } = await readChecks(ledger, 'erlmcp');
  expect(results).toHaveLength(1_500);
  expect(results[0]).toMatchObject({ held: false });
  expect(results.at(-1)).toMatchObject({ at: at(2) });
});
