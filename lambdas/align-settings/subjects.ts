import {
  AddTagsToResourceCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  RebootDBInstanceCommand,
  type DBCluster,
  type DBInstance,
} from '@aws-sdk/client-rds';
import { describedInstance, rdsClient, type DescribedDatabase } from '../aws/rds.ts';
import { askRds } from '../aws/rds-failure.ts';
import { clusterSettings, ownOfCluster } from '../database/cluster-settings.ts';
import { instanceSettings, memberSettings, ownOfInstance } from '../database/instance-settings.ts';
import { describedMembers, type SourceSettings } from '../database/source-settings.ts';
import { differences, missingTags, type Found } from './compare.ts';
import type { Difference } from './contract.ts';

/** One thing of RDS that is made like another: an instance, a cluster, an instance of a cluster. */
export interface Subject {
  readonly identifier: string;
  readonly status: string;
  readonly found: readonly Found[];
  readonly tags: readonly Difference[];
  /** RDS has been asked for something that does not show yet. */
  readonly unsettled: boolean;
  /** Instances whose parameters hold only after a reboot. */
  readonly rebootDue: readonly string[];
  modify(ask: Readonly<Record<string, unknown>>): Promise<void>;
  tag(tags: readonly Difference[]): Promise<void>;
}

export async function subjectsOf(
  region: string,
  source: SourceSettings,
  copy: DescribedDatabase,
): Promise<readonly Subject[]> {
  const sameRegion = source.region === region;
  if (!copy.members) return [instanceSubject(region, source.raw, source.tags, copy, sameRegion)];
  const members = await describedMembers(region, copy);
  return [
    clusterSubject(region, source, copy, sameRegion),
    ...numbered(members).flatMap((member, index) => {
      const model = source.members[index];
      return model ? [memberSubject(region, model, member, sameRegion)] : [];
    }),
  ];
}

/** As they were made: number two has the settings of number two, whichever is the writer by now. */
function numbered(members: readonly DBInstance[]): readonly DBInstance[] {
  const number = ({ DBInstanceIdentifier: name = '' }: DBInstance) => Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
  return members.toSorted((a, b) => number(a) - number(b));
}

function instanceSubject(
  region: string,
  source: DBInstance,
  tags: SourceSettings['tags'],
  copy: DescribedDatabase,
  sameRegion: boolean,
): Subject {
  const target = copy.raw as DBInstance;
  return {
    ...common(region, copy),
    found: differences(instanceSettings, ownOfInstance, { source, target, sameRegion }),
    tags: missingTags(tags, copy.tags),
    ...stateOf(target),
    modify: modifyInstance(region, copy.identifier),
  };
}

/** What belongs to the cluster is told of the cluster. */
function memberSubject(region: string, source: DBInstance, target: DBInstance, sameRegion: boolean): Subject {
  const copy = describedInstance(target);
  const model = describedInstance(source);
  const names = new Set(memberSettings.map(({ name }) => name));
  const tier = {
    name: 'PromotionTier',
    of: ({ PromotionTier }: DBInstance) => PromotionTier,
    modify: (wanted: unknown) => ({ PromotionTier: wanted as number }),
  };
  const table = [...memberSettings, tier];
  const own = new Set([
    ...ownOfInstance,
    ...instanceSettings.flatMap(({ name, covers = [] }) => [name, ...covers]),
  ]);
  for (const name of names) own.delete(name);
  return {
    ...common(region, copy),
    found: differences(table, own, { source, target, sameRegion }),
    tags: missingTags(model.tags, copy.tags),
    ...stateOf(target),
    modify: modifyInstance(region, copy.identifier),
  };
}

function clusterSubject(
  region: string,
  source: SourceSettings,
  copy: DescribedDatabase,
  sameRegion: boolean,
): Subject {
  const { identifier } = copy;
  const target = copy.raw as DBCluster;
  const pending = Object.values(target.PendingModifiedValues ?? {}).some((value) => value !== undefined);
  return {
    ...common(region, copy),
    found: differences(clusterSettings, ownOfCluster, {
      source: source.raw,
      target,
      sameRegion,
    }),
    tags: missingTags(source.tags, copy.tags),
    unsettled: pending || changing(target.VpcSecurityGroups),
    rebootDue: (target.DBClusterMembers ?? [])
      .filter(({ DBClusterParameterGroupStatus: status }) => status === 'pending-reboot')
      .map(({ DBInstanceIdentifier: name = '' }) => name),
    modify: async (ask) => {
      await askRds(`ModifyDBCluster ${identifier}`, () =>
        rdsClient(region).send(
          new ModifyDBClusterCommand({ ...ask, DBClusterIdentifier: identifier, ApplyImmediately: true }),
        ),
      );
    },
  };
}

function common(region: string, { identifier, status, arn }: DescribedDatabase) {
  return {
    identifier,
    status,
    tag: async (tags: readonly Difference[]) => {
      await askRds(`AddTagsToResource ${identifier}`, () =>
        rdsClient(region).send(
          new AddTagsToResourceCommand({
            ResourceName: arn,
            Tags: tags.map(({ setting, source }) => ({
              Key: setting.replace(/^tag /, ''),
              Value: String(source),
            })),
          }),
        ),
      );
    },
  };
}

function stateOf(target: DBInstance): Pick<Subject, 'unsettled' | 'rebootDue'> {
  const {
    DBInstanceIdentifier: name = '',
    DBParameterGroups: groups = [],
    PendingModifiedValues: pending,
  } = target;
  const apply = groups.map((group) => group.ParameterApplyStatus);
  return {
    unsettled:
      Object.values(pending ?? {}).some((value) => value !== undefined) ||
      apply.includes('applying') ||
      changing(target.VpcSecurityGroups),
    rebootDue: apply.includes('pending-reboot') ? [name] : [],
  };
}

function changing(groups: DBInstance['VpcSecurityGroups']): boolean {
  return (groups ?? []).some(({ Status }) => Status === 'adding' || Status === 'removing');
}

function modifyInstance(region: string, identifier: string): Subject['modify'] {
  return async (ask) => {
    await askRds(`ModifyDBInstance ${identifier}`, () =>
      rdsClient(region).send(
        new ModifyDBInstanceCommand({ ...ask, DBInstanceIdentifier: identifier, ApplyImmediately: true }),
      ),
    );
  };
}

export async function reboot(region: string, identifier: string): Promise<void> {
  await askRds(`RebootDBInstance ${identifier}`, () =>
    rdsClient(region).send(new RebootDBInstanceCommand({ DBInstanceIdentifier: identifier })),
  );
}
