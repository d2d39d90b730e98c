import type {
  CreateDBInstanceMessage,
  DBCluster,
  DBInstance,
  RestoreDBClusterToPointInTimeMessage,
  RestoreDBInstanceToPointInTimeMessage,
  Tag,
} from '@aws-sdk/client-rds';
import { clusterSettings } from '../database/cluster-settings.ts';
import { instanceSettings, memberSettings } from '../database/instance-settings.ts';
import { recoveryTag } from '../database/recovery-tag.ts';
import type { Setting } from '../database/setting.ts';
import type { SourceSettings } from '../database/source-settings.ts';
import type { RestorePlan } from '../plan-restore/contract.ts';

/** What RDS is asked for, and what of the source cannot be asked for in this region. Pure. */
export interface Wanted<T> {
  readonly request: T;
  /** Settings that are left to RDS, because they name something of another region that nothing here is known for. */
  readonly leftOut: readonly string[];
}

export interface Sources {
  readonly source: SourceSettings | null;
  /** What the standby had, for a restore in another region than the source's. */
  readonly standby: SourceSettings | null;
}

/** RDS takes fifty; two are ours. */
const mostTags = 48;

/**
 * The new instance, with everything of its source that RDS would leave to defaults (aws-facts §4.1).
 *
 * Never public by accident: an instance without a subnet group would be, by default.
 */
export function instanceRequest(
  plan: RestorePlan,
  incidentId: string,
  sources: Sources,
): Wanted<RestoreDBInstanceToPointInTimeMessage> {
  const { members, leftOut } = carriedOver<DBInstance, RestoreDBInstanceToPointInTimeMessage>(
    instanceSettings,
    plan,
    sources,
  );
  return {
    leftOut,
    request: {
      PubliclyAccessible: false,
      ...members,
      ...(plan.backupsArn === undefined
        ? { SourceDBInstanceIdentifier: plan.source.identifier }
        : { SourceDBInstanceAutomatedBackupsArn: plan.backupsArn }),
      TargetDBInstanceIdentifier: plan.target.identifier,
      RestoreTime: new Date(plan.recoveryPoint),
      Tags: tags(plan, incidentId, sources),
    },
  };
}

export function clusterRequest(
  plan: RestorePlan,
  incidentId: string,
  sources: Sources,
): Wanted<RestoreDBClusterToPointInTimeMessage> {
  const { members, leftOut } = carriedOver<DBCluster, RestoreDBClusterToPointInTimeMessage>(
    clusterSettings,
    plan,
    sources,
  );
  return {
    leftOut,
    request: {
      ...members,
      SourceDBClusterIdentifier: plan.source.identifier,
      DBClusterIdentifier: plan.target.identifier,
      RestoreToTime: new Date(plan.recoveryPoint),
      Tags: tags(plan, incidentId, sources),
    },
  };
}

/** For a cluster whose source had no instance that anybody knows of: nobody could ask the copy anything without one. */
const someClass = 'db.r6g.large';

/**
 * The instances of a restored cluster, which comes without any: as many as the source had, and one at least.
 * Their names are numbered, the writer first.
 */
export function memberRequests(
  plan: RestorePlan,
  incidentId: string,
  sources: Sources,
  engine: string,
): readonly CreateDBInstanceMessage[] {
  const given = sources.source?.members ?? [];
  const models: readonly DBInstance[] = given.length > 0 ? given : [{ DBInstanceClass: someClass }];
  const sameRegion = sources.source?.region === plan.target.region;
  return models.map((model, index) => {
    const members = memberSettings.map(({ of, regional, restore, modify }) => {
      const wanted = of(model);
      if (isNone(wanted) || (regional && !sameRegion)) return {};
      // What a restore does not take, the creation of a member does, by the names of a modification.
      return restore?.(wanted) ?? modify?.(wanted, undefined) ?? {};
    });
    return {
      DBInstanceClass: someClass,
      ...(Object.assign({}, ...members) as Partial<CreateDBInstanceMessage>),
      ...(model.PromotionTier === undefined ? {} : { PromotionTier: model.PromotionTier }),
      DBInstanceIdentifier: memberIdentifier(plan, index),
      DBClusterIdentifier: plan.target.identifier,
      Engine: engine,
      Tags: tags(plan, incidentId, sources),
    };
  });
}

function memberIdentifier({ target }: Pick<RestorePlan, 'target'>, index: number): string {
  return `${target.identifier}-${index + 1}`;
}

function carriedOver<Raw, Restore>(
  table: readonly Setting<Raw, Restore, unknown>[],
  { target }: RestorePlan,
  { source, standby }: Sources,
): { readonly members: Partial<Restore>; readonly leftOut: readonly string[] } {
  const here = [source, standby].find((each) => each?.region === target.region);
  const leftOut: string[] = [];
  const members = table.map(({ name, of, regional, restore }) => {
    const wanted = source ? of(source.raw as Raw) : undefined;
    const inRegion = regional && source?.region !== target.region ? here && of(here.raw as Raw) : wanted;
    if (regional && isNone(inRegion) && !isNone(wanted) && restore) leftOut.push(name);
    return isNone(inRegion) ? {} : (restore?.(inRegion) ?? {});
  });
  return { members: Object.assign({}, ...members) as Partial<Restore>, leftOut };
}

/** RDS takes no empty lists. */
function isNone(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function tags({ target }: RestorePlan, incidentId: string, { source }: Sources): Tag[] {
  const theirs = Object.entries(source?.tags ?? {}).filter(([key]) => !/^(aws|lifeboat):/.test(key));
  return [
    ...theirs.slice(0, mostTags).map(([Key, Value]) => ({ Key, Value })),
    { Key: recoveryTag, Value: target.identifier },
    { Key: 'lifeboat:incident', Value: incidentId },
  ];
}
