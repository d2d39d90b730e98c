import type {
  DescribeGlobalClustersMessage,
  FailoverGlobalClusterMessage,
  FailoverGlobalClusterResult,
  GlobalClustersMessage,
  SwitchoverGlobalClusterMessage,
  SwitchoverGlobalClusterResult,
} from '@aws-sdk/client-rds';
import { AwsError, operation, type CloudService } from '../contract.ts';
import { delays } from '../delays.ts';
import type { Fleet } from './fleet.ts';
import { pageOf } from './listing.ts';
import type { Permissions } from './permissions.ts';
import type { Cluster, GlobalDatabase } from './records.ts';
import { globalShape } from './shapes.ts';

/** Global clusters of Aurora: another region's cluster becomes the writer, planned or not (aws-facts §4.4). */
export function globalOperations(fleet: Fleet, ask: Permissions): CloudService['operations'] {
  function find(identifier: string | undefined, region: string): GlobalDatabase {
    const found = [...fleet.globals].find(
      (each) =>
        each.identifier === identifier?.toLowerCase() &&
        each.members.some((member) => member.region === region),
    );
    if (found) return found;
    throw new AwsError('GlobalClusterNotFoundFault', `Global cluster ${identifier ?? ''} not found.`, 404);
  }

  function targetOf(global: GlobalDatabase, arn: string | undefined): Cluster {
    const target = global.members.find((member) => fleet.clusterArn(member) === arn);
    if (!target) throw new AwsError('DBClusterNotFoundFault', `DBCluster ${arn ?? ''} not found.`, 404);
    if (global.status !== 'available') {
      throw new AwsError(
        'InvalidGlobalClusterStateFault',
        `Global cluster ${global.identifier} is in an invalid state for the operation: ${global.status}.`,
      );
    }
    if (target === global.writer) {
      throw new AwsError('InvalidDBClusterStateFault', 'The target is the primary cluster already.');
    }
    if (target.status !== 'available' || target.members.length === 0 || global.resyncing.has(target)) {
      throw new AwsError(
        'InvalidDBClusterStateFault',
        `DB Cluster ${target.identifier} cannot become the primary: it is not available, or has no instance.`,
      );
    }
    return target;
  }

  function requireHealthyWriter({ writer }: GlobalDatabase): void {
    if (!fleet.dark(writer.region) && writer.status === 'available') return;
    throw new AwsError(
      'InvalidGlobalClusterStateFault',
      'A switchover needs a healthy primary cluster. Use a failover that allows data loss.',
    );
  }

  const asking = (action: string, global: string | undefined, target: string | undefined) => [
    ask.on(action, fleet.arns.global(global?.toLowerCase() ?? '*')),
    ask.on(action, target ?? '*'),
  ];

  return {
    DescribeGlobalClusters: operation<DescribeGlobalClustersMessage, GlobalClustersMessage>({
      permissions: ({ GlobalClusterIdentifier: identifier }) => [
        ask.on('DescribeGlobalClusters', fleet.arns.global(identifier?.toLowerCase() ?? '*')),
      ],
      run(input, { region }) {
        const { GlobalClusterIdentifier: identifier } = input;
        const found =
          identifier === undefined
            ? [...fleet.globals].filter(({ members }) => members.some((member) => member.region === region))
            : [find(identifier, region)];
        const { items, Marker } = pageOf(found, input);
        return { GlobalClusters: items.map((each) => globalShape(fleet, each)), Marker };
      },
    }),

    FailoverGlobalCluster: operation<FailoverGlobalClusterMessage, FailoverGlobalClusterResult>({
      permissions: (input) =>
        asking('FailoverGlobalCluster', input.GlobalClusterIdentifier, input.TargetDbClusterIdentifier),
      run(input, { region }) {
        const { AllowDataLoss = false, Switchover = false } = input;
        if (AllowDataLoss && Switchover) {
          throw new AwsError(
            'InvalidParameterCombination',
            'AllowDataLoss and Switchover cannot be specified together.',
          );
        }
        const global = find(input.GlobalClusterIdentifier, region);
        const target = targetOf(global, input.TargetDbClusterIdentifier);
        if (!AllowDataLoss) requireHealthyWriter(global);
        move(fleet, global, target, AllowDataLoss);
        return { GlobalCluster: globalShape(fleet, global) };
      },
    }),

    SwitchoverGlobalCluster: operation<SwitchoverGlobalClusterMessage, SwitchoverGlobalClusterResult>({
      permissions: (input) =>
        asking('SwitchoverGlobalCluster', input.GlobalClusterIdentifier, input.TargetDbClusterIdentifier),
      run(input, { region }) {
        const global = find(input.GlobalClusterIdentifier, region);
        const target = targetOf(global, input.TargetDbClusterIdentifier);
        requireHealthyWriter(global);
        move(fleet, global, target, false);
        return { GlobalCluster: globalShape(fleet, global) };
      },
    }),
  };
}

/** Without data loss the old writer is stopped first, so that the target has all that it had. */
function move(fleet: Fleet, global: GlobalDatabase, to: Cluster, dataLoss: boolean): void {
  const from = global.writer;
  global.moving = { from, to, dataLoss };
  global.status = 'failing-over';
  if (!dataLoss) fleet.is(from, 'modifying');
  fleet.is(to, 'failing-over');
  fleet.foundation.tell(
    'RDS',
    `${to.identifier} in ${to.region} is becoming the writer of ${global.identifier}`,
  );
  const undo = () => {
    global.moving = undefined;
    global.status = 'available';
    fleet.is(from, 'available');
    fleet.is(to, 'available');
  };
  fleet.later(delays.auroraFailover, () =>
    fleet.unlessHeldUp(to.region, 'promotion-hangs', () =>
      fleet.work(
        `the failover of ${global.identifier}`,
        async () => {
          if (!dataLoss) await settle(from, to);
          await to.server?.promote();
          global.writer = to;
          global.resyncing.add(from);
          global.moving = undefined;
          global.status = 'available';
          fleet.is(from, 'available');
          fleet.is(to, 'available');
          if (dataLoss) fleet.later(delays.auroraRejoin, () => rejoin(fleet, global, from));
          else await follow(fleet, global, from);
        },
        undo,
      ),
    ),
  );
}

/** No write of the old writer is left behind: it takes none any more, and the target has received the last. */
async function settle(from: Cluster, to: Cluster): Promise<void> {
  await from.server?.setReachable(false);
  for (let n = 0; n < 100; n++) {
    const lag = await to.server?.lag();
    if (lag === undefined || lag === null || lag === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await from.server?.halt('shutdown');
}

/** A region that is lost cannot be rebuilt; its cluster goes on with what it has, which nobody wants any more. */
function rejoin(fleet: Fleet, global: GlobalDatabase, cluster: Cluster): void {
  if (fleet.dark(cluster.region)) {
    fleet.later(delays.auroraRejoin, () => rejoin(fleet, global, cluster));
    return;
  }
  fleet.work(`the rebuild of ${cluster.identifier}`, () => follow(fleet, global, cluster));
}

async function follow(fleet: Fleet, global: GlobalDatabase, cluster: Cluster): Promise<void> {
  const { writer } = global;
  if (!writer.server || writer === cluster) return;
  const old = cluster.server;
  cluster.server = await fleet.engine.replicate(cluster.identifier, writer.server);
  global.resyncing.delete(cluster);
  fleet.foundation.tell('RDS', `${cluster.identifier} in ${cluster.region} follows ${writer.identifier}`);
  await old?.destroy();
}
