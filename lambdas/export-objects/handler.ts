import { EKSClient } from '@aws-sdk/client-eks';
import { atMost } from '../aws/at-most.ts';
import { clientOptions } from '../aws/client.ts';
import { openKubernetesObjects, type KubernetesObjects } from '../aws/kubernetes-objects.ts';
import { exported, exportedDeployment, inOrder, leftOut } from '../configuration/cluster-objects.ts';
import type { ClusterExport, ExportedObject, ExportState } from '../configuration/contract.ts';
import { exportHash } from '../configuration/export-hash.ts';
import { exportsClient, writeExport } from '../configuration/exports-bucket.ts';
import { exportKey, readExport, snapshotKey } from '../configuration/exports.ts';
import { snapshotName } from '../configuration/snapshot-name.ts';
import { InvalidInput, TryAgain } from '../incident/errors.ts';
import { change, openLedger, type Ledger } from '../incident/ledger.ts';
import { moment } from '../incident/time-words.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { isKept, stateAfter } from './decide.ts';

let eks: EKSClient | undefined;

const reads = atMost(5);

/**
 * Keep the ConfigMaps, the Secrets and the listed deployments of a namespace, as they are now: each minute when they
 * have changed, and under a name when it is asked for.
 *
 * Contents go to the exports bucket and nowhere else. That the cluster was looked at is written each minute all the
 * same, because an export that has stopped must be seen: 43,800 writes a month and site, about $0.25.
 *
 * @throws UnsafePlan when there is no such namespace: an export of nothing would be restored as nothing
 */
export async function handler({ snapshot }: Input): Promise<Output> {
  const given = settings<Settings>();
  if (snapshot !== undefined && !(typeof snapshot === 'string' && snapshotName.test(snapshot))) {
    throw new InvalidInput(
      `snapshot: got ${JSON.stringify(snapshot)}, allowed: 1 to 63 lower case letters, digits, - and ., the first a letter or digit`,
    );
  }
  const ledger = openLedger(given.ledgerBucket, given.ledgerRegion);
  const client = (eks ??= new EKSClient(clientOptions(given.cluster.region)));
  const content = await look(given, await openKubernetesObjects(client, given.cluster));
  const kept = snapshot === undefined ? null : await keepSnapshot(given, snapshot, content);
  const { key, written, state } = await keepExport(given, ledger, content);
  const output: Output = kept
    ? { ...kept, state }
    : {
        status: written ? 'changed' : 'already-there',
        summary: written
          ? `exported ${words(content)} of ${given.cluster.namespace} to ${key}`
          : `${words(content)} of ${given.cluster.namespace} are as ${key} has them`,
        key,
        state,
      };
  const { configMaps, secrets, deployments } = content;
  log('export-objects', {
    site: given.site,
    status: output.status,
    key: output.key,
    configMaps: configMaps.length,
    secrets: secrets.length,
    deployments: deployments.length,
  });
  return output;
}

async function look(
  { site, cluster, exclude, deployments }: Settings,
  kubernetes: KubernetesObjects,
): Promise<ClusterExport> {
  await kubernetes.requireNamespace();
  const left: string[] = [];
  const kept = async (kind: 'ConfigMap' | 'Secret') => {
    const own: ExportedObject[] = [];
    for (const object of await kubernetes.list(kind)) {
      if (leftOut(object, exclude) === null) own.push(exported(object));
      else left.push(`${kind} ${object.metadata.name}`);
    }
    return own;
  };
  const manifest = async (name: string): Promise<readonly ExportedObject[]> => {
    const found = await reads(() => kubernetes.get('Deployment', name));
    return found ? [exportedDeployment(found)] : [];
  };
  const configMaps = inOrder(await kept('ConfigMap'));
  const secrets = inOrder(await kept('Secret'));
  const manifests = inOrder((await Promise.all(deployments.map(manifest))).flat());
  const objects = {
    site,
    namespace: cluster.namespace,
    configMaps,
    secrets,
    deployments: manifests,
    leftOut: left.toSorted(),
  };
  // After the look, and rounded up as the key cannot say less than a second: nothing in it is newer than it says.
  const at = new Date(Math.ceil(Date.now() / 1_000) * 1_000).toISOString();
  return { at, ...objects, hash: exportHash(objects) };
}

async function keepSnapshot(
  { exportsBucket, exportsRegion }: Settings,
  name: string,
  content: ClusterExport,
): Promise<Pick<Output, 'status' | 'summary' | 'key'>> {
  const s3 = exportsClient(exportsRegion);
  const key = snapshotKey(name);
  if (await writeExport(s3, exportsBucket, key, content)) {
    return { status: 'changed', summary: `kept ${words(content)} as the snapshot ${name}`, key };
  }
  const standing = await readExport(s3, exportsBucket, key);
  if (!standing)
    throw new TryAgain(`the snapshot ${name} was there, and is gone: somebody removed it just now`);
  const summary = `there is a snapshot ${name} already, of ${moment(standing.at)}: it was left as it is`;
  return { status: 'already-there', summary, key };
}

async function keepExport(
  given: Settings,
  ledger: Ledger,
  content: ClusterExport,
): Promise<{ readonly key: string; readonly written: boolean; readonly state: ExportState }> {
  const { at } = content;
  const stateKey = `exports/${given.site}.json`;
  const before = (await ledger.read<ExportState>(stateKey))?.value ?? null;
  const kept = before && isKept(before, content);
  const { latest, written } = kept
    ? { latest: before.latest, written: false }
    : await writeNew(given, content);
  const state = await change<ExportState>(ledger, stateKey, (current) => stateAfter(current, at, latest));
  return { key: latest.key, written, state: state ?? { checkedAt: at, latest } };
}

/** Seconds by which an export may be later than its look, when others of those seconds hold something else. */
const mostLate = 5;

async function writeNew(
  { site, exportsBucket, exportsRegion }: Settings,
  content: ClusterExport,
): Promise<{ readonly latest: ExportState['latest']; readonly written: boolean }> {
  const s3 = exportsClient(exportsRegion);
  const { hash } = content;
  for (let late = 0; late < mostLate; late++) {
    const at = new Date(Date.parse(content.at) + late * 1_000).toISOString();
    const latest = { key: exportKey(site, at), at, hash };
    const written = await writeExport(s3, exportsBucket, latest.key, { ...content, at });
    // A try before this one has written it, or another run of the same second.
    if (written || (await readExport(s3, exportsBucket, latest.key))?.hash === hash) {
      return { latest, written };
    }
  }
  throw new TryAgain(`${mostLate} exports of ${content.at} and later hold something else: others write them`);
}

function words({ configMaps, secrets, deployments }: ClusterExport): string {
  return `${configMaps.length} ConfigMaps, ${secrets.length} Secrets and ${deployments.length} deployments`;
}
