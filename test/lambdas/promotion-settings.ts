import type { DatabaseSettings } from '../../lambdas/database/contract.ts';
import type { DatabaseLoss } from '../../lambdas/measure-loss/contract.ts';

/** A database with a cross-region replica, whose writers keep to nothing. */
export const unleased: DatabaseSettings = {
  name: 'erlmcp',
  kind: 'instance',
  primary: { region: 'eu-west-1', identifier: 'erlmcp' },
  standby: { region: 'eu-central-1', identifier: 'erlmcp-replica', from: 'replica' },
  after: [],
  identity: { by: 'secret', secret: { primary: 'erlmcp/db', standby: 'erlmcp/db' } },
  expectedSeconds: 2_700,
  budgetSeconds: 14_400,
};

/** The same with a lease. */
export const erlmcp: DatabaseSettings = { ...unleased, lease: { ttlSeconds: 30, skewSeconds: 10 } };

/** An Aurora cluster in the standby that no global cluster knows. */
export const aurora: DatabaseSettings = {
  ...erlmcp,
  name: 'ledger',
  kind: 'aurora',
  primary: { region: 'eu-west-1', identifier: 'ledger' },
  standby: { region: 'eu-central-1', identifier: 'ledger-secondary', from: 'replica' },
};

export const global: DatabaseSettings = { ...aurora, globalCluster: 'ledger-global' };

/** 42 s would be lost. */
export const aLoss: DatabaseLoss = {
  database: 'erlmcp',
  by: 'promote-replica',
  target: { region: 'eu-central-1', identifier: 'erlmcp-replica' },
  acknowledged: { at: '2026-11-23T12:03:00.000Z' },
  found: { at: '2026-11-23T12:02:18.000Z' },
  lossSeconds: 42,
  lagSeconds: 3,
  fit: true,
  resumed: false,
  evidence: 'it answers',
};
