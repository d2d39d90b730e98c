import type { Input as ApplyObjects } from '../../lambdas/apply-objects/contract.ts';
import type { Output as Assessed } from '../../lambdas/assess-configuration/contract.ts';
import type { Input as CallSite } from '../../lambdas/call-site/contract.ts';
import type { ClusterTotals, PlanTotals, RestorePlan } from '../../lambdas/configuration/contract.ts';
import type { Input as Decide } from '../../lambdas/decide-configuration/contract.ts';
import { decide } from '../../lambdas/decide-configuration/decide.ts';
import type { Input as Finish } from '../../lambdas/finish-configuration/contract.ts';
import type { IncidentRef } from '../../lambdas/incident/contract.ts';
import { LockLost } from '../../lambdas/incident/errors.ts';
import type { Input as PlanObjects, Output as Planned } from '../../lambdas/plan-objects/contract.ts';
import type { Input as RestartWorkloads } from '../../lambdas/restart-workloads/contract.ts';
import type { Input as RestoreObjects } from '../../lambdas/restore-objects/contract.ts';
import type { Input as RunTests } from '../../lambdas/run-tests/contract.ts';
import type { Model } from './functions.ts';

/** What stands under a key: what was right, what the bad deploy wrote, what somebody wrote during the restore. */
type Content = 'good' | 'bad' | 'gone' | 'foreign';

/** What the tasks of a restore of the configuration find, and what they make of it. */
export interface ConfigurationModel {
  verdict: Assessed['verdict'];
  /** How many looks find nothing out. */
  unknownLooks: number;
  /** Of a bucket's objects, by `bucket/key`. */
  readonly objects: Map<string, Content>;
  readonly cluster: Map<string, Content>;
  /** By name: what stood in bucket and cluster when it was taken. */
  readonly snapshots: Map<string, readonly string[]>;
  lossSeconds: number | null;
  limit: number;
  hasExport: boolean;
  /** Slices until a bucket is listed, and looks until the pods and the tests are there. */
  listedAt: number;
  readyAt: number;
  passedAt: number;
  neverReady: readonly string[];
  finished: boolean;
  begun: RestorePlan | null;
  restarts: string[];
  readonly wrongs: string[];
}

export function newConfigurationModel(given: Partial<ConfigurationModel> = {}): ConfigurationModel {
  return {
    verdict: 'damaged',
    unknownLooks: 0,
    objects: new Map([
      ['config/app.json', 'bad'],
      ['config/limits.json', 'gone'],
      ['config/same.json', 'good'],
      ['assets/logo.svg', 'bad'],
    ]),
    cluster: new Map([
      ['ConfigMap erlmcp', 'bad'],
      ['Secret erlmcp-keys', 'gone'],
    ]),
    snapshots: new Map(),
    lossSeconds: 60,
    limit: 100,
    hasExport: true,
    listedAt: 2,
    readyAt: 3,
    passedAt: 2,
    neverReady: [],
    finished: false,
    begun: null,
    restarts: [],
    wrongs: [],
    ...given,
  };
}

type Task<Input> = readonly [required: readonly (keyof Input)[], work: (input: Input) => unknown];

/** The functions of the runbook. Deciding is the code that is deployed; acting ones look before they act. */
export function configurationFunctions(config: ConfigurationModel) {
  const looks = new Map<string, number>();
  /** A plan is made once, and kept. */
  const plans = new Map<string, readonly string[]>();
  const lookAt = (what: string): number => {
    const count = (looks.get(what) ?? 0) + 1;
    looks.set(what, count);
    return count;
  };

  return (model: Model): Readonly<Record<string, Task<never>>> => {
    const held = ({ id }: IncidentRef) => {
      if (model.lockHolder !== id) throw new LockLost(`${id} does not hold the lock`);
    };
    const keysOf = (bucket: string) =>
      [...config.objects.keys()].filter((key) => key.startsWith(`${bucket}/`));
    const touch = (plan: RestorePlan, where: Map<string, Content>, key: string) => {
      if (config.hasExport && !config.snapshots.has(plan.snapshot))
        config.wrongs.push(`${key} was changed before the snapshot`);
      where.set(key, 'good');
    };
    const atSite: Readonly<Record<string, (payload: never) => unknown>> = {
      'export-objects': ({ snapshot }: { snapshot: string }) => {
        const there = [...config.objects, ...config.cluster].map(([key, content]) => `${key} ${content}`);
        if (!config.snapshots.has(snapshot)) config.snapshots.set(snapshot, there);
        return { status: 'changed', summary: `snapshot ${snapshot}` };
      },
      'restore-objects': ({ incident, plan, phase }: RestoreObjects) => {
        const differing = [...config.cluster].filter(
          ([, content]) => content === 'bad' || content === 'gone',
        );
        if (phase === 'apply') {
          held(incident);
          for (const [key] of differing) touch(plan, config.cluster, key);
        }
        const left = phase === 'apply' ? [] : differing.map(([key]) => key);
        const totals: ClusterTotals = {
          bringBack: [],
          overwrite: left,
          remove: [],
          unchanged: config.cluster.size - left.length,
          problems: [],
        };
        return { totals, conflicts: [], summary: `cluster: ${differing.length} objects to ${phase}` };
      },
      'restart-workloads': ({ incident, waves }: RestartWorkloads) => {
        held(incident);
        if (lookAt(`${incident.id} restart`) === 1) config.restarts.push(...waves.flat());
        const done = lookAt(`${incident.id} ready`) >= config.readyAt;
        return { done, failed: config.neverReady, summary: `restarted ${waves.flat().join(', ')}` };
      },
    };

    return {
      'assess-configuration': [
        ['incident'],
        ({ incident }: { incident: IncidentRef }) => {
          const hidden = config.unknownLooks-- > 0;
          const unfinished = config.begun !== null && !config.finished;
          const plan = (unfinished ? config.begun : null) ?? {
            id: incident.id,
            site: 'primary' as const,
            recoveryPoint: '2026-11-23T03:58:00.000Z',
            exportKey: config.hasExport ? 'exports/primary/2026-11-23T03-57-00Z.json' : null,
            snapshot: `before-${incident.id}`,
          };
          const verdict = hidden ? 'unknown' : config.verdict;
          if (verdict === 'damaged' && incident.mode === 'live') config.begun = plan;
          return {
            verdict,
            reason: `the configuration is ${verdict}`,
            nextSteps: ['look'],
            lossSeconds: config.lossSeconds,
            resumed: unfinished,
            buckets: [...new Set([...config.objects.keys()].map((key) => key.split('/')[0] ?? ''))],
            restart: [['erlmcp'], ['gateway']],
            ...(verdict === 'damaged' ? { plan } : {}),
          } satisfies Assessed;
        },
      ],
      'call-site': [
        ['site', 'task', 'payload'],
        ({ site, task, payload }: CallSite) => {
          if (site !== 'primary') throw new Error(`the plan is of the primary, not of ${site}`);
          const work = atSite[task];
          if (!work) throw new Error(`the site has no ${task}`);
          return work(payload as never);
        },
      ],
      'plan-objects': [
        ['incident', 'plan', 'bucket', 'phase'],
        ({ incident, plan, bucket, phase }: PlanObjects): Planned => {
          const now = keysOf(bucket).filter((key) => ['bad', 'gone'].includes(config.objects.get(key) ?? ''));
          const kept = `${plan.id} ${bucket}`;
          if (phase === 'plan' && !plans.has(kept)) plans.set(kept, now);
          const differing = phase === 'plan' ? (plans.get(kept) ?? []) : now;
          const done = lookAt(`${incident.id} ${bucket} ${phase}`) >= config.listedAt;
          return {
            bucket,
            done,
            totals: totalsOf(differing.length, keysOf(bucket).length - differing.length),
            chunks: done && phase === 'plan' ? differing.map((_, index) => index) : [],
            problems: [],
            conflicts: 0,
            summary: `${bucket}: ${differing.length} to restore`,
          };
        },
      ],
      'decide-configuration': [
        ['incident', 'plan', 'lossSeconds', 'resumed', 'buckets', 'cluster'],
        (input: Decide) => ({
          ...decide(input, { objects: config.limit, percent: 100, deletions: 10 }, false),
          approvalSeconds: 1_800,
        }),
      ],
      'apply-objects': [
        ['incident', 'plan', 'bucket', 'chunk'],
        ({ incident, plan, bucket, chunk }: ApplyObjects) => {
          held(incident);
          const key = plans.get(`${plan.id} ${bucket}`)?.[chunk];
          const there = key === undefined || config.objects.get(key) === 'good';
          if (!there) touch(plan, config.objects, key);
          return {
            status: there ? 'already-there' : 'changed',
            summary: `chunk ${chunk}`,
            done: true,
            conflicts: 0,
            failures: 0,
          };
        },
      ],
      'finish-configuration': [
        ['incident', 'plan', 'phase'],
        ({ incident, phase, planned, verified }: Finish) => {
          held(incident);
          if (phase === 'done') config.finished = true;
          else if (planned?.length !== verified?.length) throw new Error('every bucket is verified');
          return { summary: phase === 'done' ? 'over' : 'all of it is restored', conflicts: 0 };
        },
      ],
      'run-tests': [
        ['incident', 'attempt'],
        ({ attempt }: RunTests) => ({
          passed: attempt >= config.passedAt,
          summary: `look ${attempt} of the tests`,
          checks: [],
        }),
      ],
    };
  };
}

function totalsOf(overwritten: number, unchanged: number): PlanTotals {
  const none = { objects: 0, bytes: 0 };
  return {
    bringBack: none,
    overwrite: { objects: overwritten, bytes: overwritten },
    remove: none,
    unchanged: { objects: unchanged, bytes: unchanged },
    problems: 0,
  };
}
