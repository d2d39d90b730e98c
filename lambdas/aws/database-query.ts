import type { QueryAnswer, QueryRequest, RemoteFunction } from '../database/contract.ts';
import { runRemote } from './remote-function.ts';

/**
 * Ask query-database of a site, which is in the network of its databases. A database that does not answer is an
 * answer (`reachable: false`), not an error.
 *
 * @throws TryAgain when the function itself cannot be asked now
 */
export async function queryDatabase(at: RemoteFunction, request: QueryRequest): Promise<QueryAnswer> {
  return (await runRemote(at, request)) as QueryAnswer;
}
