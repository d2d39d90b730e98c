import { describe, expect, test, vi } from 'vitest';
import type { Lease, Recovery } from '../../../lambdas/database/contract.ts';
import { personOnCall } from '../../../drill/world/person.ts';
import { countRows, writesOn } from '../../../drill/scenarios/data.ts';
import { inWorld, type LocalWorld } from './local-world.ts';

// Real servers, on a machine that may be busy.
vi.setConfig({ testTimeout: 300_000 });

const databaseOf = (local: LocalWorld) => {
  const [database] = local.world.databases?.all ?? [];
  if (!database) throw new Error('the world has no database');
  return database;
};

/** Servers of the database that take a write of the application, by name. */
async function writable(local: LocalWorld): Promise<readonly string[]> {
  const database = databaseOf(local);
  const found: string[] = [];
  for (const server of database.servers()) {
    if ((await database.tryWrite(server)) === null) found.push(server.name);
  }
  return found;
}

describe('data that a bad job destroys', () => {
  test('are back, as of just before it, and nobody called the runbook', () =>
    inWorld('dev with databases', async (local) => {
      const database = databaseOf(local);
      const before = await countRows(database);
      const destroyed = await database.destroyRows();
      const damagedAt = local.world.clock.now();
      expect(destroyed).toBeGreaterThan(10);
      const person = personOnCall(local.world);
      await local.incidentsOver(300);
      await person.stop();

      expect(local.incident(), local.story()).toMatchObject({
        outcome: 'recovered',
        ref: { scenario: 'data-corruption', severity: 'P1' },
      });
      const recovery = local.read<Recovery>(`recoveries/${database.name}.json`);
      expect(recovery).toMatchObject({ phase: 'finished', kind: 'restore' });
      const point = Date.parse(recovery?.recoveryPoint ?? '');
      expect(point).toBeLessThan(damagedAt);
      expect(damagedAt - point).toBeLessThan(120_000);

      const now = database.serverOf('primary');
      expect(now?.name).toBe(recovery?.target.identifier);
      const found = await writesOn(database, now);
      const owed = database.acknowledged().filter(({ at }) => at <= point);
      expect(owed.length).toBeGreaterThan(50);
      expect(owed.filter(({ id }) => found?.has(id) !== true)).toEqual([]);
      expect(await countRows(database)).toBeGreaterThan((before ?? 0) - 200);
      await local.pass(1);
      expect(await writable(local)).toEqual([recovery?.target.identifier]);
      expect(database.acknowledged().at(-1)?.server).toBe(recovery?.target.identifier);
      expect(local.world.cloud.iam.denied()).toEqual([]);
    }));

  test('are not touched while a person does not want it', () =>
    inWorld('dev with databases', async (local) => {
      const database = databaseOf(local);
      const server = database.serverOf('primary');
      await local.pass(20);
      const recoverTo = new Date(local.world.clock.now() - 18 * 60_000).toISOString();
      await database.destroyRows();
      const person = personOnCall(local.world, 'reject');
      await local.ended(await local.start({ scenario: 'data-corruption', severity: 'P0', recoverTo }), 120);
      await person.stop();
      expect(person.decisions(), local.story()).toMatchObject([{ gate: 'restore', decision: 'reject' }]);
      expect(local.incidents().at(-1)).toMatchObject({ outcome: 'escalated' });
      expect(database.serverOf('primary')).toBe(server);
      // Its rows are damaged still, each second account gone: a server that minds them takes writes all the same.
      for (let time = 0; time < 6; time++) expect(await writable(local)).toEqual([server?.name]);
      expect(local.changes()).toEqual([]);
    }));
});

describe('a lost region with a database in it', () => {
  test('is taken over by the replica, with all that it had, once a person says so', () =>
    inWorld('dev with databases', async (local) => {
      const database = databaseOf(local);
      const old = database.serverOf('primary');
      await local.world.loseRegion('primary');
      const had = await writesOn(database, database.serverOf('standby'));
      const person = personOnCall(local.world);
      await local.incidentsOver(120);
      await person.stop();

      expect(local.incident().outcome, local.story()).toBe('recovered');
      expect(person.decisions()).toMatchObject([{ gate: 'promotion', decision: 'approve' }]);
      const now = await writesOn(database, database.serverOf('standby'));
      expect([...(had ?? [])].filter((id) => now?.has(id) !== true)).toEqual([]);
      expect(had?.size).toBeGreaterThan(50);
      await local.pass(1);
      expect(await writable(local)).toEqual(['erlmcp-standby']);
      expect(old && (await database.tryWrite(old))).toMatch(/lease/);
      expect(local.read<Lease>(`leases/${database.name}.json`)).toMatchObject({ holder: 'standby' });
      expect(await local.servedBy()).toBe('standby');
      expect(database.acknowledged().at(-1)).toMatchObject({ site: 'standby', server: 'erlmcp-standby' });
      expect(local.world.cloud.iam.denied()).toEqual([]);
    }));

  test('stays put when nobody answers: no promotion, no traffic moved', () =>
    inWorld('dev with databases', async (local) => {
      const database = databaseOf(local);
      await local.world.loseRegion('primary');
      await local.incidentsOver(120);
      expect(local.incidents()[0], local.story()).toMatchObject({ outcome: 'escalated' });
      expect(local.incidents()[0]?.summary).toMatch(/nobody/i);
      expect(await local.sites()).toEqual(['primary']);
      const standby = database.serverOf('standby');
      expect(standby && (await database.tryWrite(standby))).toMatch(/read-only|recovery/);
    }));
});
