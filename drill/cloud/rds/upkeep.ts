import { every, type Cancel } from '../../clock.ts';
import { delays } from '../delays.ts';
import { copyLater } from './backup-operations.ts';
import type { DatabaseServer } from './engine.ts';
import type { Fleet } from './fleet.ts';
import type { Instance } from './records.ts';

/** Statuses in which the database does not run, so that it ships nothing and nobody measures it. */
const stopped = new Set(['creating', 'deleting', 'failed', 'incompatible-restore', 'rebooting', 'renaming']);

/** Until the first shipping: a world begins in the middle of five minutes. */
const firstShipping = 60_000;
/** Between the shippings: a log that is just being shipped would count as one that a replica lacks. */
const firstMetrics = 30_000;

/** What RDS does all the time: it ships logs, copies them to other regions, and publishes how replicas do. */
export function upkeep(fleet: Fleet): { start(): void; stop(): void } {
  const { clock } = fleet.foundation;
  const running: Cancel[] = [];
  let shipping = false;
  let measuring = false;

  const works = ({ status }: { readonly status: string }) => !stopped.has(status);
  const instances = () => [...fleet.instances].filter((each) => each.server && works(each));
  const clusters = () => [...fleet.clusters].filter((each) => each.server && works(each));

  async function ship(): Promise<void> {
    await Promise.all([
      ...instances()
        .filter(({ settings }) => (settings.BackupRetentionPeriod ?? 0) > 0)
        .map(async (instance) => {
          await trying(instance, (server) => server.ship());
          copyLater(fleet, instance);
        }),
      ...clusters().map((cluster) => trying(cluster, (server) => server.ship())),
    ]);
  }

  async function measure(): Promise<void> {
    await Promise.all([
      ...instances()
        .filter(({ replicaOf }) => replicaOf !== undefined)
        .map((instance) => trying(instance, (server) => publish(instance, server))),
      ...clusters()
        .filter((cluster) => cluster.global && cluster.global.writer !== cluster)
        .map((cluster) =>
          trying(cluster, async (server) => {
            const lag = await server.lag();
            if (lag === null) return;
            fleet.metrics.put({
              region: cluster.region,
              namespace: 'AWS/RDS',
              name: 'AuroraGlobalDBReplicationLag',
              dimensions: { DBClusterIdentifier: cluster.identifier },
              value: lag,
            });
          }),
        ),
    ]);
  }

  async function publish({ region, identifier }: Instance, server: DatabaseServer): Promise<void> {
    const lag = await server.lag();
    if (lag === null) return;
    fleet.metrics.put({
      region,
      namespace: 'AWS/RDS',
      name: 'ReplicaLag',
      dimensions: { DBInstanceIdentifier: identifier },
      value: lag / 1000,
    });
  }

  /** A database that does not answer is not shipped and not measured; the others are. */
  async function trying(
    { identifier, server }: { readonly identifier: string; readonly server: DatabaseServer | undefined },
    work: (server: DatabaseServer) => Promise<void>,
  ): Promise<void> {
    try {
      if (server) await work(server);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      fleet.foundation.tell('RDS', `${identifier} does not answer`, reason);
    }
  }

  return {
    start() {
      running.push(
        every(
          clock,
          delays.rdsLogShipping,
          () => {
            if (shipping) return;
            shipping = true;
            fleet.work('shipping logs', () => ship().finally(() => (shipping = false)));
          },
          firstShipping,
        ),
        every(
          clock,
          delays.rdsMetrics,
          () => {
            if (measuring) return;
            measuring = true;
            fleet.work('measuring replicas', () => measure().finally(() => (measuring = false)));
          },
          firstMetrics,
        ),
      );
    },
    stop() {
      for (const cancel of running.splice(0)) cancel();
    },
  };
}
