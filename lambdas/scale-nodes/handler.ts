import { EKSClient, UpdateNodegroupConfigCommand } from '@aws-sdk/client-eks';
import { describeFailure, failureName, passesByItself } from '../aws/api-failure.ts';
import { clientOptions } from '../aws/client.ts';
import type { NodeGroupState } from '../aws/capacity.ts';
import { describeNodeGroup } from '../aws/node-group.ts';
import type { IncidentRef } from '../incident/contract.ts';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';
import { withEarlierTry } from '../incident/earlier-try.ts';
import { openLedger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { lookAgain } from '../incident/look-again.ts';
import { keepPreImage, recordStep } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { raisedCounts, requestToken, summarise, type NodeCounts } from './decide.ts';

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
      updateId: await update(client, cluster.name, name, counts, incident),
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

/**
 * @throws TryAgain while an earlier update of the group runs: EKS takes one at a time (aws-facts §5)
 * @throws UnsafePlan when EKS will never take these counts
 */
async function update(
  client: EKSClient,
  cluster: string,
  name: string,
  { min, desired, max }: NodeCounts,
  incident: IncidentRef,
): Promise<string> {
  try {
    const { update: started } = await client.send(
      new UpdateNodegroupConfigCommand({
        clusterName: cluster,
        nodegroupName: name,
        scalingConfig: { minSize: min, desiredSize: desired, maxSize: max },
        clientRequestToken: requestToken(incident.id, incident.epoch, name, { min, desired, max }),
      }),
    );
    if (started?.id === undefined) throw new TryAgain(`UpdateNodegroupConfig ${name} answered without an id`);
    return started.id;
  } catch (error) {
    const text = `UpdateNodegroupConfig ${name}: ${describeFailure(error)}`;
    switch (failureName(error)) {
      case 'ResourceInUseException':
        throw new TryAgain(text, { cause: error });
      case 'ResourceNotFoundException':
      case 'InvalidParameterException':
      case 'InvalidRequestException':
        throw new UnsafePlan(text);
      default:
        throw passesByItself(error) ? new TryAgain(text, { cause: error }) : error;
    }
  }
}

function byName(
  groups: readonly { readonly name: string; readonly state: NodeGroupState }[],
): Readonly<Record<string, NodeGroupState>> {
  return Object.fromEntries(groups.map(({ name, state }) => [name, state]));
}
