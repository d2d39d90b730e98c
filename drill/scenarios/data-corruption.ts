import { recoveryChecks, time } from './evidence.ts';
import type { DataBefore, Ending, HeldCheck, ScenarioDrill } from './contract.ts';
import { countRows, dataChecks, writesOn } from './data.ts';
import type { World } from '../world/world.ts';

/** A bad job destroys half of the rows of the first database, while the application goes on writing to it. */
export const dataCorruption: ScenarioDrill = {
  name: 'data-corruption',
  title: 'a bad job destroys rows; the database is restored to just before it',
  severity: 'P1',
  lacks: ({ databases }) =>
    databases.some(({ consistency }) => consistency.length > 0)
      ? null
      : 'databases: none has a consistency query, so nothing would notice; add one under databases[].consistency',
  damage,
  patience: 6 * 60 * 60_000,
  expectations: async (ending) => (ending.plan ? planned(ending) : recovered(ending)),
};

async function damage(world: World): Promise<readonly DataBefore[]> {
  const { environment, databases, keeper, clock } = world;
  const { name } = environment.databases.find(({ consistency }) => consistency.length > 0) ?? { name: '' };
  const database = databases?.find(name);
  if (!database) throw new Error('there is no database to damage');
  const server = database.serverOf('primary');
  const rows = (await countRows(database)) ?? 0;
  const mustSurvive = [...((await writesOn(database, server)) ?? [])];
  const destroyed = await database.destroyRows();
  keeper.damaged(clock.now(), 'served-wrongly');
  world.tell('world', 'a bad job runs', `${destroyed} of ${rows} rows of ${name} are gone`);
  return [{ database: name, rows, destroyed, mustSurvive }];
}

async function recovered(ending: Ending): Promise<readonly HeldCheck[]> {
  const { world, rpo, data, before } = ending;
  return [
    ...(await recoveryChecks(ending, 'primary')),
    ...(await Promise.all(before.map((each) => restored(ending, each)))),
    ...dataChecks(data, rpo, (name) => world.databases?.find(name).serverOf('primary')?.name ?? ''),
  ].flat();
}

/** By SQL on the server that the application uses now, against what was there and what was acknowledged. */
async function restored({ world, data }: Ending, before: DataBefore): Promise<readonly HeldCheck[]> {
  const name = before.database;
  const database = world.databases?.find(name);
  const server = database?.serverOf('primary');
  const of = data.find((each) => each.database === name);
  if (!database || !server || !of) {
    return [
      { name: `${name}: can be asked`, held: false, evidence: 'nobody answers where the application looks' },
    ];
  }
  const config = world.environment.databases.find((each) => each.name === name);
  const found = await writesOn(database, server);
  const point = of.recoveryPoint === null ? NaN : Date.parse(of.recoveryPoint);
  const owed = database.acknowledged().filter(({ at }) => at <= point);
  const missing = owed.filter(({ id }) => found?.has(id) !== true);
  const last = database.acknowledged().at(-1);
  const damagedAt = world.keeper.marks.damaged ?? 0;
  const checks: HeldCheck[] = [
    {
      name: `${name}: restored to just before the damage`,
      held: point <= damagedAt && damagedAt - point <= 120_000,
      evidence: `recovery point ${of.recoveryPoint ?? 'none'}, damage at ${time(damagedAt)}`,
    },
    {
      name: `${name}: every write acknowledged up to the recovery point is there`,
      held: found !== null && owed.length > 0 && missing.length === 0,
      evidence: `${owed.length - missing.length} of ${owed.length}; ${of.rowsBefore} rows before, ${of.rowsDestroyed} destroyed, ${of.rowsAfter ?? 'unknown'} now`,
    },
    {
      name: `${name}: the application writes to the restored database`,
      held: last?.server === server.name && last.at > (world.keeper.marks.servedAgain ?? Infinity),
      evidence: last ? `last acknowledged at ${time(last.at)} by ${last.server}` : 'nothing was acknowledged',
    },
    {
      name: `${name}: the damaged one is kept`,
      held: database.servers().some((each) => each.name === config?.primary.identifier && each !== server),
      evidence: database
        .servers()
        .map((each) => each.name)
        .join(', '),
    },
  ];
  for (const { name: query, sql, expect } of config?.consistency ?? []) {
    const rows = await database.rows<Record<string, unknown>>(server, sql);
    const first = rows?.[0] ? Object.values(rows[0])[0] : undefined;
    const held =
      rows !== null &&
      ('rows' in expect
        ? rows.length === expect.rows
        : 'value' in expect
          ? String(first) === expect.value
          : Number(first) >= expect.atLeast);
    checks.push({
      name: `${name}: ${query} holds`,
      held,
      evidence:
        rows === null
          ? 'no answer'
          : rows.length === 0
            ? 'no rows'
            : `${rows.length} rows, first ${String(first)}`,
    });
  }
  return checks;
}

async function planned({ world, outcome }: Ending): Promise<readonly HeldCheck[]> {
  const writes = world.calls.filter(
    ({ operation, principal }) =>
      principal.kind === 'role' && /^(Restore|Modify|Promote|Put(Secret)|ChangeResource)/.test(operation),
  );
  return [
    { name: 'the incident ended as planned', held: outcome === 'planned', evidence: `outcome: ${outcome}` },
    {
      name: 'nothing was restored, modified or handed over',
      held: writes.length === 0,
      evidence: writes.map(({ operation }) => operation).join(', ') || 'no such call was made',
    },
  ];
}
