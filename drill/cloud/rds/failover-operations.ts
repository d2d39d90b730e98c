import type {
  DescribeEventsMessage,
  EventsMessage,
  FailoverDBClusterMessage,
  FailoverDBClusterResult,
  RebootDBInstanceMessage,
  RebootDBInstanceResult,
} from '@aws-sdk/client-rds';
import { AwsError, operation, type CloudService } from '../contract.ts';
import { delays } from '../delays.ts';
import { requireAvailable, requireClusterAvailable, type Fleet } from './fleet.ts';
import { pageOf } from './listing.ts';
import { afterReboot } from './modify-instance.ts';
import type { Permissions } from './permissions.ts';
import type { Cluster, Instance } from './records.ts';
import { clusterShape, instanceShape } from './shapes.ts';
import { zonesOf } from './zones.ts';

/** Databases that start again, in their own zone or in another, and what RDS tells of it. */
export function failoverOperations(fleet: Fleet, ask: Permissions): CloudService['operations'] {
  return {
    RebootDBInstance: operation<RebootDBInstanceMessage, RebootDBInstanceResult>({
      permissions: ({ DBInstanceIdentifier }, call) => [
        ask.instance('RebootDBInstance', DBInstanceIdentifier, call),
      ],
      run({ DBInstanceIdentifier, ForceFailover = false }, { region }) {
        const instance = fleet.instance(region, DBInstanceIdentifier);
        requireAvailable(instance);
        if (ForceFailover && instance.settings.MultiAZ !== true) {
          throw new AwsError(
            'InvalidParameterCombination',
            'ForceFailover cannot be specified since the instance is not configured for MultiAZ.',
          );
        }
        reboot(fleet, instance, ForceFailover);
        return { DBInstance: instanceShape(fleet, instance) };
      },
    }),

    FailoverDBCluster: operation<FailoverDBClusterMessage, FailoverDBClusterResult>({
      permissions: ({ DBClusterIdentifier }, call) => [
        ask.cluster('FailoverDBCluster', DBClusterIdentifier, call),
      ],
      run({ DBClusterIdentifier, TargetDBInstanceIdentifier: wanted }, { region }) {
        const cluster = fleet.cluster(region, DBClusterIdentifier);
        requireClusterAvailable(cluster);
        const readers = cluster.members.slice(1).filter(({ status }) => status === 'available');
        const target =
          wanted === undefined
            ? readers.toSorted((a, b) => (a.settings.PromotionTier ?? 1) - (b.settings.PromotionTier ?? 1))[0]
            : readers.find((reader) => reader === fleet.instance(region, wanted));
        if (!target) {
          throw new AwsError(
            'InvalidDBClusterStateFault',
            wanted === undefined
              ? `DB Cluster ${cluster.identifier} has no available reader to fail over to.`
              : `${wanted} is no available reader of DB Cluster ${cluster.identifier}.`,
          );
        }
        failOver(fleet, cluster, target);
        return { DBCluster: clusterShape(fleet, cluster) };
      },
    }),

    DescribeEvents: operation<DescribeEventsMessage, EventsMessage>({
      permissions: () => [{ action: 'rds:DescribeEvents', resource: '*' }],
      run(input, { region }) {
        const { SourceIdentifier: identifier, SourceType: type, Duration = 60, EventCategories = [] } = input;
        if (identifier !== undefined && type === undefined) {
          throw new AwsError(
            'InvalidParameterCombination',
            'SourceType must be specified when SourceIdentifier is specified.',
          );
        }
        const from = input.StartTime?.getTime() ?? fleet.now - Duration * 60_000;
        const to = input.EndTime?.getTime() ?? Infinity;
        const found = fleet.events.filter(
          (event) =>
            event.region === region &&
            (identifier === undefined || event.identifier === identifier.toLowerCase()) &&
            (type === undefined || event.type === type) &&
            event.at >= from &&
            event.at <= to &&
            (EventCategories.length === 0 ||
              event.categories.some((category) => EventCategories.includes(category))),
        );
        const { items, Marker } = pageOf(found, input);
        return {
          Marker,
          Events: items.map((event) => ({
            SourceIdentifier: event.identifier,
            SourceType: event.type,
            SourceArn: event.arn,
            Message: event.message,
            EventCategories: [...event.categories],
            Date: new Date(event.at),
          })),
        };
      },
    }),
  };
}

/** A failover cuts the database off; what was committed is in the other zone, too. */
function reboot(fleet: Fleet, instance: Instance, failover: boolean): void {
  const { identifier } = instance;
  const server = isReader(instance) ? undefined : fleet.serverOf(instance);
  if (server) fleet.work(`stopping ${identifier}`, () => server.halt(failover ? 'crash' : 'shutdown'));
  fleet.is(instance, 'rebooting');
  if (failover) fleet.event(instance, 'failover', 'Multi-AZ instance failover started.');
  fleet.later(failover ? delays.rdsFailover : delays.rdsReboot, () =>
    fleet.work(`starting ${identifier}`, async () => {
      if (!fleet.lives(instance)) return;
      if (failover) instance.failedOver = !(instance.failedOver ?? false);
      if (!isDead(instance)) await server?.start();
      afterReboot(instance);
      fleet.event(instance, 'availability', 'DB instance restarted');
      if (failover) fleet.event(instance, 'failover', 'Multi-AZ instance failover completed');
      fleet.is(instance, 'available');
    }),
  );
}

/** The reader takes the writer's place; both start again, on the storage that they share. */
function failOver(fleet: Fleet, cluster: Cluster, target: Instance): void {
  const { identifier, server, members } = cluster;
  if (server) fleet.work(`stopping ${identifier}`, () => server.halt('crash'));
  fleet.is(cluster, 'failing-over');
  fleet.event(cluster, 'failover', `Started cross AZ failover to DB instance: ${target.identifier}`);
  fleet.later(delays.auroraMemberFailover, () =>
    fleet.work(`starting ${identifier}`, async () => {
      if (!fleet.lives(cluster)) return;
      members.splice(members.indexOf(target), 1);
      members.unshift(target);
      if (!isDead(target)) await server?.start();
      fleet.event(cluster, 'failover', `Completed failover to DB instance: ${target.identifier}`);
      fleet.is(cluster, 'available');
    }),
  );
}

/** A reader's restart interrupts nobody but its own connections, and those are not told apart here. */
function isReader(instance: Instance): boolean {
  return instance.cluster !== undefined && instance.cluster.members[0] !== instance;
}

function isDead(instance: Instance): boolean {
  return instance.deadZone !== undefined && instance.deadZone === zonesOf(instance).AvailabilityZone;
}

/** @throws Error when there is no such database: a scenario that damages nothing proves nothing */
export function setHostDown(fleet: Fleet, region: string, identifier: string, down: boolean): void {
  const cluster = fleet.findCluster(region, identifier);
  const instance = cluster ? cluster.members[0] : fleet.findInstance(region, identifier);
  const server = instance && fleet.serverOf(instance);
  if (!instance || !server) throw new Error(`there is no database ${identifier} in ${region}`);
  instance.deadZone = down ? zonesOf(instance).AvailabilityZone : undefined;
  fleet.work(down ? `stopping ${identifier}` : `starting ${identifier}`, () =>
    down ? server.halt('crash') : server.start(),
  );
}
