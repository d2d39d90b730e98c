import { describe, expect, it } from 'vitest';
import type { Output as Assessment } from '../../../lambdas/assess-data/contract.ts';
import type { DatabaseSettings } from '../../../lambdas/database/contract.ts';
import { InvalidInput } from '../../../lambdas/incident/errors.ts';
import { selectDatabases } from '../../../lambdas/plan-restore/select.ts';

const all = ['erlmcp', 'orders'].map((name): DatabaseSettings => ({
  name,
  kind: 'instance',
  primary: { region: 'eu-central-1', identifier: name },
  standby: { region: 'eu-west-1', identifier: name, from: name === 'orders' ? 'backups' : 'replica' },
  after: [],
  identity: {
    by: 'rename',
    host: { primary: 'primary.rds.amazonaws.com', standby: 'standby.rds.amazonaws.com' },
  },
  expectedSeconds: 1,
  budgetSeconds: 1,
}));

function assessment(...damaged: readonly string[]): Assessment {
  const databases = all.map(({ name }) => ({
    database: name,
    status: 'available',
    reachable: true,
    consistency: [],
    verdict: damaged.includes(name) ? ('damaged' as const) : ('sound' as const),
    lastGoodAt: null,
    firstBadAt: null,
    evidence: '',
  }));
  return { verdict: damaged.length > 0 ? 'damaged' : 'sound', reason: '', databases, checks: [] };
}

const names = ({ databases }: ReturnType<typeof selectDatabases>) => databases.map(({ name }) => name);
const live = { mode: 'live' } as const;

describe('what is restored', () => {
  it('is what is damaged', () => {
    expect(names(selectDatabases(all, live, { site: 'primary', assessment: assessment('orders') }))).toEqual([
      'orders',
    ]);
  });

  it('is what a person named, damaged or not', () => {
    const incident = { ...live, restore: { databases: ['erlmcp'] } };
    expect(
      names(selectDatabases(all, incident, { site: 'primary', assessment: assessment('orders') })),
    ).toEqual(['erlmcp']);
  });

  it('is what the caller wants before all', () => {
    expect(names(selectDatabases(all, live, { site: 'standby', named: ['erlmcp'] }))).toEqual(['erlmcp']);
  });

  it('is at the standby what has no replica there', () => {
    expect(names(selectDatabases(all, live, { site: 'standby' }))).toEqual(['orders']);
  });

  it('is the only one that there is, when a person gave a time', () => {
    const incident = { ...live, restore: { recoverTo: '2026-11-23T10:00:00Z' } };
    expect(
      names(selectDatabases(all.slice(0, 1), incident, { site: 'primary', assessment: assessment() })),
    ).toEqual(['erlmcp']);
  });

  it('is none of several sound ones: a person must say which', () => {
    expect(selectDatabases(all, live, { site: 'primary', assessment: assessment() })).toMatchObject({
      databases: [],
      problem: expect.stringContaining('which of erlmcp, orders'),
    });
  });

  it('is all of them in a plan that is made in good times', () => {
    const names_ = names(
      selectDatabases(all, { mode: 'plan' }, { site: 'primary', assessment: assessment() }),
    );
    expect(names_).toEqual(['erlmcp', 'orders']);
  });

  it('is not a database that the environment does not have', () => {
    const incident = { ...live, restore: { databases: ['erlmpc'] } };
    const select = () => selectDatabases(all, incident, { site: 'primary' });
    expect(select).toThrow(InvalidInput);
    expect(select).toThrow('databases: got erlmpc, allowed: erlmcp, orders');
  });
});
