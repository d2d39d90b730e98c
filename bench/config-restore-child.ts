import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { handler as applyObjects } from '../lambdas/apply-objects/handler.ts';
import { objectClient } from '../lambdas/aws/s3-client.ts';
import { copySource, listVersions, type Position } from '../lambdas/aws/s3-versions.ts';
import type { RestorePlan } from '../lambdas/configuration/contract.ts';
import type { IncidentRef } from '../lambdas/incident/contract.ts';
import { handler as planObjects } from '../lambdas/plan-objects/handler.ts';

/** What one child process of the bench does, in the place of a function; it answers on its standard output. */
export interface Work {
  readonly what: 'plan' | 'apply' | 'verify' | 'bare-copy' | 'bare-list';
  readonly incident: IncidentRef;
  readonly plan: RestorePlan;
  readonly concurrency: number;
  readonly region: string;
  readonly bucket: string;
}

export interface Done {
  readonly seconds: number;
  /** Most memory that the process had at once, MB. */
  readonly rss: number;
  readonly objects: number;
}

const work = JSON.parse(process.argv[2] ?? '{}') as Work;
const bucket = 'assets';

async function looked(phase: 'plan' | 'verify'): Promise<number> {
  for (;;) {
    const { done, totals } = await planObjects({ ...work, bucket, phase });
    const { bringBack, overwrite, remove, unchanged } = totals;
    if (done) return bringBack.objects + overwrite.objects + remove.objects + unchanged.objects;
  }
}

/** Two chunks at once, each with half of the calls: as many are under way as with the bare copies. */
async function applied(): Promise<number> {
  const { chunks, totals } = await planObjects({ ...work, bucket, phase: 'plan' });
  began = performance.now();
  const waiting = chunks.values();
  const apply = async () => {
    for (const chunk of waiting) {
      for (let over = false; !over;) {
        const { done, conflicts, failures } = await applyObjects({ ...work, bucket, chunk });
        if (conflicts + failures > 0) throw new Error(`${conflicts} conflicts, ${failures} failures`);
        over = done;
      }
    }
  };
  await Promise.all([apply(), apply()]);
  return totals.overwrite.objects + totals.bringBack.objects;
}

/** The oldest version of each key; how they are found is not in the time. */
async function bareCopies(): Promise<number> {
  const s3 = objectClient(work.region);
  const sources: { readonly key: string; readonly versionId: string }[] = [];
  for await (const { keys } of pages()) {
    for (const { key, entries } of keys) {
      const oldest = entries.at(-1);
      if (oldest && !oldest.latest) sources.push({ key, versionId: oldest.versionId });
    }
  }
  began = performance.now();
  const waiting = sources.values();
  const copy = async () => {
    for (const { key, versionId } of waiting) {
      await s3.send(
        new CopyObjectCommand({
          Bucket: work.bucket,
          Key: key,
          CopySource: copySource(work.bucket, key, versionId),
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: work.concurrency }, copy));
  return sources.length;
}

async function bareList(): Promise<number> {
  let versions = 0;
  for await (const { keys } of pages()) for (const { entries } of keys) versions += entries.length;
  return versions;
}

async function* pages() {
  let after: Position | undefined;
  for (;;) {
    const page = await listVersions(objectClient(work.region), {
      bucket: work.bucket,
      prefix: 'config/',
      after,
    });
    yield page;
    if (!page.next) return;
    after = page.next;
  }
}

let began = performance.now();
const run = {
  plan: () => looked('plan'),
  verify: () => looked('verify'),
  apply: applied,
  'bare-copy': bareCopies,
  'bare-list': bareList,
};
const objects = await run[work.what]();
const done: Done = {
  seconds: (performance.now() - began) / 1_000,
  rss: process.resourceUsage().maxRSS / 1_024,
  objects,
};
process.stdout.write(`${JSON.stringify(done)}\n`);
process.exit(0);
