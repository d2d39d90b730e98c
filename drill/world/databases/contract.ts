import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { Site } from '../../../lambdas/incident/contract.ts';
import type { DatabaseServer } from '../../cloud/rds/engine.ts';
import type { AcknowledgedWrite } from './application.ts';

/** What a drill asks of a database of the world, past the recovery: as its superuser, in SQL, on the real server. */
export interface WorldDatabase {
  readonly name: string;
  /** Tables of the application, without Lifeboat's own. */
  tables(): Promise<readonly string[]>;
  /** Where the application of a site finds its database now; null when it leads to nothing. */
  serverOf(site: Site): DatabaseServer | null;
  /** Every server that this database ever had, damaged and restored ones included. */
  servers(): readonly DatabaseServer[];
  /** Rows of one statement, as a superuser from within the machine; null when the server does not answer. */
  rows<Row extends object>(
    server: DatabaseServer,
    sql: string,
    values?: readonly unknown[],
  ): Promise<Row[] | null>;
  /** Tries to write as the application does, from within the server's region; what refused it, or null. */
  tryWrite(server: DatabaseServer): Promise<string | null>;
  /** What the database acknowledged to the application, oldest first. */
  acknowledged(): readonly AcknowledgedWrite[];
  /** What a bad job does: half of the rows of every table of the application are gone. How many. */
  destroyRows(): Promise<number>;
}

/** A record by which an application finds its database, to be seeded with its zone. */
export interface SeededRecord {
  readonly zoneId: string;
  readonly record: ResourceRecordSet;
}

/** The databases of an environment, and the application that writes to them. */
export interface WorldDatabases {
  readonly all: readonly WorldDatabase[];
  readonly records: readonly SeededRecord[];
  find(name: string): WorldDatabase;
  /** A region is lost to the outside; within it everything goes on. */
  loseRegion(site: Site): Promise<void>;
  comeBack(site: Site): Promise<void>;
  stop(): Promise<void>;
}
