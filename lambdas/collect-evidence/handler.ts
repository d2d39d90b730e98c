import { EKSClient } from '@aws-sdk/client-eks';
import { atMost } from '../aws/at-most.ts';
import { clientOptions } from '../aws/client.ts';
import { openKubernetesWorkloads, type KubernetesWorkloads } from '../aws/kubernetes-workloads.ts';
import { change, openLedger } from '../incident/ledger.ts';
import { note } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import { workloadOf } from '../workloads/rollout.ts';
import type { Input, Output, Settings } from './contract.ts';
import {
  evidenceOf,
  lastBytes,
  logsToAsk,
  tellsMore,
  type Evidence,
  type LogEvidence,
  type LogOf,
} from './evidence.ts';

const step = 'collect-evidence';

/** Logs that are asked for at the same time: each is a call from the control plane to a node. */
const atOnce = 10;
/** From the start of the task, milliseconds: after it no further log is asked for, so that what was had is kept. */
const timeForLogs = 25_000;

let eks: EKSClient | undefined;

/**
 * Keep what tells why deployments are unhealthy, before a restart takes it away: pods, events, and the last lines of
 * their logs, also of the run before.
 *
 * What cannot be had (a pod on a node that is gone) is kept as that. Evidence of an earlier try that has more stays.
 */
export async function handler({ incident, deployments }: Input): Promise<Output> {
  const { site, ledgerBucket, ledgerRegion, cluster, logLines, logBytes } = settings<Settings>();
  const begun = Date.now();
  const ledger = openLedger(ledgerBucket, ledgerRegion);
  const client = (eks ??= new EKSClient(clientOptions(cluster.region)));
  const kubernetes = await openKubernetesWorkloads(client, cluster);
  const [all, replicaSets, pods, events] = await Promise.all([
    kubernetes.deployments(),
    kubernetes.replicaSets(),
    kubernetes.pods(),
    kubernetes.events('all'),
  ]);
  const limited = atMost(atOnce);
  const ask = (log: LogOf) =>
    limited(() =>
      Date.now() - begun > timeForLogs
        ? Promise.resolve({ ...log, text: null, why: 'there was no time left to ask for it' })
        : logOf(kubernetes, log, logLines, logBytes),
    );
  const at = new Date().toISOString();

  const kept = await Promise.all(
    deployments.map(async (name) => {
      const deployment = all.find(({ metadata }) => metadata.name === name);
      const workload = deployment ? workloadOf(deployment, replicaSets, pods) : null;
      const logs = workload ? await Promise.all(logsToAsk(workload).map(ask)) : [];
      const fresh: Evidence = { ...evidenceOf(incident, site, at, name, workload, events), logs };
      const key = `evidence/${incident.id}/${name}.json`;
      const there = await change<Evidence>(ledger, key, (current) =>
        current && !tellsMore(fresh, current) ? undefined : fresh,
      );
      return { key, evidence: there ?? fresh, written: there?.at === at };
    }),
  );
  const summary = summaryOf(kept.map(({ evidence }) => evidence));
  if (kept.some(({ written }) => written)) await note(ledger, incident, { actor: step, event: summary });
  return { summary, keys: kept.map(({ key }) => key) };
}

/**
 * The end of a log. The API gives the last lines and cuts them after so many bytes, at their end, where the cause of
 * a crash is: fewer lines are asked for until they come whole.
 */
async function logOf(
  kubernetes: KubernetesWorkloads,
  log: LogOf,
  mostLines: number,
  bytes: number,
): Promise<LogEvidence> {
  const { pod, container, previous } = log;
  const atMostBytes = bytes * 4;
  try {
    for (let lines = mostLines; ; lines = Math.max(1, Math.floor(lines / 8))) {
      const text = await kubernetes.log(pod, { container, previous, lines, bytes: atMostBytes });
      if (text === null) return { ...log, text, why: 'there is none' };
      if (lines === 1 || Buffer.byteLength(text) < atMostBytes)
        return { ...log, text: lastBytes(text, bytes) };
    }
  } catch (error) {
    return { ...log, text: null, why: error instanceof Error ? error.message : String(error) };
  }
}

function summaryOf(kept: readonly Evidence[]): string {
  const logs = kept.flatMap((evidence) => evidence.logs);
  const had = logs.filter(({ text }) => text !== null).length;
  const names = kept.map(({ deployment }) => deployment).join(', ') || 'no deployment';
  const missed = had === logs.length ? '' : `; ${logs.length - had} logs could not be had`;
  return `kept pods, events and ${had} logs of ${names} under evidence/${kept[0]?.incident ?? ''}/${missed}`;
}
