import type { DrillReport } from '../report/contract.ts';
import { duration } from '../report/phases.ts';
import type { AcknowledgedWrite } from '../world/databases/application.ts';
import type { WorldDatabase } from '../world/databases/contract.ts';
import type { World } from '../world/world.ts';
import type { DataBefore, HeldCheck } from './contract.ts';

/** Rows in the application's tables, by SQL on the server; null when it does not answer. */
export async function countRows(
  database: WorldDatabase,
  server = database.serverOf('primary'),
): Promise<number | null> {
  if (!server) return null;
  let sum = 0;
  for (const table of await database.tables()) {
    const rows = await database.rows<{ n: string }>(server, `select count(*) as n from ${table}`);
    if (rows === null) return null;
    sum += Number(rows[0]?.n ?? 0);
  }
  return sum;
}

/** Ids of the application's writes that a server holds. */
export async function writesOn(
  database: WorldDatabase,
  server: ReturnType<WorldDatabase['serverOf']>,
): Promise<ReadonlySet<number> | null> {
  if (!server || database.acknowledged().length === 0) return null;
  const rows = await database.rows<{ id: string }>(server, 'select id from entries');
  return rows === null ? null : new Set(rows.map(({ id }) => Number(id)));
}

/** What every database held before damage that is none of its own. */
export function untouched({ databases }: World): Promise<readonly DataBefore[]> {
  return Promise.all(
    (databases?.all ?? []).map(async (database) => ({
      database: database.name,
      rows: (await countRows(database)) ?? 0,
      destroyed: 0,
      mustSurvive: [],
    })),
  );
}

/** What became of every database, measured on the server that its application uses now. */
export async function measureData(
  world: World,
  site: 'primary' | 'standby',
  before: readonly DataBefore[],
): Promise<DrillReport['data']> {
  const measured: DrillReport['data'] = [];
  for (const database of world.databases?.all ?? []) {
    const server = database.serverOf(site);
    // Before the servers are asked: the application goes on writing meanwhile.
    const acknowledged = [...database.acknowledged()];
    const found = await writesOn(database, server);
    const known = before.find((each) => each.database === database.name);
    const writable: string[] = [];
    for (const each of database.servers()) {
      if ((await database.tryWrite(each)) === null) writable.push(each.name);
    }
    measured.push({
      database: database.name,
      rowsBefore: known?.rows ?? 0,
      rowsDestroyed: known?.destroyed ?? 0,
      rowsAfter: server ? await countRows(database, server) : null,
      recoveryPoint: recoveryPointOf(world, database.name),
      writesAcknowledged: acknowledged.length,
      ...losses(acknowledged, found),
      writable,
      lostByTable: lostByTable(world, database.name),
    });
  }
  return measured;
}

/** Acknowledged and not found; and how long before the last of these the last one was that is found. */
function losses(
  all: readonly AcknowledgedWrite[],
  found: ReadonlySet<number> | null,
): { readonly writesLost: number | null; readonly lossSeconds: number | null } {
  if (found === null) return { writesLost: null, lossSeconds: null };
  const lost = all.filter(({ id }) => !found.has(id));
  const [first] = lost;
  const last = lost.at(-1);
  if (!first || !last) return { writesLost: 0, lossSeconds: 0 };
  const kept = all.findLast(({ id, at }) => at <= first.at && found.has(id));
  return { writesLost: lost.length, lossSeconds: kept ? (last.at - kept.at) / 1_000 : null };
}

function ledger(world: World): { readonly bucket: string; readonly keys: readonly string[] } {
  const { account, name, sites } = world.environment;
  const bucket = `lifeboat-${name}-ledger-${account}-${sites.standby.region}`;
  return { bucket, keys: world.cloud.storage.keys(bucket) };
}

function read<T>(world: World, key: string): T | undefined {
  const body = world.cloud.storage.read(ledger(world).bucket, key);
  return body ? (JSON.parse(body.toString('utf8')) as T) : undefined;
}

function recoveryPointOf(world: World, database: string): string | null {
  const recovery = read<{ recoveryPoint?: string }>(world, `recoveries/${database}.json`);
  return recovery?.recoveryPoint === undefined ? null : new Date(recovery.recoveryPoint).toISOString();
}

interface LostWrites {
  readonly tables: readonly {
    readonly database: string;
    readonly table: string;
    readonly lost: number | null;
    readonly from: string | null;
    readonly to: string | null;
  }[];
}

function lostByTable(world: World, database: string): DrillReport['data'][number]['lostByTable'] {
  const instant = (time: string | null) => (time === null ? null : new Date(time).toISOString());
  return ledger(world)
    .keys.filter((key) => key.startsWith('lost-writes/'))
    .flatMap((key) => read<LostWrites>(world, key)?.tables ?? [])
    .filter((each) => each.database === database)
    .map(({ table, lost, from, to }) => ({ table, lost, from: instant(from), to: instant(to) }));
}

/** What must hold of the data after every recovery that had databases in it. */
export function dataChecks(
  data: DrillReport['data'],
  rpo: DrillReport['rpo'],
  writer: (database: string) => string,
): readonly HeldCheck[] {
  return [
    ...data.map(({ database, writable }): HeldCheck => ({
      name: `${database}: exactly one server can be written to`,
      held: writable.length === 1 && writable[0] === writer(database),
      evidence: writable.length === 0 ? 'none' : writable.join(', '),
    })),
    {
      name: 'the loss of data is within the RPO',
      held: rpo.measuredSeconds !== null && rpo.measuredSeconds <= rpo.targetSeconds,
      evidence:
        rpo.measuredSeconds === null
          ? 'it cannot be told from the data'
          : `${data.map(({ database, writesLost, writesAcknowledged }) => `${database}: ${writesLost ?? 'unknown'} of ${writesAcknowledged} acknowledged writes are gone`).join('; ')}; ${duration(rpo.measuredSeconds)} of ${duration(rpo.targetSeconds)}`,
    },
  ];
}
