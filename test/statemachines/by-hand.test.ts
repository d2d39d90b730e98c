import { describe, expect, it } from 'vitest';
import { newWorld } from './world.ts';

/** Runbooks that incident starts, by what a person should ask it for instead. */
const runbooks = [
  ['site-failover', 'site-failure'],
  ['database-restore', 'data-corruption'],
  ['config-restore', 'configuration-loss'],
  ['application-restart', 'application-failure'],
  ['hardware-failure', 'hardware-failure'],
] as const;

describe.each(runbooks)('%s that a person starts', (machine, scenario) => {
  it.each([{}, { scenario }, { incident: 'dev-1' }, { incident: { id: 'dev-1' } }, 'dev-1'])(
    'with %j ends at once, and says what to start instead',
    async (input) => {
      const world = newWorld();
      const { status, error, cause } = await world.run(machine, input);
      expect([status, error]).toEqual(['FAILED', 'InvalidInput']);
      expect(cause).toMatch(
        /^Nothing was done: this machine is started by incident\. Start that one instead, with /,
      );
      expect(cause).toContain(`{"scenario":"${scenario}"`);
      expect(world.invoked).toEqual([]);
    },
  );
});
