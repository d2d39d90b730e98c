import { S3Client } from '@aws-sdk/client-s3';
import { describeFailure } from '../aws/api-failure.ts';
import { publishMetric } from '../aws/metric.ts';
import { clientOptions } from '../aws/client.ts';
import type { BucketSettings, ClusterExport, ExportState } from '../configuration/contract.ts';
import { exportsClient } from '../configuration/exports-bucket.ts';
import { placesOf } from '../configuration/place.ts';
import { readWholeExport } from '../configuration/read-export.ts';
import type { Site } from '../incident/contract.ts';
import { UnsafePlan } from '../incident/errors.ts';
import { change, openLedger, type Ledger } from '../incident/ledger.ts';
import { moment } from '../incident/time-words.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import { compareBuckets } from './buckets.ts';
import type { Drift, Output, Settings } from './contract.ts';
import { compareExports, verdictOf, type Difference } from './decide.ts';

/** Exports run each minute: what is older says nothing about now, milliseconds. */
const fresh = 15 * 60_000;

/** Left for what is to be said at the end, milliseconds. */
const reserve = 20_000;

type Compared = Pick<Drift, 'differences' | 'unknown'>;

/** What Lambda tells a function of its time. */
interface Context {
  getRemainingTimeInMillis(): number;
}

const clients = new Map<string, S3Client>();

function listing(region: string): S3Client {
  const client = clients.get(region) ?? new S3Client(clientOptions(region));
  clients.set(region, client);
  return client;
}

/**
 * Whether the standby has the primary's configuration: its cluster's by the newest exports, its buckets' by listing
 * them. What differs is kept by name on the ledger. What cannot be told, because a region does not answer or an export
 * is old, publishes nothing.
 */
export async function handler(_event: unknown, context?: Context): Promise<Output> {
  const given = settings<Settings>();
  const ledger = openLedger(given.ledgerBucket);
  const now = Date.now();
  const goOn = () => context === undefined || context.getRemainingTimeInMillis() > reserve;
  const found = [await compareClusters(given, ledger, now)];
  for (const bucket of given.buckets) found.push(await compareBucket(bucket, now, goOn));
  const drift: Drift = {
    at: new Date(now).toISOString(),
    differences: found.flatMap(({ differences }) => differences),
    unknown: found.flatMap(({ unknown }) => unknown),
  };
  await change<Drift>(ledger, 'drift.json', () => drift);
  const output = verdictOf(drift);
  log('compare-sites', { ...output, differences: drift.differences.length });
  if (output.alike !== 'unknown') {
    await publishMetric(given.region, 'SitesAlike', given.environment, output.alike);
  }
  return output;
}

async function compareClusters(given: Settings, ledger: Ledger, now: number): Promise<Compared> {
  const s3 = exportsClient(given.region);
  const [primary, standby] = await Promise.all([
    newest(given, ledger, s3, 'primary', now),
    newest(given, ledger, s3, 'standby', now),
  ]);
  const unknown = [primary, standby].filter((each) => typeof each === 'string');
  const differences: readonly Difference[] =
    typeof primary === 'string' || typeof standby === 'string'
      ? []
      : compareExports(primary, standby, given.differs);
  return { differences, unknown };
}

/** What a site's cluster holds now, or why that is not known. */
async function newest(
  { exportsBucket }: Settings,
  ledger: Ledger,
  s3: S3Client,
  site: Site,
  now: number,
): Promise<ClusterExport | string> {
  const state = (await ledger.read<ExportState>(`exports/${site}.json`))?.value;
  if (!state) return `nothing has been exported of the cluster of the ${site} yet`;
  if (now - Date.parse(state.checkedAt) > fresh) {
    return `the cluster of the ${site} was exported last at ${moment(state.checkedAt)}`;
  }
  const { key } = state.latest;
  try {
    return (await readWholeExport(s3, exportsBucket, key)) ?? `${key} is not in ${exportsBucket} any more`;
  } catch (error) {
    if (error instanceof UnsafePlan) return error.message;
    throw error;
  }
}

async function compareBucket(bucket: BucketSettings, now: number, goOn: () => boolean): Promise<Compared> {
  const { name } = bucket;
  const { own, replica, prefixes } = placesOf([bucket], name, { site: 'primary' });
  if (!replica) return { differences: [], unknown: [] };
  try {
    const { differences, stopped } = await compareBuckets(
      name,
      { s3: listing(own.region), bucket: own.bucket },
      { s3: listing(replica.region), bucket: replica.bucket },
      prefixes,
      { now, goOn },
    );
    return { differences, unknown: stopped === null ? [] : [stopped] };
  } catch (error) {
    return {
      differences: [],
      unknown: [`the buckets ${own.bucket} and ${replica.bucket} (${describeFailure(error)})`],
    };
  }
}
