import { EKSClient } from '@aws-sdk/client-eks';
import { describeFailure } from '../aws/api-failure.ts';
import { clientOptions } from '../aws/client.ts';
import { ask } from '../aws/dns-query.ts';
import { describeCluster, openKubernetes } from '../aws/kubernetes.ts';
import { describeNodeGroup } from '../aws/node-group.ts';
import { TryAgain } from '../incident/errors.ts';
import { openLedger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { probeTwice } from '../runtime/probe-twice.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { judgeFitness, type Observations, type Seen } from './decide.ts';

let eks: EKSClient | undefined;

/** Look at everything the standby needs to take the traffic, all at the same time, and change nothing. */
export async function handler({ incident }: Input): Promise<Output> {
  const all = settings<Settings>();
  const [serving, site] = await Promise.all([lookAtService(all), lookAtCluster(all.cluster)]);
  const fitness = judgeFitness({ serving, ...site });
  await recordChecks(
    openLedger(all.ledgerBucket),
    incident,
    'check-standby',
    fitness.fit ? 'the standby is fit' : 'the standby is not fit',
    fitness.checks,
  );
  return fitness;
}

/** A pilot light serves nothing before it is scaled up. */
async function lookAtService({
  strategy,
  endpoint,
  healthName,
  nameServers,
}: Settings): Promise<Observations['serving']> {
  if (strategy === 'pilot-light') return null;
  const [probe, checkers] = await Promise.all([probeTwice(endpoint), ask(nameServers, healthName, 'TXT')]);
  return { probe, healthName, checkers };
}

async function lookAtCluster(cluster: Settings['cluster']): Promise<Omit<Observations, 'serving'>> {
  const client = (eks ??= new EKSClient(clientOptions(cluster.region)));
  const names = cluster.deployments.flatMap(({ autoscaler }) => autoscaler ?? []);
  const [status, nodeGroups] = await Promise.all([
    see(async () => (await describeCluster(client, cluster)).status),
    Promise.all(
      cluster.nodeGroups.map(async (target) => ({
        target,
        sight: await see(() => describeNodeGroup(client, cluster.name, target.name)),
      })),
    ),
  ]);
  const kubernetes = await see(() => openKubernetes(client, cluster));
  const through = <T>(read: (name: string) => Promise<T>) => {
    return (name: string) => see(() => read(name)).then((sight) => ({ name, sight }));
  };
  if (!kubernetes.seen) {
    const unseen = (name: string) => ({ name, sight: kubernetes });
    return {
      cluster: { name: cluster.name, status },
      nodeGroups,
      deployments: cluster.deployments.map(({ name }) => unseen(name)),
      autoscalers: names.map(unseen),
    };
  }
  const api = kubernetes.value;
  const [deployments, autoscalers] = await Promise.all([
    Promise.all(cluster.deployments.map(({ name }) => name).map(through((name) => api.deployment(name)))),
    Promise.all(names.map(through((name) => api.autoscaler(name)))),
  ]);
  return { cluster: { name: cluster.name, status }, nodeGroups, deployments, autoscalers };
}

/** Told apart: it is not there (or not for us), and it cannot be seen at the moment. */
async function see<T>(look: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { seen: true, value: await look() };
  } catch (error) {
    return { seen: false, absent: !(error instanceof TryAgain), why: describeFailure(error) };
  }
}
