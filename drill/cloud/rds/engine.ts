/**
 * What is behind the RDS API of the local cloud: real PostgreSQL servers (`drill/world/postgres`), or, where a test
 * is about the API only, nothing but bookkeeping. Times are incident time, milliseconds since the epoch. Every call
 * is real work: the caller wraps it in `clock.busy`.
 */
export interface DatabaseEngine {
  /** A new, empty, writable server that archives its log. */
  create(name: string): Promise<DatabaseServer>;
  /**
   * A new writable server with all that had been committed at `to`, and nothing later. It archives its log again.
   *
   * @throws Error when the archive does not reach to `to`, or begins after it
   */
  restore(name: string, archive: Archive, to: number): Promise<DatabaseServer>;
  /** A streaming replica: read only until it is promoted. */
  replicate(name: string, source: DatabaseServer): Promise<DatabaseServer>;
  /** Every server of this engine is gone, whatever state it was in. */
  stop(): Promise<void>;
}

/** Base backups and logs of one server; they outlive it. */
export interface Archive {
  /** From the first base backup to the last log that was shipped; null when nothing can be restored yet. */
  window(): { readonly from: number; readonly to: number } | null;
}

export interface DatabaseServer {
  readonly name: string;
  /** On loopback; its own for as long as the server lives. */
  readonly port: number;
  /** On loopback, past `setReachable`: for what runs in the same region as the server. */
  readonly insidePort: number;
  readonly archive: Archive;
  /** Ship the log up to now to the archive; RDS does so every five minutes. */
  ship(): Promise<void>;
  /** Open to connections, and refusing new ones and cutting old ones: a security group, a lost region. */
  setReachable(reachable: boolean): Promise<void>;
  /** Shut down cleanly, or as when the machine dies. Data stay. */
  halt(how: 'shutdown' | 'crash'): Promise<void>;
  start(): Promise<void>;
  /** A replica becomes writable, with all that it had received. It never follows its source again. */
  promote(): Promise<void>;
  /** A replica's connection to its source is cut, and mended; what it received stays. */
  setReplicating(replicating: boolean): Promise<void>;
  /** Milliseconds of commits that it has not applied, by the last commit applied; null when it is no replica. */
  lag(): Promise<number | null>;
  destroy(): Promise<void>;
}
