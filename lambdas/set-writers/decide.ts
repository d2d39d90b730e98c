import type { DeploymentState } from '../aws/capacity.ts';

/** A deployment as it stands. */
export interface Writer {
  readonly name: string;
  readonly replicas: number;
  readonly ready: number;
  readonly pods: number;
}

/** `writers/<site>.json` on the ledger: how many pods ran before they were stopped, and who stopped them. */
export interface Remembered {
  readonly incident: string;
  readonly at: string;
  /** By deployment. A deployment that ran none is not started again. */
  readonly replicas: Readonly<Record<string, number>>;
  /** Set when they run again: the next stop remembers anew. */
  readonly restoredAt?: string;
}

export function writerOf(name: string, { replicas, readyReplicas, pods }: DeploymentState): Writer {
  return { name, replicas, ready: readyReplicas, pods };
}

/**
 * What to remember when the writers are to be stopped. What an earlier stop remembers stays, because its writers
 * stand at 0 now; a deployment that runs all the same was started by a person since, and counts as it runs.
 */
export function remember(
  before: Remembered | null,
  writers: readonly Writer[],
  incident: string,
  at: string,
): Remembered {
  const standing = before && before.restoredAt === undefined ? before : null;
  const replicas = Object.fromEntries(
    writers.map(({ name, replicas: now }) => [name, now > 0 ? now : (standing?.replicas[name] ?? 0)]),
  );
  return { incident: standing?.incident ?? incident, at: standing?.at ?? at, replicas };
}

/** The count that a deployment should have, or null when it is to be left alone. */
export function stopped({ replicas }: Writer): number | null {
  return replicas === 0 ? null : 0;
}

/** Only ever up from 0: who scaled it meanwhile knows why. */
export function running(remembered: Remembered | null, { name, replicas }: Writer): number | null {
  const wanted = remembered?.replicas[name] ?? 0;
  return replicas === 0 && wanted > 0 ? wanted : null;
}

/** Those that are to be started now: one after the other, each when the one before it is ready. */
export function next(remembered: Remembered | null, writers: readonly Writer[]): Writer | undefined {
  for (const writer of writers) {
    if (running(remembered, writer) !== null) return writer;
    if (!isReady(writer)) return undefined;
  }
  return undefined;
}

export function isReady({ replicas, ready }: Writer): boolean {
  return ready >= replicas;
}

export function isStopped({ replicas, pods }: Writer): boolean {
  return replicas === 0 && pods === 0;
}

/** `erlmcp 3, worker 0` */
export function listed(writers: readonly Writer[], of: (writer: Writer) => number): string {
  return writers.map((writer) => `${writer.name} ${of(writer)}`).join(', ') || 'none';
}
