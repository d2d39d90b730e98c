import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Input } from '../../../lambdas/close-incident/contract.ts';
import { handler } from '../../../lambdas/close-incident/handler.ts';
import { aLock, anIncident, duringAnIncident, startBucket, type Bucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const recovered: Input = { incident: anIncident, outcome: 'recovered', summary: 'The standby serves.' };
const escalated: Input = {
  ...recovered,
  outcome: 'escalated',
  summary: 'Step check-dns failed.',
  failedStep: 'check-dns',
};
let bucket: Bucket;

beforeEach(() => {
  deploy({ environment: 'dev', ledgerBucket: 'ledger' });
  bucket = startBucket(duringAnIncident());
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T04:05:12.000Z') });
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('closes a recovered incident, frees the lock and starts the cooldown', async () => {
  expect(await handler(recovered)).toMatchObject({
    outcome: 'recovered',
    recoverySeconds: 300,
    withinRto: true,
  });
  expect(bucket.record(anIncident.id)).toMatchObject({ state: 'closed', outcome: 'recovered' });
  expect(bucket.lock()).toMatchObject({ state: 'free', lastRecoveryAt: '2026-11-23T04:05:12.000Z' });
});

it.each([
  ['an escalation', escalated, {}],
  [
    'a plan',
    { ...recovered, outcome: 'planned' } as const,
    { ref: { ...anIncident, mode: 'plan' } } as const,
  ],
])('starts no cooldown after %s', async (_, input, record) => {
  bucket = startBucket(duringAnIncident(record));
  await handler(input);
  expect(bucket.lock().state).toBe('free');
  expect(bucket.lock()).not.toHaveProperty('lastRecoveryAt');
});

it('answers the same the second time, and keeps what the first has recorded', async () => {
  const first = await handler(escalated);
  const record = bucket.record(anIncident.id);
  const second = await handler({
    ...escalated,
    summary: 'The runbook did not finish.',
    failedStep: 'site-failover',
  });
  expect(second).toEqual(first);
  expect(bucket.record(anIncident.id)).toEqual(record);
});

it("leaves another incident's lock alone", async () => {
  bucket.write('lock.json', aLock({ epoch: 4, incidentId: 'dev-2' }));
  await handler(recovered);
  expect(bucket.lock()).toEqual(aLock({ epoch: 4, incidentId: 'dev-2' }));
  expect(bucket.record(anIncident.id).state).toBe('closed');
});

describe('a retry', () => {
  it.each([
    ['before the record', 'incidents/', false],
    ['after the record', 'incidents/', true],
    ['before the lock', 'lock.json', false],
    ['after the lock', 'lock.json', true],
  ])('finishes what a crash %s has left', async (_, prefix, after) => {
    bucket.fail('put', prefix, awsError('InternalError', '', 500), { after });
    await expect(handler(recovered)).rejects.toMatchObject({ name: 'TryAgain' });
    vi.setSystemTime(new Date('2026-11-23T04:05:20.000Z'));
    await handler(recovered);
    const { closedAt } = bucket.record(anIncident.id);
    expect(bucket.record(anIncident.id).timeline).toHaveLength(1);
    expect(bucket.lock()).toMatchObject({ state: 'free', lastRecoveryAt: closedAt });
  });
});
