import type { DatabaseSettings, Heartbeat, QueryAnswer, Recovery } from '../database/contract.ts';
import type { Check, Site } from '../incident/contract.ts';
import type { Lease } from '../database/contract.ts';
import type { DatabaseLoss } from './contract.ts';

/** Something that was looked at: found, not there, or not to be seen at the moment. */
export type Seen<T> =
  | { readonly seen: true; readonly value: T }
  | { readonly seen: false; readonly absent: boolean; readonly why: string };

/** The standby's own copy, as RDS describes it. */
export interface Copy {
  readonly status: string;
  /** `replica`: it follows the primary, and cannot be written to. */
  readonly role: 'replica' | 'writer';
  /** Instances of an Aurora cluster; 1 for a DB instance. */
  readonly instances: number;
}

/** Backups of the primary that are copied to the standby's region. */
export interface CopiedBackups {
  readonly status: string;
  /** ISO 8601; null while nothing can be restored from them. */
  readonly latest: string | null;
}

export interface Sight {
  readonly settings: DatabaseSettings;
  /** Of the standby's place; with `from: backups` of what was restored there, if anything was. */
  readonly copy: Seen<Copy>;
  /** Null unless the standby restores from backups. */
  readonly backups: Seen<CopiedBackups> | null;
  /** Whether the primary of a global cluster is well; null when there is none. */
  readonly primaryHealthy: boolean | null;
  readonly lease: Lease | null;
  readonly recovery: Recovery | null;
  /** What the copy itself said; null when it was not asked. */
  readonly answer: QueryAnswer | null;
  /** The newest ReplicaLag of CloudWatch, seconds; null when there is none. */
  readonly publishedLag: number | null;
  readonly trafficOn: Site;
  /** Another recovery of this database that is not over, which a promotion may not overtake; null when there is none. */
  readonly obstacle: string | null;
}

/** RDS says so of a copy that works, or that will in a moment by itself. */
const working: ReadonlySet<string> = new Set([
  'available',
  'backing-up',
  'modifying',
  'configuring-enhanced-monitoring',
  'configuring-log-exports',
  'storage-optimization',
  'promoting',
  'rebooting',
  'switching-over',
  'failing-over',
]);
const phasesUnderWay: ReadonlySet<Recovery['phase']> = new Set([
  'restoring',
  'restored',
  'validated',
  'swapping',
  'swapped',
  'promoting',
  'promoted',
]);

/**
 * What would be lost if the standby's copy of a database took over now.
 *
 * The loss is measured from the data: the newest row that the primary is known to have acknowledged, against the
 * newest row that the copy has. Lag is a hint beside it, because a replica that has lost its source reports
 * whatever it last knew. What is not known stays null.
 */
export function lossOf(sight: Sight): DatabaseLoss {
  const { settings, lease } = sight;
  const resumed = isUnderWay(sight);
  const by = wayOf(sight);
  const fitness = sight.obstacle
    ? ({ fit: false, evidence: sight.obstacle } as const)
    : by === 'restore-backups'
      ? backupsFit(sight)
      : copyFit(sight);
  const acknowledged = lease?.heartbeat ?? null;
  const found = foundBy(sight, by);
  // A switchover waits until both have the same, or does not happen.
  const lossSeconds =
    by === 'switchover-global' ? 0 : by === 'promoted' ? null : secondsLost(acknowledged, found);
  const lagSeconds = sight.answer?.state?.lagSeconds ?? sight.publishedLag;
  return {
    database: settings.name,
    by,
    target: { region: settings.standby.region, identifier: settings.standby.identifier },
    acknowledged,
    found,
    lossSeconds,
    lagSeconds,
    fit: by === 'promoted' || resumed ? true : fitness.fit,
    resumed,
    evidence: [
      ...(resumed ? [`its ${sight.recovery?.kind ?? 'promotion'} has begun already`] : []),
      fitness.evidence,
      lossSentence(by, acknowledged, found, lossSeconds, settings),
      lagSeconds === null ? 'its lag is not known' : `its lag is ${lagSeconds} s by its own account`,
    ].join('; '),
  };
}

/** One check per database: whether it can take over, and what that costs. */
export function checkOf(loss: DatabaseLoss): Check {
  return { name: `loss/${loss.database}`, held: loss.fit, evidence: loss.evidence };
}

/** `erlmcp would lose 42 s; orders is promoted already`. */
export function reasonOf(losses: readonly DatabaseLoss[]): string {
  if (losses.length === 0) return 'the environment has no databases';
  return losses
    .map(({ database, by, fit, lossSeconds }) => {
      if (by === 'promoted') return `${database} is promoted already`;
      if (fit === false) return `${database} cannot take over`;
      return lossSeconds === null
        ? `it is not known what ${database} would lose`
        : `${database} would lose ${lossSeconds} s`;
    })
    .join('; ');
}

/** A recovery of the standby that is neither over nor only planned. */
function isUnderWay({ recovery }: Sight): boolean {
  return recovery?.site === 'standby' && phasesUnderWay.has(recovery.phase);
}

/**
 * How the copy would take over. `promoted` needs more than RDS's word: a copy that was promoted in an incident
 * that broke off still has users who look for the old one, so it is done only when its hand-over is, too.
 */
function wayOf(sight: Sight): DatabaseLoss['by'] {
  const { settings, recovery, lease, trafficOn, copy, primaryHealthy } = sight;
  const serves = lease?.holder === 'standby' || trafficOn === 'standby';
  const over = recovery === null || !isUnderWay(sight);
  const fromBackups = settings.standby.from === 'backups';
  const writes = fromBackups
    ? recovery?.site === 'standby' && recovery.phase === 'finished'
    : copy.seen && copy.value.role === 'writer';
  if (writes && over && serves) return 'promoted';
  if (fromBackups) return 'restore-backups';
  if (settings.globalCluster === undefined) return 'promote-replica';
  return primaryHealthy === true ? 'switchover-global' : 'failover-global';
}

type Fitness = Pick<DatabaseLoss, 'fit' | 'evidence'>;

function copyFit({ settings, copy, answer }: Sight): Fitness {
  const { identifier, region } = settings.standby;
  const called = `${identifier} in ${region}`;
  if (!copy.seen) return { fit: copy.absent ? false : 'unknown', evidence: `${called}: ${copy.why}` };
  const { status, role, instances } = copy.value;
  if (settings.kind === 'aurora' && settings.globalCluster === undefined) {
    return {
      fit: false,
      evidence: `${called} belongs to no global cluster, and nothing else can promote it`,
    };
  }
  if (!working.has(status)) return { fit: false, evidence: `RDS says that ${called} is ${status}` };
  if (instances === 0) {
    return { fit: false, evidence: `${called} has no instance: add one first, then start incident again` };
  }
  const described = `RDS says that ${called} is ${status} and a ${role}`;
  if (!answer) return { fit: 'unknown', evidence: `${described}; it was not asked` };
  return answer.reachable
    ? { fit: true, evidence: `${described}; it answers: ${answer.evidence}` }
    : { fit: 'unknown', evidence: `${described}, but it does not answer: ${answer.evidence}` };
}

function backupsFit({ settings, backups }: Sight): Fitness {
  const what = `the copied backups of ${settings.primary.identifier} in ${settings.standby.region}`;
  if (!backups) return { fit: 'unknown', evidence: `${what} were not looked for` };
  if (!backups.seen) return { fit: backups.absent ? false : 'unknown', evidence: `${what}: ${backups.why}` };
  const { status, latest } = backups.value;
  return latest === null
    ? { fit: false, evidence: `${what} are ${status}, and nothing can be restored from them` }
    : { fit: true, evidence: `${what} are ${status} and reach to ${latest}` };
}

/** Backups are not asked for rows: what was written up to their end is in them. */
function foundBy({ answer, backups }: Sight, by: DatabaseLoss['by']): Heartbeat | null {
  if (by !== 'restore-backups') return answer?.heartbeat ?? null;
  const latest = backups?.seen === true ? backups.value.latest : null;
  return latest === null ? null : { at: latest };
}

/** Never negative: a row may reach the copy before the lease tells of it. A time that nobody can read is unknown. */
function secondsLost(acknowledged: Heartbeat | null, found: Heartbeat | null): number | null {
  if (!acknowledged || !found) return null;
  const lost = (Date.parse(acknowledged.at) - Date.parse(found.at)) / 1_000;
  return Number.isNaN(lost) ? null : Math.max(0, lost);
}

function lossSentence(
  by: DatabaseLoss['by'],
  acknowledged: Heartbeat | null,
  found: Heartbeat | null,
  lossSeconds: number | null,
  { lease }: DatabaseSettings,
): string {
  if (by === 'promoted') return 'it has taken over already';
  if (by === 'switchover-global') return 'its primary is well, so that a switchover loses nothing';
  if (lossSeconds === null || !acknowledged || !found) {
    const missing = [
      ...(acknowledged ? [] : ['what the primary acknowledged last']),
      ...(found ? [] : ['what the copy has']),
    ];
    return `the loss is not known: nobody says ${missing.join(', nor ') || 'a time that can be read'}`;
  }
  const since = lease ? `, and what was written within ${lease.ttlSeconds} s after that` : '';
  return (
    `it would lose ${lossSeconds} s: the primary acknowledged writes up to ${acknowledged.at}${since}, ` +
    `the copy has them up to ${found.at}`
  );
}
