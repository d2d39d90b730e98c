import { atMost } from '../aws/at-most.ts';
import { copiedBackup, describeDatabase, type DescribedDatabase } from '../aws/rds.ts';
import type { DatabasePlace, DatabaseSettings, RestoreHistory } from '../database/contract.ts';
import { currentPlace, isOver } from '../database/recovery-state.ts';
import { readRecovery } from '../database/recovery.ts';
import type { Site } from '../incident/contract.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { planRestore, type Candidate } from './plan.ts';
import type { Window } from './recovery-point.ts';
import { selectDatabases } from './select.ts';

const rdsCalls = atMost(10);

/** Decide what to restore to which time, and change nothing. */
export async function handler(input: Input): Promise<Output> {
  const { ledgerBucket, databases, ask, approvalSeconds } = settings<Settings>();
  const { incident, site } = input;
  const ledger = openLedger(ledgerBucket);
  const output = await plan();
  await recordChecks(ledger, incident, 'plan-restore', `${output.decision}: ${output.reason}`, []);
  return output;

  async function plan(): Promise<Output> {
    const { databases: selected, problem } = selectDatabases(databases, incident, {
      site,
      ...(input.databases ? { named: input.databases } : {}),
      ...(input.assessment ? { assessment: input.assessment } : {}),
    });
    if (problem !== undefined) return stopped(problem, databases, approvalSeconds);
    return planRestore({
      incident,
      site,
      candidates: await Promise.all(selected.map((database) => look(ledger, database, input))),
      databases,
      ask: ask[incident.severity],
      approvalSeconds,
      now: Date.now(),
    });
  }
}

function stopped(problem: string, databases: readonly DatabaseSettings[], approvalSeconds: number): Output {
  const names = databases.map(({ name }) => `"${name}"`).join(',');
  return {
    decision: 'stop',
    reason: problem,
    question: '',
    approvalSeconds,
    nextSteps: [
      `Say which to restore: start incident again with {"scenario":"data-corruption","databases":[${names}]}, ` +
        'without those that are sound.',
    ],
    waves: [],
    swapped: [],
    expectedSeconds: 0,
  };
}

async function look(
  ledger: Ledger,
  database: DatabaseSettings,
  { site, assessment }: Input,
): Promise<Candidate> {
  const [recovery, restores] = await Promise.all([
    readRecovery(ledger, database.name),
    ledger.read<RestoreHistory>(`databases/${database.name}/restores.json`),
  ]);
  const source = currentPlace(database, 'primary', recovery);
  const known = {
    settings: database,
    source,
    recovery,
    restores: restores?.value ?? { restores: [] },
    assessed: assessment?.databases.find((each) => each.database === database.name) ?? null,
  };
  // Of what has begun the time stands, and its source may be between two names.
  const begun = recovery?.kind === 'restore' && recovery.site === site && !isOver(recovery);
  return { ...known, ...(await backupsOf(database, source, site, begun)) };
}

type Backups = Pick<Candidate, 'window' | 'allocatedGiB' | 'backupsArn'>;

async function backupsOf(
  database: DatabaseSettings,
  source: DatabasePlace,
  site: Site,
  begun: boolean,
): Promise<Backups> {
  if (site === 'primary') {
    return windowOf(source, begun ? null : await rdsCalls(() => describeDatabase(database.kind, source)));
  }
  const { region } = database.standby;
  const copied = await rdsCalls(() => copiedBackup(database.standby, source.identifier));
  if (!copied) {
    return {
      window: { missing: `no backups of ${source.identifier} are copied to ${region}` },
      allocatedGiB: null,
    };
  }
  const window = asWindow(copied.from, copied.to);
  return {
    window: window ?? {
      missing: `the copied backups of ${source.identifier} in ${region} reach no time yet`,
    },
    backupsArn: copied.arn,
    allocatedGiB: null,
  };
}

function windowOf({ identifier, region }: DatabasePlace, described: DescribedDatabase | null): Backups {
  if (!described) {
    return { window: { missing: `there is no ${identifier} in ${region}` }, allocatedGiB: null };
  }
  const { earliestRestorableTime, latestRestorableTime, allocatedGiB } = described;
  return {
    window: asWindow(earliestRestorableTime, latestRestorableTime) ?? {
      missing: `${identifier} has no latest restorable time: nothing is backed up`,
    },
    allocatedGiB,
  };
}

function asWindow(from: string | null, to: string | null): Window | undefined {
  const [begin, end] = [from, to].map((time) => (time === null ? NaN : Date.parse(time)));
  if (begin === undefined || end === undefined || Number.isNaN(end)) return undefined;
  return { from: Number.isNaN(begin) ? null : begin, to: end };
}
