import { expect, test, vi } from 'vitest';
import { killedAndRunAgain } from './killed.ts';

// Two recoveries of real servers each, on a machine that may be busy. The sweep (npm run sweep) kills after every state.
vi.setConfig({ testTimeout: 300_000 });

test.each([
  ['database-restore', 'StopWriters'],
  ['database-copy', 'StartRestore'],
  ['database-restore', 'SwapDatabase'],
] as const)(
  'a restore killed in %s after %s and run again leaves one writable server',
  async (machine, state) => {
    const kill = { environment: 'dev with databases', scenario: 'data-corruption', machine, state } as const;
    expect(await killedAndRunAgain(kill)).toBe(true);
  },
);

test.each([
  ['site-failover', 'FencePrimary'],
  ['database-promotion', 'PromoteDatabase'],
] as const)(
  'a promotion killed in %s after %s and run again leaves one writable server',
  async (machine, state) => {
    const kill = { environment: 'dev with databases', scenario: 'site-failure', machine, state } as const;
    expect(await killedAndRunAgain(kill)).toBe(true);
  },
);
