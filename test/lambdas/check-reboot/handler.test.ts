import { beforeEach, describe, expect, it, vi } from 'vitest';
import { queryDatabase } from '../../../lambdas/aws/database-query.ts';
import { handler } from '../../../lambdas/check-reboot/handler.ts';
import { TryAgain } from '../../../lambdas/incident/errors.ts';
import { handler as reboot } from '../../../lambdas/reboot-database/handler.ts';
import { localFleet, type LocalFleet } from '../local-fleet.ts';
import { deploy, incident, memoryLedger, planOnly, type MemoryLedger } from '../memory-ledger.ts';
import { answerOf, aurora, multiAz, query, region, seedDatabases } from '../silent-database.ts';

vi.mock('../../../lambdas/aws/database-query.ts', () => ({ queryDatabase: vi.fn() }));

let ledger: MemoryLedger;
let fleet: LocalFleet;
const check = (database = 'erlmcp', attempt = 1) => handler({ incident, database, site: 'primary', attempt });

beforeEach(async () => {
  ledger = memoryLedger();
  fleet = localFleet();
  deploy({ environment: 'dev', ledgerBucket: 'ledger', databases: [multiAz, aurora], query });
  await seedDatabases(fleet);
  vi.mocked(queryDatabase).mockImplementation((_, { database }) =>
    Promise.resolve(answerOf(fleet, database)),
  );
  fleet.rds.setHostDown(region, 'erlmcp', true);
  fleet.rds.setHostDown(region, 'orders', true);
  await fleet.pass(1);
});

describe.each([
  ['erlmcp', 'erlmcp in eu-central-1b'],
  ['orders', 'orders-2 in eu-central-1b'],
])('the restart of %s', (database, where) => {
  it('is over when it is available, somewhere else, and answers', async () => {
    await reboot({ incident, database, site: 'primary' });
    const early = await check(database);
    expect(early.ready).toBe(false);
    expect(early.checks.map(({ held }) => held)).toEqual([false, false, false]);
    await fleet.pass(2);
    expect(await check(database, 2)).toMatchObject({
      ready: true,
      summary: `${database} answers from ${where}`,
    });
    expect(ledger.record().timeline.map(({ actor }) => actor)).toEqual([
      'reboot-database',
      'check-reboot',
      'check-reboot',
    ]);
  });
});

it('a database that answers from where it was has not been restarted', async () => {
  await reboot({ incident, database: 'erlmcp', site: 'primary' });
  await fleet.pass(2);
  const before = ledger.record().preImages['reboot-database erlmcp'] as object;
  ledger.write(`incidents/${incident.id}.json`, {
    ...ledger.record(),
    preImages: { 'reboot-database erlmcp': { ...before, zone: 'eu-central-1b' } },
  });
  expect(await check()).toMatchObject({
    ready: false,
    summary: 'erlmcp is not back: it was erlmcp in eu-central-1b, and is erlmcp in eu-central-1b',
  });
});

it('one that takes no writes is not back', async () => {
  await reboot({ incident, database: 'erlmcp', site: 'primary' });
  await fleet.pass(2);
  const state = { writable: false, inRecovery: true, lagSeconds: 0, replicas: 0 };
  vi.mocked(queryDatabase).mockResolvedValue({ ...answerOf(fleet, 'erlmcp'), state });
  expect(await check()).toMatchObject({ ready: false, summary: expect.stringContaining('takes no writes') });
});

it('one that was left alone, as it answered again, need not have moved', async () => {
  fleet.rds.setHostDown(region, 'erlmcp', false);
  await fleet.pass(1);
  await reboot({ incident, database: 'erlmcp', site: 'primary' });
  expect(await check()).toMatchObject({ ready: true, summary: 'erlmcp answers' });
});

it('a function that cannot be asked says nothing of the database', async () => {
  vi.mocked(queryDatabase).mockRejectedValue(new TryAgain('throttled'));
  expect(await check()).toMatchObject({ ready: false, summary: expect.stringContaining('throttled') });
});

it('RDS that does not answer is asked again', async () => {
  fleet.dark.add(region);
  await expect(check()).rejects.toMatchObject({ name: 'TryAgain' });
});

it('a plan waits for nothing', async () => {
  expect(
    await handler({ incident: planOnly, database: 'erlmcp', site: 'primary', attempt: 1 }),
  ).toMatchObject({
    ready: true,
    summary: expect.stringMatching(/^would wait for erlmcp/),
  });
});
