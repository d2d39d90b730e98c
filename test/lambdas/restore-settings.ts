import type { DatabaseSettings, QueryAnswer, Recovery } from '../../lambdas/database/contract.ts';
import { incident } from './memory-ledger.ts';

/** One database of an environment, as the tasks of a restore are told of it. */
export const erlmcp: DatabaseSettings = {
  name: 'erlmcp',
  kind: 'instance',
  primary: { region: 'eu-central-1', identifier: 'erlmcp' },
  standby: { region: 'eu-west-1', identifier: 'erlmcp-standby', from: 'backups' },
  after: [],
  identity: { by: 'secret', secret: { primary: 'db', standby: 'db' } },
  expectedSeconds: 1_800,
  budgetSeconds: 7_200,
};

export const query = { region: 'eu-central-1', functionName: 'query-database' };

/** A restore of it that this incident has begun. */
export const restoring: Recovery = {
  kind: 'restore',
  database: 'erlmcp',
  site: 'primary',
  incidents: [incident.id],
  startedAt: '2026-11-23T12:05:00Z',
  updatedAt: '2026-11-23T12:05:00Z',
  phase: 'restored',
  source: erlmcp.primary,
  target: { region: 'eu-central-1', identifier: 'erlmcp-r20261123115500' },
  recoveryPoint: '2026-11-23T11:55:00Z',
  endpoint: { host: 'restored.rds.test', port: 5432 },
};

/** An answer of a database in which all is well. */
export const wellAnswer: QueryAnswer = {
  reachable: true,
  evidence: '10.0.3.7:5432, PostgreSQL 18.4',
  at: '2026-11-23T12:30:00Z',
  consistency: [{ name: 'orders', held: true, evidence: '0 rows' }],
  state: { writable: true, inRecovery: false, lagSeconds: null, replicas: 0 },
  heartbeat: { at: '2026-11-23T11:54:59Z' },
};
