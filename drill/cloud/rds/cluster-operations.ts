import type {
  DBCluster,
  DBClusterMessage,
  DescribeDBClustersMessage,
  ModifyDBClusterMessage,
  ModifyDBClusterResult,
  RestoreDBClusterToPointInTimeMessage,
  RestoreDBClusterToPointInTimeResult,
} from '@aws-sdk/client-rds';
import { AwsError, operation, type CloudService } from '../contract.ts';
import { delays } from '../delays.ts';
import { requireClusterAvailable, type Fleet } from './fleet.ts';
import { chosenBy, pageOf } from './listing.ts';
import { defaultOptionGroup, defaultParameterGroup, identifierFrom } from './names.ts';
import type { Permissions } from './permissions.ts';
import type { Cluster, Requested } from './records.ts';
import { restoreTime } from './restore-time.ts';
import {
  clusterSettingsOfNew,
  defaultSubnetGroup,
  refuseOthersOfCluster,
  withRequestedOfCluster,
} from './settings.ts';
import { clusterShape, tagsFrom } from './shapes.ts';

/** What waits for the maintenance window unless it is to be applied immediately (ModifyDBCluster). */
const waits = new Set(['EnableIAMDatabaseAuthentication', 'EngineVersion', 'NewDBClusterIdentifier']);

export function clusterOperations(fleet: Fleet, ask: Permissions): CloudService['operations'] {
  function sourceOf(input: RestoreDBClusterToPointInTimeMessage, region: string): Cluster {
    const { SourceDBClusterIdentifier: identifier, SourceDbClusterResourceId: resourceId } = input;
    if ((identifier === undefined) === (resourceId === undefined)) {
      throw new AwsError(
        'InvalidParameterCombination',
        'You must specify exactly one of SourceDBClusterIdentifier and SourceDbClusterResourceId.',
      );
    }
    if (resourceId === undefined) return fleet.cluster(region, identifier);
    const found = [...fleet.clusters].find(
      (each) => each.region === region && each.resourceId === resourceId,
    );
    if (found) return found;
    throw new AwsError('DBClusterNotFoundFault', `DBCluster ${resourceId} not found.`, 404);
  }

  return {
    DescribeDBClusters: operation<DescribeDBClustersMessage, DBClusterMessage>({
      permissions: ({ DBClusterIdentifier }, call) => [
        ask.cluster('DescribeDBClusters', DBClusterIdentifier, call),
      ],
      run(input, { region }) {
        const { DBClusterIdentifier: identifier, Filters } = input;
        const found =
          identifier === undefined
            ? [...fleet.clusters].filter((each) => each.region === region)
            : [fleet.cluster(region, identifier)];
        const chosen = chosenBy(Filters, found, {
          'db-cluster-id': (each) => [each.identifier, fleet.clusterArn(each)],
          'db-cluster-resource-id': (each) => [each.resourceId],
          engine: ({ settings }) => [settings.Engine ?? ''],
        });
        const { items, Marker } = pageOf(chosen, input);
        return { DBClusters: items.map((each) => clusterShape(fleet, each)), Marker };
      },
    }),

    RestoreDBClusterToPointInTime: operation<
      RestoreDBClusterToPointInTimeMessage,
      RestoreDBClusterToPointInTimeResult
    >({
      permissions(input, call) {
        const action = 'RestoreDBClusterToPointInTime';
        const { arns } = fleet;
        const target = ask.cluster(action, input.DBClusterIdentifier, call, input.Tags);
        const { Engine, EngineVersion } =
          fleet.findCluster(call.region, input.SourceDBClusterIdentifier)?.settings ?? {};
        const group = input.DBClusterParameterGroupName ?? defaultParameterGroup(Engine, EngineVersion);
        const options = input.OptionGroupName ?? defaultOptionGroup(Engine, EngineVersion);
        return [
          ask.cluster(action, input.SourceDBClusterIdentifier, call),
          target,
          ask.on(action, arns.clusterParameterGroup(call.region, group)),
          ask.on(action, arns.optionGroup(call.region, options)),
          ask.on(action, arns.subnetGroup(call.region, input.DBSubnetGroupName ?? defaultSubnetGroup)),
          ...ask.tagging(target.resource, input.Tags),
          ...ask.passing(input.MonitoringRoleArn),
        ];
      },
      run(input, { region }) {
        refuseOthersOfCluster(input, [
          'DBClusterIdentifier',
          'RestoreToTime',
          'RestoreType',
          'SourceDBClusterIdentifier',
          'SourceDbClusterResourceId',
          'Tags',
          'UseLatestRestorableTime',
        ]);
        const identifier = identifierFrom(input.DBClusterIdentifier, 'DBClusterIdentifier');
        const source = sourceOf(input, region);
        if (fleet.findCluster(region, identifier)) {
          throw new AwsError('DBClusterAlreadyExistsFault', 'DB Cluster already exists');
        }
        const { server, settings } = source;
        const window = fleet.clusterWindow(source);
        const to = restoreTime({
          time: input.RestoreToTime,
          latest: input.UseLatestRestorableTime,
          window,
          what: 'cluster',
          now: fleet.now,
        });
        const archive = server?.archive;
        if (!archive || source.status === 'creating') {
          throw new AwsError(
            'InvalidDBClusterStateFault',
            `DB Cluster ${source.identifier} is not available.`,
          );
        }
        const until = to ?? archive.window()?.to ?? fleet.now;
        const { Engine, EngineVersion } = settings;
        const carried: DBCluster = {
          ...settings,
          ...clusterSettingsOfNew(Engine, EngineVersion),
          MonitoringRoleArn: undefined,
        };
        const cluster: Cluster = {
          region,
          identifier,
          resourceId: fleet.resourceId('cluster-'),
          createdAt: fleet.now,
          status: 'creating',
          settings: withRequestedOfCluster(carried, { ...input }),
          pending: {},
          rebootPending: new Set(),
          tags: input.Tags ? tagsFrom(input.Tags) : source.tags,
          server: undefined,
          members: [],
          ip: fleet.address(),
          readerIp: fleet.address(),
          named: true,
          global: undefined,
        };
        fleet.clusters.add(cluster);
        fleet.foundation.tell('RDS', `${identifier} in ${region} is being restored`, source.identifier);
        begin(fleet, cluster, async () => {
          cluster.server = await fleet.engine.restore(identifier, archive, until);
        });
        return { DBCluster: clusterShape(fleet, cluster) };
      },
    }),

    ModifyDBCluster: operation<ModifyDBClusterMessage, ModifyDBClusterResult>({
      permissions(input, call) {
        const group = input.DBClusterParameterGroupName;
        return [
          ask.cluster('ModifyDBCluster', input.DBClusterIdentifier, call),
          ...(group === undefined
            ? []
            : [ask.on('ModifyDBCluster', fleet.arns.clusterParameterGroup(call.region, group))]),
          ...ask.passing(input.MonitoringRoleArn),
        ];
      },
      run(input, { region }) {
        refuseOthersOfCluster(input, ['DBClusterIdentifier', 'NewDBClusterIdentifier']);
        const cluster = fleet.cluster(region, input.DBClusterIdentifier);
        requireClusterAvailable(cluster);
        const wanted = input.NewDBClusterIdentifier;
        if (wanted !== undefined) {
          const identifier = identifierFrom(wanted, 'NewDBClusterIdentifier');
          if (fleet.findCluster(region, identifier)) {
            throw new AwsError('DBClusterAlreadyExistsFault', 'DB Cluster already exists');
          }
        }
        accept(fleet, cluster, { ...input }, input.ApplyImmediately === true);
        return { DBCluster: clusterShape(fleet, cluster) };
      },
    }),
  };
}

/** The cluster is available without an instance; nobody can connect until one is created in it. */
function begin(fleet: Fleet, cluster: Cluster, restore: () => Promise<void>): void {
  const { region, identifier } = cluster;
  fleet.later(fleet.restoring, () =>
    fleet.unlessHeldUp(region, 'restore-hangs', () => {
      const fault = fleet.faults.get(region);
      if (fault?.kind === 'restore-fails') {
        // A cluster knows no incompatible-restore.
        fleet.is(cluster, 'failed');
        return;
      }
      fleet.work(
        `the restore of ${identifier}`,
        async () => {
          await restore();
          fleet.is(cluster, 'available');
        },
        () => fleet.is(cluster, 'failed'),
      );
    }),
  );
}

function accept(fleet: Fleet, cluster: Cluster, input: Requested, immediately: boolean): void {
  const own = ['ApplyImmediately', 'DBClusterIdentifier'];
  const { DeletionProtection, CopyTagsToSnapshot, ...rest } = Object.fromEntries(
    Object.entries(input).filter(([member]) => !own.includes(member)),
  );
  cluster.settings = withRequestedOfCluster(
    cluster.settings,
    Object.fromEntries(
      Object.entries({ DeletionProtection, CopyTagsToSnapshot }).filter(([, value]) => value !== undefined),
    ),
  );
  const effective = Object.entries(rest).filter(
    ([member, value]) =>
      member === 'NewDBClusterIdentifier' ||
      member === 'MasterUserPassword' ||
      JSON.stringify(withRequestedOfCluster(cluster.settings, { [member]: value })) !==
        JSON.stringify(cluster.settings),
  );
  cluster.pending = { ...cluster.pending, ...Object.fromEntries(effective) };
  const due = Object.fromEntries(
    Object.entries(cluster.pending).filter(([member]) => immediately || !waits.has(member)),
  );
  const name = due['NewDBClusterIdentifier'];
  if (typeof name === 'string') rename(fleet, cluster, name.toLowerCase(), due);
  else if (Object.keys(due).length > 0) change(fleet, cluster, due);
}

function change(fleet: Fleet, cluster: Cluster, due: Requested): void {
  fleet.later(delays.rdsChangeSeen, () => {
    if (!fleet.lives(cluster)) return;
    if (cluster.status === 'available') fleet.is(cluster, 'modifying');
    fleet.later(delays.rdsChange, () => {
      apply(cluster, due);
      if (cluster.status === 'modifying') fleet.is(cluster, 'available');
    });
  });
}

function apply(cluster: Cluster, due: Requested): void {
  cluster.settings = withRequestedOfCluster(cluster.settings, due);
  if ('DBClusterParameterGroupName' in due) {
    for (const member of cluster.members) cluster.rebootPending.add(member);
  }
  for (const member of cluster.members) {
    member.settings = { ...member.settings, VpcSecurityGroups: cluster.settings.VpcSecurityGroups };
  }
  cluster.pending = Object.fromEntries(
    Object.entries(cluster.pending).filter(([member, value]) => due[member] !== value),
  );
}

/** As with an instance, the old names are gone at once; instances keep theirs. */
function rename(fleet: Fleet, cluster: Cluster, identifier: string, due: Requested): void {
  const before = cluster.identifier;
  cluster.identifier = identifier;
  cluster.named = false;
  fleet.is(cluster, 'renaming');
  fleet.foundation.tell('RDS', `${before} in ${cluster.region} is becoming ${identifier}`);
  fleet.later(delays.rdsRename, () => {
    if (!fleet.lives(cluster)) return;
    apply(cluster, due);
    cluster.named = true;
    fleet.is(cluster, 'available');
  });
}
