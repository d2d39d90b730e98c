import type { DescribedDatabase } from '../aws/rds.ts';
import type { DatabasePlace, DatabaseSettings, QueryAnswer, Recovery } from '../database/contract.ts';
import { describeUnfinished } from '../database/recovery-state.ts';
import type { Check } from '../incident/contract.ts';

/** Which databases a start in their other zone may help. Pure. */

/** What could not be found out, and why. */
export interface Unknown {
  readonly unknown: string;
}

export interface DatabaseSight {
  readonly database: string;
  readonly kind: DatabaseSettings['kind'];
  readonly place: DatabasePlace;
  /** Null: RDS says that there is none. */
  readonly rds: DescribedDatabase | null | Unknown;
  readonly answer: QueryAnswer | Unknown;
  /** A restore or promotion that is not over. */
  readonly unfinished: Recovery | null;
}

/**
 * `reboot`: its machine is silent, and another zone has a copy. `wait`: RDS is at work, or does not say. `stop`:
 * silent, and nothing here can help. `refuses`: it answers, and not what it is asked: no matter of hardware.
 */
export interface DatabaseView {
  readonly database: string;
  readonly verdict: 'there' | 'reboot' | 'wait' | 'stop' | 'refuses';
  readonly evidence: string;
  readonly nextSteps: readonly string[];
  /** What a restart would apply, too. */
  readonly pending: readonly string[];
}

/** RDS does nothing in these by itself. */
const idle: Readonly<Record<string, string>> = {
  stopped: 'Somebody has stopped it: start it in the RDS console.',
  failed:
    'RDS has given it up: only a restore brings it back, {"scenario":"data-corruption","databases":["…"]}.',
  'storage-full':
    'Its storage is full: give it more (ModifyDBInstance AllocatedStorage); a restart does not help.',
  'inaccessible-encryption-credentials':
    'Its KMS key is disabled or denied: enable it and start the database; without the key nothing can be read.',
  'inaccessible-encryption-credentials-recoverable':
    'Its KMS key is disabled or denied: enable it, and start the database within seven days.',
  'insufficient-capacity': 'AWS has no machine of its class in its zone: change the class, or wait.',
};

const beyondRepair = /^(incompatible-|restore-error)/;

export function viewDatabase(sight: DatabaseSight): DatabaseView {
  const { database, answer, unfinished, rds, place } = sight;
  const pending = pendingOf(rds);
  const status = statusOf(rds);
  const view = (
    verdict: DatabaseView['verdict'],
    evidence: string,
    nextSteps: readonly string[] = [],
  ): DatabaseView => ({ database, verdict, evidence: `${evidence} (${status.told})`, nextSteps, pending });

  if ('unknown' in answer) return view('wait', `${database} could not be asked: ${answer.unknown}`);
  if (answer.reachable) return view('there', `${database} answers`);
  if (answer.silent !== true) {
    return view('refuses', `${database} answers, and not what it is asked: ${answer.evidence}`, [
      `Look at ${database}: the reader's secret, the certificate, the connections that are left. Its machine runs.`,
    ]);
  }
  const silence = `${database} is silent: ${answer.evidence}`;
  if (unfinished) return view('stop', silence, [describeUnfinished(unfinished)]);
  if (status.name === null) return view('wait', silence);
  if (rds === null) {
    return view('stop', silence, [
      `There is no ${place.identifier} in ${place.region}: restore it, {"scenario":"data-corruption","databases":["${database}"]}.`,
    ]);
  }
  const known = idle[status.name];
  if (known !== undefined) return view('stop', silence, [known.replace('…', database)]);
  if (beyondRepair.test(status.name)) {
    return view('stop', silence, [`It is ${status.name}: see its events in the RDS console.`]);
  }
  if (status.name !== 'available') return view('wait', silence);
  if (hasSecondZone(sight)) return view('reboot', silence);
  return view('stop', silence, [
    `${database} has no copy in another zone to fail over to. Look at its events and metrics; restart it by hand ` +
      `(aws rds reboot-db-instance --region ${place.region} --db-instance-identifier ${place.identifier}), which helps when its engine hangs.`,
    `If it does not come back, restore it: start incident with {"scenario":"data-corruption","databases":["${database}"]}.`,
  ]);
}

export function databaseCheck({ database, verdict, evidence }: DatabaseView): Check {
  const held = verdict === 'there' ? true : verdict === 'wait' || verdict === 'refuses' ? 'unknown' : false;
  return { name: `hardware/database ${database}`, held, evidence };
}

function statusOf(rds: DatabaseSight['rds']): { readonly name: string | null; readonly told: string } {
  if (rds === null) return { name: 'not found', told: 'RDS has none of this name' };
  if ('unknown' in rds) return { name: null, told: `RDS does not say how it is: ${rds.unknown}` };
  return { name: rds.status, told: `${rds.identifier} is ${rds.status}` };
}

/** An instance with a standby in another zone, or a cluster with a reader. */
function hasSecondZone({ kind, rds }: DatabaseSight): boolean {
  if (rds === null || 'unknown' in rds) return false;
  return kind === 'aurora' ? (rds.members ?? []).length > 1 : rds.raw['MultiAZ'] === true;
}

/** Changes that hold from the next restart on. */
function pendingOf(rds: DatabaseSight['rds']): readonly string[] {
  if (rds === null || 'unknown' in rds) return [];
  const { PendingModifiedValues: values, DBParameterGroups: groups } = rds.raw as {
    readonly PendingModifiedValues?: Readonly<Record<string, unknown>>;
    readonly DBParameterGroups?: readonly {
      readonly DBParameterGroupName?: string;
      readonly ParameterApplyStatus?: string;
    }[];
  };
  return [
    ...Object.entries(values ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [name])),
    ...(groups ?? []).flatMap(({ DBParameterGroupName: name = 'unknown', ParameterApplyStatus: status }) =>
      status === 'pending-reboot' ? [`parameter group ${name}`] : [],
    ),
  ];
}
