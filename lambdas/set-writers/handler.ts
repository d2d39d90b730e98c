import { EKSClient } from '@aws-sdk/client-eks';
import { clientOptions } from '../aws/client.ts';
import { openKubernetes, type Kubernetes } from '../aws/kubernetes.ts';
import type { IncidentRef, StepStatus } from '../incident/contract.ts';
import { change, openLedger, type Ledger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { keepPreImage, recordStep } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import {
  isReady,
  isStopped,
  listed,
  next,
  remember,
  running,
  stopped,
  writerOf,
  type Remembered,
  type Writer,
} from './decide.ts';

const step = 'set-writers';

let eks: EKSClient | undefined;

/**
 * Stop the deployments that use the databases, or start them again with as many pods as they had.
 *
 * It is asked again until it is done, and whoever asks, this incident or the next one, finds what was remembered at
 * the first stop. A deployment at 0 switches its autoscaler off, and one that is scaled up switches it on again
 * (Kubernetes, HorizontalPodAutoscaler: implicit maintenance mode), so autoscalers are left as they are.
 */
export async function handler({ incident, want }: Input): Promise<Output> {
  const { ledgerBucket, ledgerRegion, site, writers: place } = settings<Settings>();
  const ledger = openLedger(ledgerBucket, ledgerRegion);
  await requireLock(ledger, incident);
  if (place.deployments.length === 0) {
    return {
      step,
      status: 'already-there',
      summary: 'there are no writers',
      before: [],
      after: [],
      done: true,
    };
  }
  const client = (eks ??= new EKSClient(clientOptions(place.region)));
  const kubernetes = await openKubernetes(client, place);
  const key = `writers/${site}.json`;
  const look = () =>
    Promise.all(place.deployments.map(async ({ name }) => writerOf(name, await kubernetes.deployment(name))));
  const parts: Parts = { incident, ledger, kubernetes, key, look, before: await look() };
  return want === 'stopped' ? stop(parts) : start(parts);
}

interface Parts {
  readonly incident: IncidentRef;
  readonly ledger: Ledger;
  readonly kubernetes: Kubernetes;
  readonly key: string;
  readonly look: () => Promise<readonly Writer[]>;
  readonly before: readonly Writer[];
}

async function stop({ incident, ledger, kubernetes, key, look, before }: Parts): Promise<Output> {
  const toStop = before.filter((writer) => stopped(writer) !== null);
  const counts = listed(before, ({ replicas }) => replicas);
  if (toStop.length === 0) {
    const done = before.every(isStopped);
    const summary = done
      ? 'the writers are stopped'
      : `waiting for pods to end: ${listed(before, ({ pods }) => pods)}`;
    return { step, status: 'already-there', summary, before, after: before, done };
  }
  if (incident.mode === 'plan') {
    const summary = `would stop the writers: ${counts}`;
    return recorded(ledger, incident, result('planned', summary, before, before, true));
  }
  await change<Remembered>(ledger, key, (current) => {
    const wanted = remember(current, before, incident.id, new Date().toISOString());
    return JSON.stringify(current) === JSON.stringify(wanted) ? undefined : wanted;
  });
  await keepPreImage(ledger, incident, step, before);
  for (const { name } of toStop) await kubernetes.scale(name, (replicas) => (replicas === 0 ? null : 0));
  const after = await look();
  const done = after.every(isStopped);
  return recorded(
    ledger,
    incident,
    result('changed', `stopped the writers; there were ${counts}`, before, after, done),
  );
}

async function start({ incident, ledger, kubernetes, key, look, before }: Parts): Promise<Output> {
  const remembered = (await ledger.read<Remembered>(key))?.value ?? null;
  const first = next(remembered, before);
  if (incident.mode === 'plan') {
    return result('planned', 'would start the writers again', before, before, true);
  }
  if (!first) {
    const done = before.every((writer) => isReady(writer) && running(remembered, writer) === null);
    if (done && remembered && remembered.restoredAt === undefined) await forget(ledger, key);
    const counts = listed(before, ({ ready }) => ready);
    const summary = done ? `the writers run: ${counts}` : `waiting for pods: ready are ${counts}`;
    return result('already-there', summary, before, before, done);
  }
  const wanted = running(remembered, first) ?? 0;
  await keepPreImage(ledger, incident, step, before);
  await kubernetes.scale(first.name, (replicas) => (replicas === 0 ? wanted : null));
  const after = await look();
  const summary = `started ${first.name} with ${wanted}`;
  return recorded(ledger, incident, result('changed', summary, before, after, false));
}

/** The next stop remembers anew; what was remembered stays to be read. */
async function forget(ledger: Ledger, key: string): Promise<void> {
  const restoredAt = new Date().toISOString();
  await change<Remembered>(ledger, key, (current) =>
    current && current.restoredAt === undefined ? { ...current, restoredAt } : undefined,
  );
}

function result(
  status: StepStatus,
  summary: string,
  before: readonly Writer[],
  after: readonly Writer[],
  done: boolean,
): Output {
  return { step, status, summary, before, after, done };
}

async function recorded(ledger: Ledger, incident: IncidentRef, output: Output): Promise<Output> {
  const { summary, status, before, after } = output;
  await recordStep(ledger, incident, { step, status, summary, before, after });
  return output;
}
