import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { killedAndRunAgain, type Kill } from './killed.ts';

/** Every state of a machine; which of them a recovery passes is found out by running it. */
function statesOf(machine: Kill['machine']): readonly string[] {
  const file = new URL(`../../../statemachines/${machine}.asl.json`, import.meta.url);
  return [...readFileSync(file, 'utf8').matchAll(/^ {4,}"([A-Z][\w?]*)": \{$/gm)]
    .map((match) => match[1] ?? '')
    .filter(
      (name) =>
        !['States', 'ItemProcessor', 'Arguments', 'Assign', 'Output', 'Payload', 'Input'].includes(name),
    );
}

const kills: readonly Omit<Kill, 'state'>[] = [
  { environment: 'dev with databases', scenario: 'data-corruption', machine: 'database-restore' },
  { environment: 'dev with databases', scenario: 'data-corruption', machine: 'database-copy' },
  { environment: 'dev with databases', scenario: 'site-failure', machine: 'site-failover' },
  { environment: 'dev with databases', scenario: 'site-failure', machine: 'database-promotion' },
];

const runs = kills.flatMap((kill) => statesOf(kill.machine).map((state) => ({ ...kill, state })));

test.each(runs)(
  '$scenario killed after $state of $machine, and run again, leaves one writable server',
  async (kill) => {
    const reached = await killedAndRunAgain(kill);
    process.stdout.write(`${kill.machine} ${kill.state}: ${reached ? 'killed' : 'not passed'}\n`);
  },
  600_000,
);

test('the sweep knows the states of every machine', () => {
  for (const { machine } of kills) expect(statesOf(machine).length).toBeGreaterThan(5);
});
