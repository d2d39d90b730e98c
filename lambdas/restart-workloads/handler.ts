import { EKSClient } from '@aws-sdk/client-eks';
import { withBackoff } from '../aws/backoff.ts';
import { clientOptions } from '../aws/client.ts';
import { Conflict } from '../aws/kubernetes-request.ts';
import { openKubernetesWorkloads, type KubernetesWorkloads } from '../aws/kubernetes-workloads.ts';
import type { IncidentRef, StepResult } from '../incident/contract.ts';
import { TryAgain, UnsafePlan } from '../incident/errors.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { lookAgain } from '../incident/look-again.ts';
import { keepPreImage, readRecord, recordStep } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import {
  moveOf,
  planOf,
  restartOf,
  rolledBack,
  sightOf,
  type Listed,
  type Move,
  type Sight,
} from './decide.ts';
import * as wording from './wording.ts';

const step = 'restart-workloads';

let eks: EKSClient | undefined;

/**
 * Restart deployments wave by wave, or put the template of their previous revision back; asked again until done.
 *
 * What an incident has done to a deployment is written on it, in the same write: a retry whose answer was lost, or a
 * second execution at the same time, finds it there. Counts are not touched, so autoscalers go on as they are. A
 * wave is begun when all of the one before it are ready.
 *
 * @throws UnsafePlan, before anything is changed, for a deployment that is not one of the application's, does not
 *   exist, is paused, has no revision to go back to, or whose PodDisruptionBudget would never allow it
 */
export async function handler({ incident, waves, action }: Input): Promise<Output> {
  const { ledgerBucket, ledgerRegion, cluster } = settings<Settings>();
  const ledger = openLedger(ledgerBucket, ledgerRegion);
  await requireLock(ledger, incident);
  const names = [...new Set(waves.flat())];
  const allowed = cluster.deployments.map(({ name }) => name);
  const unknown = names.filter((name) => !allowed.includes(name));
  if (unknown.length > 0) {
    throw new UnsafePlan(
      `${unknown.join(', ')}: not among the application's deployments, which are ${allowed.join(', ')}. Nothing was changed`,
    );
  }
  if (names.length === 0) return result('already-there', 'there is nothing to restart', [], [], true);

  const client = (eks ??= new EKSClient(clientOptions(cluster.region)));
  const kubernetes = await openKubernetesWorkloads(client, cluster);
  const look = async (): Promise<readonly Move[]> => {
    const listed = await list(kubernetes);
    const now = Date.now();
    return names.map((name) => moveOf(name, listed, { action, incident: incident.id, now }));
  };
  const moves = await look();
  const refused = moves.filter(({ move }) => move === 'refuse');
  if (refused.length > 0) throw new UnsafePlan(wording.refusal(refused, moves, action));
  const before = moves.map((move) => sightOf(move, action));
  if (incident.mode === 'plan') {
    const summary = wording.planned(moves, waves, action);
    const { done, failed, ...told } = result('planned', summary, before, before, true);
    await recordStep(ledger, incident, told);
    return { ...told, done, failed };
  }

  const plan = planOf(waves, moves);
  const failed = plan.failed.map(({ name }) => name);
  if (plan.act.length === 0 || failed.length > 0) {
    const told = await untold(ledger, incident, action, moves);
    const summary = wording.standing(plan, moves, action);
    return { ...result(told ? 'changed' : 'already-there', summary, before, before, plan.done), failed };
  }
  await keepPreImage(ledger, incident, action === 'restart' ? step : `${step} ${action}`, before);
  const acted: Sight[] = [];
  for (const move of plan.act) {
    const sight = await act(kubernetes, look, move, { incident, action });
    if (sight) acted.push(sight);
  }
  const after = await lookAgain(async () => (await look()).map((move) => sightOf(move, action)));
  if (acted.length === 0) {
    return result('already-there', wording.standing(plan, moves, action), before, after, false);
  }
  const done = {
    step,
    status: 'changed',
    summary: wording.changed(acted, action),
    before: acted,
    after,
  } as const;
  await recordStep(ledger, incident, done);
  return { ...done, done: false, failed: [] };
}

async function list(kubernetes: KubernetesWorkloads): Promise<Listed> {
  const [deployments, replicaSets, pods, budgets] = await Promise.all([
    kubernetes.deployments(),
    kubernetes.replicaSets(),
    kubernetes.pods(),
    kubernetes.disruptionBudgets(),
  ]);
  return { deployments, replicaSets, pods, budgets };
}

/**
 * Restart one, or roll it back, if it is as it was seen; its status may be written at any time, and then it is looked
 * at again.
 *
 * @returns what it was, or null when it is not to be acted on any more
 */
async function act(
  kubernetes: KubernetesWorkloads,
  look: () => Promise<readonly Move[]>,
  first: Move,
  { incident, action }: Pick<Input, 'incident' | 'action'>,
): Promise<Sight | null> {
  let seen: Move | undefined = first;
  const round = async () => {
    const move = seen ?? (await look()).find(({ name }) => name === first.name);
    seen = undefined;
    if (move?.move !== 'act' || !move.workload) return null;
    const now = Date.now();
    if (action === 'restart') {
      const { ofDeployment, ofTemplate } = restartOf(incident.id, now);
      await kubernetes.annotate(move.workload.deployment, ofDeployment, ofTemplate);
    } else {
      const deployment = rolledBack(move.workload, incident.id, now);
      if (!deployment) return null;
      await kubernetes.replace(deployment);
    }
    return sightOf(move, action);
  };
  try {
    return await withBackoff(round, {
      attempts: 5,
      baseMs: 100,
      capMs: 800,
      again: (error) => error instanceof Conflict,
    });
  } catch (error) {
    if (error instanceof Conflict) throw new TryAgain(error.message, { cause: error });
    throw error;
  }
}

/**
 * Tell what an earlier try of this step did before it died: it stands on the deployments, and not on the record.
 *
 * @returns whether there was such
 */
async function untold(
  ledger: Ledger,
  incident: IncidentRef,
  action: Input['action'],
  moves: readonly Move[],
): Promise<boolean> {
  const acted = moves.filter((move) => move.acted);
  if (acted.length === 0) return false;
  const { steps } = await readRecord(ledger, incident.id);
  const told = new Set(
    steps.filter((each) => each.step === step && each.status === 'changed').flatMap(namesIn),
  );
  const sights = acted
    .filter(({ name }) => !told.has(`${action} ${name}`))
    .map((move) => sightOf(move, action));
  if (sights.length === 0) return false;
  const names = sights.map(({ name }) => name).join(', ');
  const did = action === 'restart' ? `restarted ${names}` : `rolled ${names} back`;
  const summary = `${did}, in an earlier try of this step`;
  await recordStep(ledger, incident, { step, status: 'changed', summary, before: sights, after: sights });
  return true;
}

function namesIn({ before }: StepResult): readonly string[] {
  return Array.isArray(before)
    ? (before as readonly Sight[]).map(({ action, name }) => `${action} ${name}`)
    : [];
}

function result(
  status: Output['status'],
  summary: string,
  before: unknown,
  after: unknown,
  done: boolean,
): Output {
  return { step, status, summary, before, after, done, failed: [] };
}
