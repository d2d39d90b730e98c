import type { Foundation } from '../contract.ts';
import { addressesOf } from './addresses.ts';
import { backupOperations } from './backup-operations.ts';
import { clusterOperations } from './cluster-operations.ts';
import type { Rds } from './contract.ts';
import { failoverOperations, setHostDown } from './failover-operations.ts';
import { Fleet, type RdsOptions } from './fleet.ts';
import { globalOperations } from './global-operations.ts';
import { instanceOperations } from './instance-operations.ts';
import { modifyInstance } from './modify-instance.ts';
import { permissionsOf } from './permissions.ts';
import { restoreInstance } from './restore-instance.ts';
import { seedCluster, seedInstance } from './seeds.ts';
import { tagOperations } from './tag-operations.ts';
import { throttled } from './throttle.ts';
import { upkeep } from './upkeep.ts';

/** Amazon RDS: databases that exist already, and what a recovery makes of them on a real engine, or a bookkept one. */
export function rds(foundation: Foundation, options: RdsOptions): Rds {
  const fleet = new Fleet(foundation, options);
  const ask = permissionsOf(fleet);
  const operations = {
    ...instanceOperations(fleet, ask),
    ...backupOperations(fleet, ask),
    ...clusterOperations(fleet, ask),
    ...globalOperations(fleet, ask),
    ...tagOperations(fleet, ask),
    ...failoverOperations(fleet, ask),
    ModifyDBInstance: modifyInstance(fleet, ask),
    RestoreDBInstanceToPointInTime: restoreInstance(fleet, ask),
  };
  const always = upkeep(fleet);
  return {
    service: {
      signingName: 'rds',
      operations: throttled(operations, options.requestsPerSecond, foundation.clock),
    },
    seedInstance: (seed) => seedInstance(fleet, seed),
    seedCluster: (seed) => seedCluster(fleet, seed),
    addresses: () => addressesOf(fleet),
    serverOf(region, identifier) {
      const instance = fleet.findInstance(region, identifier);
      return instance ? fleet.serverOf(instance) : fleet.findCluster(region, identifier)?.server;
    },
    setFault(region, fault) {
      if (fault) fleet.faults.set(region, fault);
      else fleet.faults.delete(region);
    },
    setHostDown: (region, identifier, down) => setHostDown(fleet, region, identifier, down),
    start: () => always.start(),
    stop: () => always.stop(),
  };
}
