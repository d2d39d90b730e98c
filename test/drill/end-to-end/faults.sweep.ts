import { expect, test } from 'vitest';
import { faults, nameOf, recoverWith, table, type Ordeal } from './faults.ts';
import { inWorld } from './local-world.ts';

const calls = inWorldCalls();

const ordeals = faults.flatMap((fault) => [1, 3].map((times) => [fault, times] as const));

/** Every call that a recovery of dev makes, one at a time, meets every fault, also until its SDK gives up. */
test.concurrent.each(ordeals)(
  'every call, struck by %s %i times, leaves a recovery or a person who knows',
  async (fault, times) => {
    const rows: (Ordeal & { readonly what: string })[] = [];
    for (const what of await calls()) {
      const ordeal = await recoverWith(fault, (name) => name === what, times);
      rows.push({ what, ...ordeal });
    }
    expect(rows.length).toBeGreaterThan(25);
    expect(table(rows.filter(({ wrong }) => wrong.length > 0))).toBe('');
    const escalated = rows.filter(({ outcome }) => outcome !== 'recovered');
    process.stdout.write(
      `${fault} × ${times}: ${rows.length} calls, ${escalated.length} escalated\n${table(escalated)}\n`,
    );
  },
  7_200_000,
);

/** The names of the calls of one undisturbed recovery, found out once. */
function inWorldCalls(): () => Promise<readonly string[]> {
  let found: Promise<readonly string[]> | undefined;
  return () =>
    (found ??= inWorld('dev', async (local) => {
      await local.world.loseRegion('primary');
      await local.incidentsOver();
      const ofRoles = local.world.calls.filter(({ principal }) => principal.kind === 'role');
      return [...new Set(ofRoles.map(nameOf))].sort();
    }));
}
