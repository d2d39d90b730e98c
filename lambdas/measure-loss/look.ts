import { describeFailure } from '../aws/api-failure.ts';
import { atMost } from '../aws/at-most.ts';
import { queryDatabase } from '../aws/database-query.ts';
import { copiedBackup, describeDatabase, type DescribedDatabase } from '../aws/rds.ts';
import type { DatabaseSettings, QueryAnswer } from '../database/contract.ts';
import { readLease } from '../database/lease.ts';
import { isReplica } from '../database/replica.ts';
import { currentPlace, describeUnfinished, isOver } from '../database/recovery-state.ts';
import { readRecovery } from '../database/recovery.ts';
import type { Site } from '../incident/contract.ts';
import { TryAgain } from '../incident/errors.ts';
import type { Ledger } from '../incident/ledger.ts';
import type { Settings } from './contract.ts';
import type { Copy, CopiedBackups, Seen, Sight } from './decide.ts';
import { publishedLag } from './published-lag.ts';

/** Apart, so that a region which does not answer delays nobody who asks the other one. */
const inStandby = atMost(10);
const inPrimary = atMost(10);

interface Looking {
  readonly ledger: Ledger;
  readonly database: DatabaseSettings;
  readonly query: Settings['query'];
  readonly trafficOn: Site;
}

/** All that is to be known of one database, each thing for itself: what cannot be seen is said, not thrown. */
export async function lookAt({ ledger, database, query, trafficOn }: Looking): Promise<Sight> {
  const { name, kind, primary, standby, globalCluster } = database;
  const fromBackups = standby.from === 'backups';
  const [lease, recovery] = await Promise.all([readLease(ledger, name), readRecovery(ledger, name)]);
  const place = currentPlace(database, 'standby', recovery);
  const [described, backups, primaryHealthy, lag] = await Promise.all([
    see(
      () => inStandby(() => describeDatabase(kind, place)),
      `there is no ${place.identifier} in ${place.region}`,
    ),
    fromBackups ? seeBackups(database) : null,
    globalCluster === undefined ? null : isHealthy(kind, primary),
    fromBackups || kind === 'aurora' ? null : publishedLag(standby),
  ]);
  const copy: Seen<Copy> = described.seen ? await see(() => copyOf(database, described.value)) : described;
  const endpoint = described.seen && copy.seen ? addressOf(described.value, copy.value) : null;
  return {
    settings: database,
    copy,
    backups,
    primaryHealthy,
    lease: lease?.lease ?? null,
    recovery,
    answer: fromBackups ? null : await ask(query, name, endpoint),
    publishedLag: lag,
    trafficOn,
    obstacle:
      recovery && !isOver(recovery) && recovery.site !== 'standby' ? describeUnfinished(recovery) : null,
  };
}

async function copyOf(database: DatabaseSettings, described: DescribedDatabase): Promise<Copy> {
  const { status, members } = described;
  const replica = await inStandby(() => isReplica(database, described));
  return { status, role: replica ? 'replica' : 'writer', instances: members?.length ?? 1 };
}

/** Of a cluster that does not write, the address of its readers: the other one leads nowhere (aws-facts §4.4). */
function addressOf({ endpoint, raw }: DescribedDatabase, { role }: Copy): DescribedDatabase['endpoint'] {
  const readers = raw['ReaderEndpoint'];
  return endpoint && role === 'replica' && typeof readers === 'string'
    ? { ...endpoint, host: readers }
    : endpoint;
}

/** By its own address: what the application finds is the primary, for as long as nobody has promoted the copy. */
async function ask(
  query: Settings['query'],
  database: string,
  endpoint: DescribedDatabase['endpoint'],
): Promise<QueryAnswer | null> {
  if (!endpoint) return null;
  const { host, port } = endpoint;
  const seen = await see(() => queryDatabase(query, { database, host, port, ask: ['heartbeat', 'state'] }));
  if (seen.seen) return seen.value;
  return { reachable: false, evidence: seen.why, at: new Date().toISOString() };
}

function seeBackups({ primary, standby }: DatabaseSettings): Promise<Seen<CopiedBackups>> {
  return see(async () => {
    const found = await inStandby(() => copiedBackup(standby, primary.identifier));
    return found && { status: found.status, latest: found.to };
  }, 'none are there');
}

/** A region that does not answer has no healthy primary as far as anybody knows. */
async function isHealthy(
  kind: DatabaseSettings['kind'],
  place: DatabaseSettings['primary'],
): Promise<boolean> {
  const seen = await see(() => inPrimary(() => describeDatabase(kind, place)), 'it is not there');
  return seen.seen && seen.value.status === 'available';
}

/** Told apart: it is not there (or not for us), and it cannot be seen at the moment. */
async function see<T>(look: () => Promise<T | null>, absence = 'nothing was found'): Promise<Seen<T>> {
  try {
    const value = await look();
    return value === null ? { seen: false, absent: true, why: absence } : { seen: true, value };
  } catch (error) {
    return { seen: false, absent: !(error instanceof TryAgain), why: describeFailure(error) };
  }
}
