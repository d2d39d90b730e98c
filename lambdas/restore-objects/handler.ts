import { EKSClient } from '@aws-sdk/client-eks';
import { clientOptions } from '../aws/client.ts';
import { openKubernetesObjects, type KubernetesObjects } from '../aws/kubernetes-objects.ts';
import type { ClusterExport, ClusterTotals } from '../configuration/contract.ts';
import { exportsClient } from '../configuration/exports-bucket.ts';
import { snapshotKey } from '../configuration/exports.ts';
import { readWholeExport } from '../configuration/read-export.ts';
import type { StepStatus } from '../incident/contract.ts';
import { InvalidInput, TryAgain, UnsafePlan } from '../incident/errors.ts';
import { openLedger, type Ledger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { keepPreImage, recordChecks, recordStep } from '../incident/record.ts';
import { settings } from '../runtime/settings.ts';
import { applyChanges, type Outcome } from './apply.ts';
import type { Input, Output, Settings } from './contract.ts';
import {
  called,
  compare,
  doneOf,
  remaining,
  totalsOf,
  within,
  type ClusterPlan,
  type Comparison,
  type Namespace,
} from './decide.ts';
import { counts, summaryOf } from './wording.ts';

const step = 'restore-objects';

/** Milliseconds after which no further object is begun: one that is takes 14 s when the API is slow, and the function has 40. */
const writingTime = 20_000;

/** What a state may hand on is 256 KiB; names are in it twice. Bytes. */
const mostNames = 100_000;

let eks: EKSClient | undefined;

/**
 * Bring a namespace's ConfigMaps and Secrets back to what an export holds.
 *
 * Only what is in the snapshot, taken just before, is ever written over or deleted, and only in the version that the
 * plan saw: what somebody writes meanwhile stays, and is told. The first plan is kept; whoever goes on with the
 * restore goes on by it.
 */
export async function handler({ incident, plan, phase }: Input): Promise<Output> {
  const until = Date.now() + writingTime;
  const given = settings<Settings>();
  const ledger = openLedger(given.ledgerBucket, given.ledgerRegion);
  await requireLock(ledger, incident);
  if (plan.exportKey === null) return nothing();
  const s3 = exportsClient(given.exportsRegion);
  const read = (key: string) => readOwn(s3, given, key);
  const wanted = await read(plan.exportKey);
  if (!wanted) {
    throw new UnsafePlan(
      `${plan.exportKey} is not in ${given.exportsBucket} any more. Nothing was changed. Restore to a time whose ` +
        'export is still there, or put the noncurrent version of it back',
    );
  }
  const client = (eks ??= new EKSClient(clientOptions(given.cluster.region)));
  const kubernetes = await openKubernetesObjects(client, given.cluster);
  await kubernetes.requireNamespace();
  const look = () => present(kubernetes);
  const readSnapshot = () => read(snapshotKey(plan.snapshot));
  const parts: Parts = { incident, plan, given, ledger, kubernetes, wanted, look, until };
  switch (phase) {
    case 'plan':
      return planned(parts, readSnapshot);
    case 'apply':
      return incident.mode === 'live' ? apply(parts) : planned(parts, readSnapshot);
    case 'verify':
      return verify(parts);
    default:
      throw new InvalidInput(`phase: got ${String(phase)}, allowed: plan, apply, verify`);
  }
}

interface Parts extends Omit<Input, 'phase'> {
  readonly given: Settings;
  readonly ledger: Ledger;
  readonly kubernetes: KubernetesObjects;
  readonly wanted: ClusterExport;
  readonly look: () => Promise<Namespace>;
  readonly until: number;
}

/** @throws UnsafePlan also when it is of another namespace */
async function readOwn(
  s3: ReturnType<typeof exportsClient>,
  { exportsBucket, cluster: { namespace } }: Settings,
  key: string,
): Promise<ClusterExport | null> {
  const found = await readWholeExport(s3, exportsBucket, key);
  if (!found || found.namespace === namespace) return found;
  throw new UnsafePlan(
    `${key} of ${exportsBucket} is of the namespace ${found.namespace}, and this environment has ${namespace} now. ` +
      'Nothing was changed. Restore to a time after the namespace was renamed',
  );
}

async function present(kubernetes: KubernetesObjects): Promise<Namespace> {
  const ConfigMap = await kubernetes.list('ConfigMap');
  return { ConfigMap, Secret: await kubernetes.list('Secret') };
}

async function planned(
  { incident, plan, given, ledger, wanted, look }: Parts,
  readSnapshot: () => Promise<ClusterExport | null>,
): Promise<Output> {
  const objects = await look();
  const now = compare(wanted, objects, given.exclude);
  const kept = await keptPlan(ledger, plan.id);
  const made = kept ?? (await makePlan());
  const { standing, conflicts } = remaining(made, now);
  const totals = totalsOf({ ...now, changes: standing });
  requireNameable(totals);
  const summary = summaryOf('would', totals, conflicts);
  const status = standing.length === 0 ? 'already-there' : 'planned';
  return { step, status, summary, before: counts(totals), after: counts(totals), totals, conflicts };

  async function makePlan(): Promise<Comparison> {
    const snapshot = await readSnapshot();
    if (incident.mode === 'plan') return snapshot ? within(snapshot, now, objects) : now;
    if (!snapshot) {
      throw new UnsafePlan(
        `there is no snapshot ${plan.snapshot} in ${given.exportsBucket}. Nothing was changed: what is there now ` +
          'must be kept before anything is written over. Start again, which takes it first',
      );
    }
    const whole = within(snapshot, now, objects);
    const { exportKey } = plan;
    const value: ClusterPlan = { ...whole, at: new Date().toISOString(), exportKey: exportKey ?? '' };
    // Somebody made it in between: theirs holds.
    return (await ledger.create(planKey(plan.id), value))
      ? value
      : ((await keptPlan(ledger, plan.id)) ?? value);
  }
}

async function apply({
  incident,
  plan,
  given,
  ledger,
  kubernetes,
  wanted,
  look,
  until,
}: Parts): Promise<Output> {
  const made = await needPlan(ledger, plan.id);
  const before = compare(wanted, await look(), given.exclude);
  const { standing } = remaining(made, before);
  if (standing.length > 0) await keepPreImage(ledger, incident, step, { snapshot: plan.snapshot });
  const outcomes = await applyChanges(kubernetes, wanted, standing, until);
  const after = standing.length === 0 ? before : compare(wanted, await look(), given.exclude);
  const { conflicts } = remaining(made, after);
  const named = new Set(after.problems.map(({ key }) => key));
  const refused = outcomes.flatMap((outcome) =>
    outcome.became === 'problem' ? [{ key: called(outcome.change), problem: outcome.problem }] : [],
  );
  const problems = [...after.problems, ...refused.filter(({ key }) => !named.has(key))];
  const totals = totalsOf({ changes: doneOf(made, after), unchanged: made.unchanged, problems });
  // What differed a moment ago, and is as wanted now, was written by this call, whose answer was lost.
  const changed = outcomes.some(({ became }) => became === 'changed' || became === 'already-there');
  const result: Output = {
    step,
    status: changed ? 'changed' : statusOf(problems.length > 0 || conflicts.length > 0),
    summary: summaryOf('did', totals, conflicts),
    before: counts(totalsOf({ ...before, changes: standing })),
    after: counts(totalsOf({ ...after, problems })),
    totals,
    conflicts,
  };
  requireAllTried(outcomes);
  const { summary, status, before: seen, after: left } = result;
  await recordStep(ledger, incident, { step, status, summary, before: seen, after: left });
  return result;
}

async function verify({ incident, plan, given, ledger, wanted, look }: Parts): Promise<Output> {
  const made = await needPlan(ledger, plan.id);
  const now = compare(wanted, await look(), given.exclude);
  const { standing, conflicts } = remaining(made, now);
  const totals = totalsOf({ ...now, changes: standing });
  const differs = standing.length > 0 || totals.problems.length > 0;
  const summary = differs
    ? summaryOf('still would', totals, conflicts)
    : summaryOf('holds', totals, conflicts);
  await recordChecks(ledger, incident, step, summary, [
    { name: `verify/the cluster of the ${given.site}`, held: !differs, evidence: summary },
  ]);
  const seen = counts(totals);
  return { step, status: statusOf(differs), summary, before: seen, after: seen, totals, conflicts };
}

function statusOf(differs: boolean): StepStatus {
  return differs ? 'refused' : 'already-there';
}

function nothing(): Output {
  const totals: ClusterTotals = { bringBack: [], overwrite: [], remove: [], unchanged: 0, problems: [] };
  const summary = 'nothing of the cluster is restored: nothing was exported of it by then';
  return { step, status: 'already-there', summary, before: null, after: null, totals, conflicts: [] };
}

function planKey(id: string): string {
  return `restores/${id}/cluster.json`;
}

async function keptPlan(ledger: Ledger, id: string): Promise<ClusterPlan | null> {
  return (await ledger.read<ClusterPlan>(planKey(id)))?.value ?? null;
}

async function needPlan(ledger: Ledger, id: string): Promise<ClusterPlan> {
  const found = await keptPlan(ledger, id);
  if (found) return found;
  throw new UnsafePlan(
    `${planKey(id)} is not on the ledger: nothing was planned for the cluster, so nothing was changed. Start again`,
  );
}

function requireNameable(totals: ClusterTotals): void {
  const size = Buffer.byteLength(JSON.stringify(totals));
  if (size <= mostNames) return;
  const changes = totals.bringBack.length + totals.overwrite.length + totals.remove.length;
  throw new UnsafePlan(
    `${changes} objects of the cluster would be written or deleted, more than are restored in one go (their names ` +
      `take ${size} of ${mostNames} bytes). Nothing was changed. Restore them from the release, or from the export by hand`,
  );
}

/** @throws TryAgain when the cluster did not answer for some, or the time was up: what is done stays done */
function requireAllTried(outcomes: readonly Outcome[]): void {
  const open = outcomes.filter((outcome) => outcome.became === 'unknown');
  const [first] = open;
  if (!first) return;
  throw new TryAgain(
    `${outcomes.length - open.length} of ${outcomes.length} objects are done; ${called(first.change)}: ${first.failure.message}`,
    { cause: first.failure },
  );
}
