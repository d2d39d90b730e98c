import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WorldClock } from '../drill/clock.ts';
import { createEndpoint } from '../drill/cloud/endpoint.ts';
import { createIam } from '../drill/cloud/iam/iam.ts';
import { simpleStorage, type SimpleStorage } from '../drill/cloud/s3/s3.ts';
import type { Settings } from '../lambdas/apply-objects/contract.ts';
import type { IncidentRef } from '../lambdas/incident/contract.ts';
import type { Done, Work } from './config-restore-child.ts';
import { median } from './statistics.ts';
import { table } from './table.ts';

const account = '111111111111';
const concurrency = 64;
const ledger = { bucket: 'bench-ledger', region: 'eu-central-1' };
const own = { bucket: 'bench-config', region: 'eu-west-1' };
const bare = { bucket: 'bench-bare', region: 'eu-west-1' };
/** Objects that a person's loop is timed on; the rest is reckoned. */
const sample = 50;
const child = fileURLToPath(new URL('config-restore-child.ts', import.meta.url));
const point = Date.UTC(2026, 10, 23, 9);
const hour = 3_600_000;
const keyOf = (i: number) =>
  `config/${String(i % 32).padStart(2, '0')}/object-${String(i).padStart(8, '0')}.json`;

const incident: IncidentRef = {
  id: 'bench-20261123-110000',
  epoch: 1,
  environment: 'bench',
  scenario: 'configuration-loss',
  severity: 'P1',
  mode: 'live',
  startedBy: 'a person: bench',
  startedAt: new Date(point + hour).toISOString(),
  deadline: new Date(point + 5 * hour).toISOString(),
  rtoSeconds: 14_400,
  rpoSeconds: 900,
  updateEverySeconds: 900,
};

interface World {
  readonly storage: SimpleStorage;
  readonly environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/**
 * What restoring a bucket costs: our functions in a process of their own, against the local endpoint in this one, and
 * next to it the same copies with nothing around them, and the loop that a person would write.
 */
export async function measureConfigRestore(): Promise<string> {
  const restores = [await restores10k(), await restored(100_000)];
  const listing = await listed(500_000);
  const perSecond = ({ objects, seconds }: Done) => Math.round(objects / seconds);
  return [
    '## A restore of configuration',
    '',
    `Objects a second, ${concurrency} calls at once; the local endpoint and our functions on the same cores.`,
    '',
    table(restores, [
      { title: 'objects', of: ({ objects }) => objects },
      { title: 'bare copies', of: (row) => perSecond(row.bare) },
      { title: 'apply-objects', of: (row) => perSecond(row.apply) },
      { title: 'bare : apply', of: (row) => row.ratio.toFixed(2) },
      { title: 'planning', of: (row) => perSecond(row.plan) },
      { title: 'verifying', of: (row) => perSecond(row.verify) },
      { title: `aws s3api, a loop`, of: (row) => row.loop ?? 'not installed' },
    ]),
    '',
    'Most memory of the process (RSS), MB.',
    '',
    table(
      [
        ...restores.map((row) => ({
          of: `${row.objects} objects`,
          plan: row.plan,
          apply: row.apply,
          verify: row.verify,
        })),
        { of: `${listing.versions} versions, listing only`, plan: listing.plan, apply: null, verify: null },
      ],
      [
        { title: '', of: (row) => row.of },
        { title: 'plan-objects', of: ({ plan }) => Math.round(plan.rss) },
        { title: 'apply-objects', of: ({ apply }) => (apply ? Math.round(apply.rss) : '-') },
        { title: 'verifying', of: ({ verify }) => (verify ? Math.round(verify.rss) : '-') },
      ],
    ),
    '',
    `Listing ${listing.versions} versions: ${listing.plan.seconds.toFixed(1)} s by plan-objects; ` +
      `${listing.bare.seconds.toFixed(1)} s for the bare pages, one after the other.`,
    '',
    `Aim, within 1.3 times of the bare copies: ${restores.map(({ objects, ratio }) => `${ratio <= 1.3 ? 'reached' : '**not reached**'} at ${objects} (${ratio.toFixed(2)})`).join(', ')}.`,
    ...(restores[0]?.loop === null
      ? []
      : [
          `The loop was timed on ${sample} objects, one \`aws s3api copy-object\` after the other, and reckoned from that.`,
        ]),
  ].join('\n');
}

interface Restored {
  readonly objects: number;
  readonly bare: Done;
  readonly apply: Done;
  readonly plan: Done;
  readonly verify: Done;
  /** Time of applying over that of the bare copies. */
  readonly ratio: number;
  readonly loop: string | null;
}

/** Small ones are disturbed easily: the middle of three. */
async function restores10k(): Promise<Restored> {
  const runs = [await restored(10_000), await restored(10_000), await restored(10_000)];
  const middle = median(runs.map(({ ratio }) => ratio));
  const found = runs.find(({ ratio }) => ratio === middle);
  if (!found) throw new Error('no run has the median');
  return found;
}

async function restored(objects: number): Promise<Restored> {
  const world = await begin();
  try {
    for (const { bucket } of [own, bare]) {
      world.storage.seed(bucket, { keys: objects, key: keyOf, body: '{"limit":100}', from: point - hour });
      world.storage.seed(bucket, { keys: objects, key: keyOf, body: '{"limit":100000}', from: point + hour });
    }
    const plan = await run(world, 'plan');
    const ceiling = await run(world, 'bare-copy', bare.bucket);
    const apply = await run(world, 'apply');
    const verify = await run(world, 'verify');
    if (apply.objects !== objects || ceiling.objects !== objects) {
      throw new Error(`${apply.objects} and ${ceiling.objects} of ${objects} objects were copied`);
    }
    for (const i of [0, objects - 1]) {
      const text = world.storage.read(own.bucket, keyOf(i))?.toString();
      if (text !== '{"limit":100}') throw new Error(`${keyOf(i)} is not back: ${text ?? 'nothing'}`);
    }
    const ratio = apply.seconds / ceiling.seconds;
    return { objects, bare: ceiling, apply, plan, verify, ratio, loop: await loop(world) };
  } finally {
    await world.stop();
  }
}

/** Nothing to restore: what the listing alone takes. */
async function listed(keys: number) {
  const world = await begin();
  try {
    world.storage.seed(own.bucket, { keys, key: keyOf, versions: 2, body: '{}', from: point - hour });
    const plan = await run(world, 'plan');
    const pages = await run(world, 'bare-list');
    return { versions: pages.objects, plan, bare: pages };
  } finally {
    await world.stop();
  }
}

async function begin(): Promise<World> {
  const clock = new WorldClock({ start: point + 2 * hour, speed: 1 });
  let count = 0;
  const id = (prefix = '') => prefix + String(++count).padStart(13, '0');
  const iam = createIam({ account, clock, id });
  const storage = simpleStorage({ clock, account, id, authorizer: iam, tell: () => undefined });
  const endpoint = createEndpoint({ services: [storage.service], iam, clock });
  await endpoint.start();
  for (const { bucket, region } of [ledger, own, bare]) {
    storage.service.resources?.['AWS::S3::Bucket']?.({
      logicalId: bucket,
      type: 'AWS::S3::Bucket',
      stack: 'bench',
      account,
      region,
      properties: { BucketName: bucket, VersioningConfiguration: { Status: 'Enabled' } },
    });
  }
  const lock = { epoch: 1, state: 'held', incidentId: incident.id, executionArn: 'arn', mode: 'live' };
  storage.put(ledger.bucket, 'lock.json', JSON.stringify(lock));
  const settings: Settings = {
    environment: 'bench',
    ledgerBucket: ledger.bucket,
    ledgerRegion: ledger.region,
    buckets: [{ name: 'assets', places: { primary: own }, prefixes: ['config/'] }],
    // Two chunks are applied at once.
    concurrency: concurrency / 2,
    sliceSeconds: 240,
  };
  return {
    storage,
    environment: {
      ...process.env,
      SETTINGS: JSON.stringify(settings),
      AWS_REGION: ledger.region,
      AWS_DEFAULT_REGION: own.region,
      AWS_ENDPOINT_URL: endpoint.url,
      AWS_ACCESS_KEY_ID: iam.operator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: iam.operator.secretAccessKey,
      AWS_PAGER: '',
    },
    async stop() {
      await endpoint.stop();
      clock.stop();
    },
  };
}

async function run({ environment }: World, what: Work['what'], bucket = own.bucket): Promise<Done> {
  const plan = {
    id: incident.id,
    site: 'primary',
    recoveryPoint: new Date(point).toISOString(),
    exportKey: null,
    snapshot: `before-${incident.id}`,
  } as const;
  const work: Work = { what, incident, plan, concurrency, region: own.region, bucket };
  const text = await output(process.execPath, [child, JSON.stringify(work)], environment);
  return JSON.parse(text) as Done;
}

/** Objects a second of `aws s3api copy-object`, one by one; null where the AWS CLI is not installed. */
async function loop({ storage, environment }: World): Promise<string | null> {
  if (spawnSync('aws', ['--version']).status !== 0) return null;
  const began = performance.now();
  for (let i = 0; i < sample; i++) {
    const key = keyOf(i);
    const oldest = storage.versions(bare.bucket, key).at(-1)?.versionId ?? '';
    const source = `${bare.bucket}/${key}?versionId=${oldest}`;
    const copy = ['s3api', 'copy-object', '--bucket', bare.bucket, '--key', key, '--copy-source', source];
    await output('aws', copy, environment);
  }
  return (sample / ((performance.now() - began) / 1_000)).toFixed(1);
}

/** @throws Error with what the process complained of */
function output(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const started = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, complaint] = ['', ''];
    started.stdout.on('data', (data: Buffer) => (out += data.toString()));
    started.stderr.on('data', (data: Buffer) => (complaint += data.toString()));
    started.on('error', reject);
    started.on('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ended with ${code ?? 'a signal'}: ${complaint}`));
    });
  });
}
