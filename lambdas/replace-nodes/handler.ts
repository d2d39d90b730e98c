import { EKSClient } from '@aws-sdk/client-eks';
import { endInstance, groupedInstances } from '../aws/auto-scaling.ts';
import type { NodeGroupState } from '../aws/capacity.ts';
import { clientOptions } from '../aws/client.ts';
import type { GroupedInstance } from '../aws/grouped-instance.ts';
import { describeNodeGroup, updateNodeGroup } from '../aws/node-group.ts';
import { withEarlierTry } from '../incident/earlier-try.ts';
import { openLedger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { lookAgain } from '../incident/look-again.ts';
import { keepPreImage, recordStep } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { HardwarePlan } from '../workloads/contract.ts';
import type { Input, Output, Settings } from './contract.ts';
import { changesOf, summarise, type Changes, type Observations } from './decide.ts';

const step = 'replace-nodes';

const clients = new Map<string, EKSClient>();

/**
 * End the machines of nodes that stay silent, and raise node groups that are below what they should have.
 *
 * An instance ends once: its group holds it no longer, or says that it is ending. Everything is asked for before a
 * failure is reported, and what was changed is on the record even then: a person who takes over must know.
 */
export async function handler({ incident, plan, survey }: Input): Promise<Output> {
  const { ledgerBucket, clusters } = settings<Settings>();
  const { region, name: cluster, nodeGroups } = clusters[plan.site];
  const client = clients.get(region) ?? new EKSClient(clientOptions(region));
  clients.set(region, client);
  const ledger = openLedger(ledgerBucket);
  await requireLock(ledger, incident);

  const ids = plan.replace.map(({ instanceId }) => instanceId);
  const look = async (): Promise<Observations> => {
    const [groups, instances] = await Promise.all([
      Promise.all(
        nodeGroups.map(async (target) => ({
          target,
          state: await describeNodeGroup(client, cluster, target.name),
        })),
      ),
      groupedInstances(region, ids),
    ]);
    return { groups, instances, survey };
  };
  const seen = await look();
  const changes = changesOf(plan, seen);
  const before = sightOf(plan, seen);
  if (changes.end.length + changes.lift.length === 0 || incident.mode === 'plan') {
    const status = changes.end.length + changes.lift.length === 0 ? 'already-there' : 'planned';
    const found = { step, status, summary: summarise(status, changes), before, after: before } as const;
    const result = await withEarlierTry(ledger, incident, found);
    await recordStep(ledger, incident, result);
    return result;
  }

  await keepPreImage(ledger, incident, step, before);
  const ended = await settle(changes.end, ({ instanceId }) => endInstance(region, instanceId));
  const lifted = await settle(changes.lift, ({ name, counts }) =>
    updateNodeGroup(client, cluster, name, counts, incident),
  );
  const failure = ended.failure ?? lifted.failure;
  const done: Changes = { end: ended.done, lift: lifted.done, left: changes.left };
  if (done.end.length + done.lift.length > 0) {
    const after = await lookAgain(async () => sightOf(plan, await look()));
    const result = { step, status: 'changed', summary: summarise('changed', done), before, after } as const;
    await recordStep(ledger, incident, result);
    if (failure === null) return result;
  }
  throw failure?.error as Error;
}

async function settle<T>(
  items: readonly T[],
  act: (item: T) => Promise<unknown>,
): Promise<{ readonly done: readonly T[]; readonly failure: { readonly error: unknown } | null }> {
  const results = await Promise.allSettled(items.map(act));
  const failed = results.find((result) => result.status === 'rejected');
  return {
    done: items.filter((_, index) => results[index]?.status === 'fulfilled'),
    failure: failed ? { error: failed.reason } : null,
  };
}

/** For the record: the groups and the machines of the plan. */
function sightOf(
  plan: HardwarePlan,
  { groups, instances }: Pick<Observations, 'groups' | 'instances'>,
): {
  readonly groups: Readonly<Record<string, NodeGroupState>>;
  readonly instances: readonly (GroupedInstance & { readonly node: string })[];
} {
  return {
    groups: Object.fromEntries(groups.map(({ target, state }) => [target.name, state])),
    instances: instances.map((instance) => ({
      ...instance,
      node: plan.replace.find(({ instanceId }) => instanceId === instance.instanceId)?.node ?? 'unknown',
    })),
  };
}
