import { EKSClient } from '@aws-sdk/client-eks';
import { describeFailure } from '../aws/api-failure.ts';
import { atMost } from '../aws/at-most.ts';
import { instancesOfGroups } from '../aws/auto-scaling.ts';
import { clientOptions } from '../aws/client.ts';
import { queryDatabase } from '../aws/database-query.ts';
import { describeNodeGroup } from '../aws/node-group.ts';
import { describeDatabase } from '../aws/rds.ts';
import type { DatabasePlace, DatabaseSettings, RemoteFunction } from '../database/contract.ts';
import { currentPlace, isOver } from '../database/recovery-state.ts';
import { readRecovery } from '../database/recovery.ts';
import type { Site } from '../incident/contract.ts';
import { TryAgain } from '../incident/errors.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import type { DatabaseSight } from './databases.ts';
import { assessHardware } from './decide.ts';
import type { GroupSight } from './nodes.ts';

const clients = new Map<string, EKSClient>();
const rdsCalls = atMost(10);

/** Look at the machines that the site in use runs on, nodes and databases, and say what is to be done. Changes nothing. */
export async function handler({ incident, survey }: Input): Promise<Output> {
  const { ledgerBucket, clusters, databases, query, ...limits } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  const { site } = survey;
  const [groups, sights] = await Promise.all([
    lookAtGroups(clusters[site]),
    Promise.all(databases.map((database) => lookAtDatabase(ledger, database, site, query[site]))),
  ]);
  const output = assessHardware({ survey, groups, databases: sights }, limits, incident.mode);
  const event = `${output.verdict}: ${output.reason}`;
  await recordChecks(ledger, incident, 'assess-hardware', event, output.checks, {
    confirmed: output.verdict === 'go' || output.verdict === 'ask',
  });
  return output;
}

/** @throws TryAgain, UnsafePlan as the calls do: without the node groups nothing is known of the nodes */
async function lookAtGroups({
  region,
  name: cluster,
  nodeGroups,
}: Settings['clusters'][Site]): Promise<readonly GroupSight[]> {
  const client = clients.get(region) ?? new EKSClient(clientOptions(region));
  clients.set(region, client);
  return Promise.all(
    nodeGroups.map(async (target) => {
      const state = await describeNodeGroup(client, cluster, target.name);
      return { target, state, instances: await instancesOfGroups(region, state.scalingGroups ?? []) };
    }),
  );
}

async function lookAtDatabase(
  ledger: Ledger,
  database: DatabaseSettings,
  site: Site,
  query: RemoteFunction,
): Promise<DatabaseSight> {
  const { name, kind } = database;
  const recovery = await readRecovery(ledger, name);
  const place = currentPlace(database, site, recovery);
  const [rds, answer] = await Promise.all([statusOf(kind, place), ask(query, name)]);
  const unfinished = recovery?.site === site && !isOver(recovery) ? recovery : null;
  return { database: name, kind, place, rds, answer, unfinished };
}

/** One lost connection is none: a database is silent when it is so twice. */
async function ask(query: RemoteFunction, database: string): Promise<DatabaseSight['answer']> {
  try {
    const first = await queryDatabase(query, { database, ask: ['state'] });
    return first.silent === true ? await queryDatabase(query, { database, ask: ['state'] }) : first;
  } catch (error) {
    if (!(error instanceof TryAgain)) throw error;
    return { unknown: describeFailure(error) };
  }
}

async function statusOf(kind: DatabaseSettings['kind'], place: DatabasePlace): Promise<DatabaseSight['rds']> {
  try {
    return await rdsCalls(() => describeDatabase(kind, place));
  } catch (error) {
    if (!(error instanceof TryAgain)) throw error;
    return { unknown: describeFailure(error) };
  }
}
