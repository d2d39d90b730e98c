import {
  DescribeEventsCommand,
  FailoverDBClusterCommand,
  RebootDBInstanceCommand,
} from '@aws-sdk/client-rds';
import { queryDatabase } from '../aws/database-query.ts';
import { whereaboutsOf } from '../aws/database-whereabouts.ts';
import { askRds } from '../aws/rds-failure.ts';
import { describeDatabase, rdsClient } from '../aws/rds.ts';
import type { DatabasePlace, DatabaseSettings } from '../database/contract.ts';
import { keepPreImageOf, preImageOf, toldOf } from '../database/earlier-try.ts';
import { currentPlace } from '../database/recovery-state.ts';
import { readRecovery } from '../database/recovery.ts';
import { InvalidInput, UnsafePlan } from '../incident/errors.ts';
import { openLedger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { recordStep } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { decideRestart, type Before } from './decide.ts';

const step = 'reboot-database';

/** By how much the clock of RDS may be behind ours, milliseconds. */
const skew = 5_000;

/**
 * Restart a database in its other zone, once per incident: what was committed is there, too, and nobody can use it for
 * one to two minutes. One that answers again is left alone.
 */
export async function handler({ incident, database: name, site }: Input): Promise<Output> {
  const { ledgerBucket, databases, query } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  await requireLock(ledger, incident);
  const database = databases.find((each) => each.name === name);
  if (!database) throw new InvalidInput(`the environment has no database ${name}`);
  const { kind } = database;
  const place = currentPlace(database, site, await readRecovery(ledger, name));
  const described = await describeDatabase(kind, place);
  if (!described) {
    throw new UnsafePlan(`there is no ${place.identifier} in ${place.region} any more. Nothing was changed.`);
  }

  const earlier = (await preImageOf(ledger, incident, step, name)) as Before | null;
  const told = await toldOf(ledger, incident, step, name);
  const [where, failovers, answer] = await Promise.all([
    whereaboutsOf(kind, place, described),
    earlier ? failoversSince(kind, place, earlier.at) : [],
    earlier ? null : queryDatabase(query[site], { database: name, ask: ['state'] }),
  ]);
  const { action, reason } = decideRestart({
    database: name,
    kind,
    described,
    where,
    earlier,
    told: told.some(({ status }) => status === 'changed'),
    failovers,
    answer,
  });

  const { status } = described;
  const now: Before = {
    database: name,
    ...place,
    ...where,
    status,
    at: new Date().toISOString(),
  };
  const before = earlier ?? now;
  const keep = async (result: Omit<Output, 'step' | 'before'>): Promise<Output> => {
    const whole = { step, before, ...result };
    await recordStep(ledger, incident, whole);
    return whole;
  };
  if (action === 'done before') return keep({ status: 'changed', summary: reason, after: now });
  if (action === 'nothing') return keep({ status: 'already-there', summary: reason, after: now });
  if (incident.mode === 'plan') {
    return keep({ status: 'planned', summary: `would restart ${reason}`, after: now });
  }
  await keepPreImageOf(ledger, incident, step, name, before);
  await restart(kind, place);
  return keep({ status: 'changed', summary: `restarting ${reason}`, after: { asked: true } });
}

/** @throws TryAgain when RDS is at something, this very restart for one: the next try sees which */
async function restart(kind: DatabaseSettings['kind'], { region, identifier }: DatabasePlace): Promise<void> {
  if (kind === 'aurora') {
    await askRds(`FailoverDBCluster ${identifier} in ${region}`, () =>
      rdsClient(region).send(new FailoverDBClusterCommand({ DBClusterIdentifier: identifier })),
    );
    return;
  }
  await askRds(`RebootDBInstance ${identifier} in ${region}`, () =>
    rdsClient(region).send(
      new RebootDBInstanceCommand({ DBInstanceIdentifier: identifier, ForceFailover: true }),
    ),
  );
}

/** What RDS tells of failovers since a time, oldest first. */
async function failoversSince(
  kind: DatabaseSettings['kind'],
  { region, identifier }: DatabasePlace,
  since: string,
): Promise<readonly string[]> {
  const { Events = [] } = await askRds(`DescribeEvents ${identifier} in ${region}`, () =>
    rdsClient(region).send(
      new DescribeEventsCommand({
        SourceIdentifier: identifier,
        SourceType: kind === 'aurora' ? 'db-cluster' : 'db-instance',
        StartTime: new Date(Date.parse(since) - skew),
        EventCategories: ['failover'],
      }),
    ),
  );
  return Events.map(
    ({ Date: at, Message }) => `${at?.toISOString() ?? 'at an unknown time'}: ${Message ?? 'failover'}`,
  );
}
