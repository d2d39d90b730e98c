import { EKSClient } from '@aws-sdk/client-eks';
import { clientOptions } from '../aws/client.ts';
import type { NodeGroupState } from '../aws/capacity.ts';
import { raisedCounts } from '../aws/node-counts.ts';
import { describeNodeGroup, updateNodeGroup } from '../aws/node-group.ts';
import { withEarlierTry } from '../incident/earlier-try.ts';
import { openLedger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { lookAgain } from '../incident/look-again.ts';
import { keepPreImage, recordStep } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { summarise } from './decide.ts';

const step = 'scale-nodes';

let eks: EKSClient | undefined;

/**
 * Raise the node groups of the standby to what it needs under the full load.
 *
 * Every group is asked for before a failure of one is reported, and what was changed is on the record even
 * then: a person who takes over must know.
 */
export async function handler({ incident }: Input): Promise<Output> {
  const { ledgerBucket, cluster } = settings<Settings>();
  const client = (eks ??= new EKSClient(clientOptions(cluster.region)));
  const ledger = openLedger(ledgerBucket);
  await requireLock(ledger, incident);

  const look = () =>
    Promise.all(
      cluster.nodeGroups.map(async (target) => ({
        target,
        state: await describeNodeGroup(client, cluster.name, target.name),
      })),
    );
  const groups = (await look()).map(({ target, state }) => ({
    name: target.name,
    state,
    counts: raisedCounts(target, state),
  }));
  const lacking = groups.flatMap(({ name, counts }) => (counts ? [{ name, counts }] : []));
  const before = byName(groups);
  if (lacking.length === 0 || incident.mode === 'plan') {
    const status = lacking.length === 0 ? 'already-there' : 'planned';
    const after = { ...before, ...Object.fromEntries(lacking.map(({ name, counts }) => [name, counts])) };
    const found = { step, status, summary: summarise(status, lacking), before, after } as const;
    const result = await withEarlierTry(ledger, incident, found);
    await recordStep(ledger, incident, result);
    return { ...result, updates: [] };
  }

  await keepPreImage(ledger, incident, step, before);
  const asked = await Promise.allSettled(
    lacking.map(async ({ name, counts }) => ({
      nodeGroup: name,
      updateId: await updateNodeGroup(client, cluster.name, name, counts, incident),
    })),
  );
  const updates = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = asked.find((one) => one.status === 'rejected');
  if (updates.length > 0) {
    const done = lacking.filter(({ name }) => updates.some(({ nodeGroup }) => nodeGroup === name));
    const after = await lookAgain(async () =>
      byName((await look()).map(({ target, state }) => ({ name: target.name, state }))),
    );
    const result = { step, status: 'changed', summary: summarise('changed', done), before, after } as const;
    await recordStep(ledger, incident, result);
    if (!failed) return { ...result, updates };
  }
  throw failed?.reason as Error;
}

function byName(
  groups: readonly { readonly name: string; readonly state: NodeGroupState }[],
): Readonly<Record<string, NodeGroupState>> {
  return Object.fromEntries(groups.map(({ name, state }) => [name, state]));
}
