import { describeDatabase } from '../aws/rds.ts';
import { UnsafePlan } from '../incident/errors.ts';
import { lookAgain } from '../incident/look-again.ts';
import { keepDamaged, rename, tagDamaged } from './damaged.ts';
import { damagedName } from './decide.ts';
import { nextRename, type Names, type Sight } from './rename-plan.ts';
import type { Swap, Work } from './swap.ts';

/** Swap by two renames, one call of RDS at a time; whatever was done before is seen, not remembered. */
export async function swapName(work: Work): Promise<Swap> {
  const { input, database, live } = work;
  const { target, source } = input;
  const { region } = target;
  const names = namesOf(work);
  const at = (identifier: string) => ({ region, identifier });
  const look = async (): Promise<Sight> => {
    const [original, damaged, copy] = await Promise.all(
      [names.original, names.damaged, names.copy].map((name) =>
        name === null ? Promise.resolve(null) : describeDatabase(database.kind, at(name)),
      ),
    );
    return { original: original ?? null, damaged: damaged ?? null, copy: copy ?? null };
  };
  const sight = await look();
  const { original, damaged } = sight;
  const before = told(sight);
  if (!live) {
    const summary = `would let ${names.copy} take the name ${names.original}${source ? `, and that one ${names.damaged ?? ''}` : ''}`;
    return { state: 'planned', summary, before, after: before };
  }
  const next = nextRename(names, sight);
  switch (next.act) {
    case 'refuse':
      throw new UnsafePlan(`${database.name}: ${next.why}`);
    case 'wait':
      return { state: 'waiting', summary: `waits: ${next.why}`, before, after: before };
    case 'rename-damaged': {
      if (!original || names.damaged === null) throw new Error('there is nothing to make room');
      await work.begin(before);
      await tagDamaged(at(names.original), original, names.copy);
      await rename(database, at(names.original), names.damaged, original);
      const summary = `${names.original} is becoming ${names.damaged}, protected from deletion`;
      return { state: 'changing', summary, before, after: await lookAgain(async () => told(await look())) };
    }
    case 'rename-copy': {
      await work.begin(before);
      const kept =
        damaged &&
        names.damaged !== null &&
        (await keepDamaged(database, at(names.damaged), damaged, names.copy));
      if (kept && kept.state === 'busy')
        return { state: 'waiting', summary: `waits: ${kept.why}`, before, after: before };
      await rename(database, at(names.copy), names.original, null);
      const remark = kept && kept.state === 'told' ? `; ${kept.why}` : '';
      const summary = `${names.copy} is becoming ${names.original}${remark}`;
      return { state: 'changing', summary, before, after: await lookAgain(async () => told(await look())) };
    }
    case 'done': {
      const endpoint = original?.endpoint;
      if (!endpoint) throw new Error(`${names.original} has no address`);
      return {
        state: 'there',
        summary: `${names.original} is what was ${names.copy}, at ${endpoint.host}`,
        before,
        after: before,
        endpoint,
        ...(damaged?.endpoint ? { keptAs: { identifier: damaged.identifier, ...damaged.endpoint } } : {}),
      };
    }
  }
}

function namesOf({ input, database, recoveryPoint }: Work): Names {
  const { source, target, site } = input;
  return {
    original: (source ?? database[site]).identifier,
    damaged: source && recoveryPoint !== undefined ? damagedName(source.identifier, recoveryPoint) : null,
    copy: target.identifier,
    tagged: recoveryPoint !== undefined,
  };
}

/** For the record: which of the three names is whose. */
function told(sight: Sight): Readonly<Record<string, unknown>> {
  const entries = Object.entries(sight).map(([name, database]: [string, Sight[keyof Sight]]) => [
    name,
    database && {
      identifier: database.identifier,
      resource: database.raw['DbiResourceId'] ?? database.raw['DbClusterResourceId'],
      status: database.status,
      deletionProtection: database.deletionProtection,
      securityGroupIds: database.securityGroupIds,
    },
  ]);
  return { names: Object.fromEntries(entries) };
}
