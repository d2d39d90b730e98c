import { S3Client } from '@aws-sdk/client-s3';
import { clientOptions } from '../aws/client.ts';
import type { RestorePlan } from '../configuration/contract.ts';
import { listKeys, newestExport, readExport, snapshotKey } from '../configuration/exports.ts';
import { beginRecovery, readRecovery } from '../configuration/recovery.ts';
import { wavesOf } from '../incident/waves.ts';
import { openLedger } from '../incident/ledger.ts';
import { requireLock } from '../incident/lock.ts';
import { recordChecks } from '../incident/record.ts';
import { readSwitch } from '../incident/switch.ts';
import { settings } from '../runtime/settings.ts';
import type { ServiceWatch } from '../watch-service/contract.ts';
import type { Input, Output, Settings } from './contract.ts';
import { decide, type Verdict } from './decide.ts';

const step = 'assess-configuration';

let s3: S3Client | undefined;

/** Find out whether the configuration of the active site is damaged, and what to restore it to. Changes none of it. */
export async function handler({ incident }: Input): Promise<Output> {
  const { ledgerBucket, exportsBucket, region, buckets, restart } = settings<Settings>();
  const ledger = openLedger(ledgerBucket);
  const exports = (s3 ??= new S3Client(clientOptions(region)));
  const { site } = await readSwitch(ledger);
  const wanted = incident.restore?.snapshot;
  const [watch, recovery, snapshot] = await Promise.all([
    ledger.read<ServiceWatch>('watch/service.json'),
    readRecovery(ledger, site),
    wanted === undefined ? null : readExport(exports, exportsBucket, snapshotKey(wanted)),
  ]);
  const missing = wanted !== undefined && snapshot === null;
  const verdict = decide({
    now: new Date().toISOString(),
    planning: incident.mode === 'plan',
    site,
    request: incident.restore,
    snapshotAt: snapshot?.at ?? null,
    snapshots: missing ? await snapshotNames(exports, exportsBucket) : [],
    watch: watch?.value ?? null,
    recovery,
  });
  const waves = wavesOf(restart).map((wave) => wave.map(({ name }) => name));
  const common = { buckets, restart: waves };
  await recordChecks(
    ledger,
    incident,
    step,
    `${verdict.verdict}: ${verdict.reason}`,
    [
      {
        name: 'assess/the configuration',
        held: verdict.verdict === 'sound' ? true : verdict.verdict === 'damaged' ? false : 'unknown',
        evidence: verdict.reason,
      },
    ],
    { confirmed: verdict.verdict === 'damaged' },
  );
  if (verdict.verdict !== 'damaged') {
    return { ...common, ...verdict, lossSeconds: null, resumed: false };
  }
  const plan: RestorePlan =
    verdict.resume && recovery
      ? planOf(recovery)
      : {
          id: incident.id,
          site,
          recoveryPoint: verdict.recoveryPoint,
          exportKey:
            wanted === undefined
              ? await newestExport(exports, exportsBucket, site, verdict.recoveryPoint)
              : snapshotKey(wanted),
          // Names of snapshots are in lower case: people type them.
          snapshot: `before-${incident.id.toLowerCase()}`,
        };
  if (plan.exportKey === null && buckets.length === 0) return { ...common, ...nothingKept(verdict, site) };
  if (incident.mode === 'live') {
    await requireLock(ledger, incident);
    await beginRecovery(ledger, plan, incident.id, new Date().toISOString());
  }
  const cluster =
    plan.exportKey === null
      ? '; nothing was exported of the cluster by then, so its objects stay as they are'
      : '';
  return {
    ...common,
    verdict: 'damaged',
    reason: `${verdict.reason}${cluster}`,
    nextSteps: [],
    plan,
    lossSeconds: verdict.lossSeconds,
    resumed: verdict.resume,
  };
}

function nothingKept({ reason }: Verdict, site: string): Omit<Output, 'buckets' | 'restart'> {
  return {
    verdict: 'stop',
    reason: `${reason}; but nothing was exported of the cluster of the ${site} by then, and there are no buckets to restore`,
    nextSteps: [
      'Look at exports/ in the exports bucket for the oldest export, and start incident again with a time after it.',
      'Or put the objects back by hand from where they are made: the release, or the repository.',
    ],
    lossSeconds: null,
    resumed: false,
  };
}

function planOf({ id, site, recoveryPoint, exportKey, snapshot }: RestorePlan): RestorePlan {
  return { id, site, recoveryPoint, exportKey, snapshot };
}

/** Twenty at most, for a sentence. */
async function snapshotNames(client: S3Client, bucket: string): Promise<readonly string[]> {
  const keys = await listKeys(client, bucket, 'snapshots/');
  return keys.slice(-20).map((key) => key.slice('snapshots/'.length, -'.json'.length));
}
