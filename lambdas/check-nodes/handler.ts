import { EKSClient } from '@aws-sdk/client-eks';
import { instancesOfGroups } from '../aws/auto-scaling.ts';
import { clientOptions } from '../aws/client.ts';
import { describeNodeGroup } from '../aws/node-group.ts';
import { openLedger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { judgeNodes } from './decide.ts';

const clients = new Map<string, EKSClient>();

/** Every fifth look is recorded, the first, and the last: looks are half a minute apart. */
const recordedLooks = 5;

/** One look at whether the nodes and the pods have come back; the state machine waits in between. */
export async function handler({ incident, plan, survey, attempt }: Input): Promise<Output> {
  const { ledgerBucket, clusters } = settings<Settings>();
  const { region, name: cluster, nodeGroups } = clusters[plan.site];
  const client = clients.get(region) ?? new EKSClient(clientOptions(region));
  clients.set(region, client);
  const groups = await Promise.all(
    nodeGroups.map(async (target) => {
      const state = await describeNodeGroup(client, cluster, target.name);
      // Kubernetes knows better, when it may be asked.
      const instances = survey.nodes ? [] : await instancesOfGroups(region, state.scalingGroups ?? []);
      return { target, state, instances };
    }),
  );
  const output = judgeNodes({ groups, survey }, incident.mode);
  if (output.ready || attempt === 1 || attempt % recordedLooks === 0) {
    const event = `look ${attempt}: ${output.summary}`;
    await recordChecks(openLedger(ledgerBucket), incident, 'check-nodes', event, output.checks);
  }
  return output;
}
