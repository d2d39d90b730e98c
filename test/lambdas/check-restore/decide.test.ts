import { describe, expect, it } from 'vitest';
import { judgeCopy, type Member, type Sight } from '../../../lambdas/check-restore/decide.ts';
import { erlmcp } from '../restore-settings.ts';

const writer: Member = { identifier: 'c-1', writer: true, status: 'available' };
const reader: Member = { identifier: 'c-2', writer: false, status: 'available' };
const sight: Sight = {
  plan: { source: erlmcp.primary, target: { region: 'eu-central-1', identifier: 'c' }, budgetSeconds: 600 },
  status: 'available',
  elapsedSeconds: 60,
  members: [writer, reader],
};
const judge = (changes: Partial<Sight>) => judgeCopy({ ...sight, ...changes });

describe('a cluster', () => {
  it.each([
    [[writer, reader], 'ready'],
    [[writer, { ...reader, status: 'creating' }], 'waiting'],
    [[{ ...writer, status: 'creating' }, reader], 'waiting'],
    [[], 'waiting'],
    [[{ ...writer, status: 'failed' }, reader], 'failed'],
  ] as const)('with %j is %s', (members, state) => {
    expect(judge({ members }).state).toBe(state);
  });

  it('with a reader that never will be is ready, and says so', () => {
    const { state, summary } = judge({ members: [writer, { ...reader, status: 'incompatible-network' }] });
    expect(state).toBe('ready');
    expect(summary).toContain('its reader c-2 is incompatible-network: replace it');
  });

  it('whose instances outlast the budget has failed', () => {
    const late = { elapsedSeconds: 601, members: [{ ...writer, status: 'creating' }] };
    expect(judge(late)).toMatchObject({
      state: 'failed',
      summary: expect.stringContaining('still creating after 10 min 1 s, and 10 min were allowed'),
    });
    expect(judge({ elapsedSeconds: 601, members: [] }).state).toBe('failed');
  });
});

describe('an instance', () => {
  it.each(['creating', 'backing-up', 'modifying', 'rebooting', 'configuring-log-exports'])(
    'that is %s is waited for',
    (status) => {
      expect(judge({ status, members: null }).state).toBe('waiting');
    },
  );

  it.each(['failed', 'incompatible-restore', 'incompatible-network', 'incompatible-parameters', 'deleting'])(
    'that is %s has failed, with what RDS says of why',
    (status) => {
      const { state, summary } = judge({ status, members: null, reasons: ['no address is left'] });
      expect(state).toBe('failed');
      expect(summary).toContain(`is ${status} (no address is left)`);
    },
  );

  it('that is available although the budget is over is ready', () => {
    expect(judge({ elapsedSeconds: 10_000, members: null }).state).toBe('ready');
  });
});
