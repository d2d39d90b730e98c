import { describe, expect, it } from 'vitest';
import { judgePromotion, type Sight } from '../../../lambdas/check-promotion/decide.ts';

const sight: Sight = {
  target: { region: 'eu-central-1', identifier: 'erlmcp-replica' },
  status: 'available',
  replica: false,
  endpoint: { host: 'erlmcp-replica.rds.test', port: 5_432 },
  answer: {
    reachable: true,
    evidence: '10.0.3.7:5432',
    at: '2026-11-23T12:10:00.000Z',
    state: { writable: true, inRecovery: false, lagSeconds: null, replicas: 0 },
  },
  elapsedSeconds: 300,
  budgetSeconds: 3_600,
};
const readOnly = { ...sight.answer!, state: { ...sight.answer!.state!, writable: false } };

describe('a promotion is', () => {
  it.each<[string, Partial<Sight>, string, string]>([
    ['ready when RDS and the database say so', {}, 'ready', 'can be written to: 10.0.3.7:5432'],
    [
      'waited for while RDS works',
      { status: 'modifying', replica: true, answer: null },
      'waiting',
      'is modifying and still a replica',
    ],
    [
      'waited for while it is still a replica',
      { replica: true, answer: null },
      'waiting',
      'is available and still a replica',
    ],
    ['waited for while it refuses writes', { answer: readOnly }, 'waiting', 'it is not writable'],
    [
      'waited for while it does not answer',
      { answer: { ...readOnly, reachable: false } },
      'waiting',
      'does not answer',
    ],
    ['waited for while it has no address', { endpoint: null, answer: null }, 'waiting', 'is available'],
    [
      'failed when RDS gave it up',
      { status: 'incompatible-parameters' },
      'failed',
      'is incompatible-parameters',
    ],
    ['failed when it is gone', { status: null }, 'failed', 'there is no erlmcp-replica'],
    [
      'failed when it has outlasted its budget',
      { answer: readOnly, elapsedSeconds: 3_601 },
      'failed',
      'not promoted within 3600 s',
    ],
    ['ready at the last moment', { elapsedSeconds: 9_999 }, 'ready', 'can be written to'],
  ])('%s', (_name, changes, state, summary) => {
    const verdict = judgePromotion({ ...sight, ...changes });
    expect(verdict.state).toBe(state);
    expect(verdict.summary).toContain(summary);
  });
});
