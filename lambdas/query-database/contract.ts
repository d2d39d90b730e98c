import type { ConsistencyQuery, Identity, QueryAnswer, QueryRequest } from '../database/contract.ts';
import type { Site } from '../incident/contract.ts';

/** One such function per site, in the network of its databases. */
export interface Settings {
  readonly environment: string;
  readonly region: string;
  readonly site: Site;
  readonly databases: readonly {
    readonly name: string;
    /** JSON with username, password, dbname, and host and port unless the identity says them. */
    readonly readerSecret: string;
    readonly identity: Identity;
    /** When neither the request nor the identity says another. */
    readonly port: number;
    /** Tables whose rows are counted for lost writes, with the column that says when a row was written. */
    readonly tables: readonly { readonly table: string; readonly writtenAt?: string }[];
    readonly consistency: readonly ConsistencyQuery[];
    readonly statementTimeoutSeconds: number;
  }[];
}

export type Input = QueryRequest;
export type Output = QueryAnswer;
