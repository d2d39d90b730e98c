import { EKSClient } from '@aws-sdk/client-eks';
import { clientOptions } from '../aws/client.ts';
import { openKubernetes, type Kubernetes } from '../aws/kubernetes.ts';
import { withEarlierTry } from '../incident/earlier-try.ts';
import { openLedger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { lookAgain } from '../incident/look-again.ts';
import { keepPreImage, recordStep } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { DeploymentTarget, Input, Output, Settings } from './contract.ts';
import { planned, raisedBounds, raisedReplicas, summarise, type Workload } from './decide.ts';

const step = 'scale-workloads';

let eks: EKSClient | undefined;

/**
 * Raise the deployments of the standby to what they need under the full load; autoscalers by their floor.
 *
 * Every deployment is asked for before a failure of one is reported, and what was changed is on the record
 * even then: a person who takes over must know.
 */
export async function handler({ incident }: Input): Promise<Output> {
  const { ledgerBucket, cluster } = settings<Settings>();
  const client = (eks ??= new EKSClient(clientOptions(cluster.region)));
  const ledger = openLedger(ledgerBucket);
  await requireLock(ledger, incident);

  const kubernetes = await openKubernetes(client, cluster);
  const look = () => Promise.all(cluster.deployments.map((target) => lookAt(kubernetes, target)));
  const before = await look();
  const lacking = cluster.deployments.filter((target, index) => {
    const workload = before[index];
    return workload !== undefined && planned(target, workload) !== null;
  });
  if (lacking.length === 0 || incident.mode === 'plan') {
    const status = lacking.length === 0 ? 'already-there' : 'planned';
    const after = cluster.deployments.map((target, index) => {
      const workload = before[index];
      return workload && { ...workload, ...planned(target, workload) };
    });
    const found = { step, status, summary: summarise(status, lacking), before, after } as const;
    const result = await withEarlierTry(ledger, incident, found);
    await recordStep(ledger, incident, result);
    return result;
  }

  await keepPreImage(ledger, incident, step, before);
  const raised = await Promise.allSettled(lacking.map((target) => raise(kubernetes, target)));
  const done = lacking.filter((_, index) => raised[index]?.status === 'fulfilled');
  const failed = raised.find((one) => one.status === 'rejected');
  const after = await lookAgain(look);
  const result = { step, status: 'changed', summary: summarise('changed', done), before, after } as const;
  if (done.length > 0) await recordStep(ledger, incident, result);
  if (failed) throw failed.reason as Error;
  return result;
}

async function lookAt(kubernetes: Kubernetes, { name, autoscaler }: DeploymentTarget): Promise<Workload> {
  const [{ replicas, readyReplicas }, bounds] = await Promise.all([
    kubernetes.deployment(name),
    autoscaler === undefined ? null : kubernetes.autoscaler(autoscaler),
  ]);
  return { name, replicas, readyReplicas, ...(bounds && { bounds }) };
}

/** The floor first: an autoscaler that wakes up must not find a lower one. */
async function raise(kubernetes: Kubernetes, target: DeploymentTarget): Promise<void> {
  const { name, autoscaler } = target;
  if (autoscaler !== undefined) {
    await kubernetes.bound(autoscaler, (bounds) => raisedBounds(target, bounds));
  }
  await kubernetes.scale(name, (replicas) => raisedReplicas(target, replicas));
}
