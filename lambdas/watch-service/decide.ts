import type { Check, Site } from '../incident/contract.ts';
import type { TestResult } from '../service/smoke-tests.ts';
import type { NodeSight, Survey, WorkloadSight } from '../workloads/contract.ts';
import type { Output, ServiceWatch } from './contract.ts';

/** One look at the service and at what it runs on. */
export interface Look {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly site: Site;
  /** The site's own health endpoint. */
  readonly health: { readonly ok: boolean; readonly evidence: string };
  readonly results: readonly TestResult[];
  /** Null: it could not be had. */
  readonly survey: Survey | null;
  readonly nodeGraceSeconds: number;
  /** Deployments that had fewer ready pods than wanted at the look before, of the same site. */
  readonly shortBefore: readonly string[];
}

type Known = boolean | 'unknown';

export interface Verdict extends Output {
  readonly failures: ServiceWatch['failures'];
  readonly short: readonly string[];
}

/**
 * What of the service is well. Only the first cause is found to fail, and what may only follow from it is unknown:
 * a site that does not answer explains everything, missing nodes explain pods, a wrong configuration explains the
 * application. Each has a runbook of its own, and a second one beside the first would be in its way.
 */
export function judge(look: Look): Verdict {
  const { at, site, health, results, survey, nodeGraceSeconds, shortBefore } = look;
  const short = (survey?.workloads ?? []).filter(isShort).map(({ name }) => name);
  const unknown = { configuration: 'unknown', application: 'unknown', nodes: 'unknown' } as const;
  if (!health.ok) {
    return {
      site,
      ...unknown,
      summary: `the ${site} does not answer: ${health.evidence}`,
      short,
      failures: [{ name: `health of the ${site}`, evidence: health.evidence }],
    };
  }
  const silent = nodeFailures(survey, at, nodeGraceSeconds);
  // A node that is silent for a moment may be back in the next: until then it is not known what fails with it.
  const doubtful = (survey?.nodes ?? []).some(({ ready }) => ready !== true);
  const nodes: Known = silent.length > 0 ? false : survey?.nodes && !doubtful ? true : 'unknown';
  const ofConfiguration = results.filter(({ test }) => test.proves === 'configuration');
  const others = results.filter(({ test }) => test.proves === 'application');
  const configuration = nodes === false ? 'unknown' : together(ofConfiguration.map(({ check }) => check));
  const unhealthy = (survey?.workloads ?? []).flatMap((workload) => workloadFailure(workload, shortBefore));
  const tested = together(others.map(({ check }) => check));
  const application: Known =
    nodes === false || doubtful || configuration === false
      ? 'unknown'
      : unhealthy.length > 0 || tested === false
        ? false
        : tested === 'unknown' && (survey === null || others.length > 0)
          ? 'unknown'
          : true;
  const failing = [...ofConfiguration, ...others].filter(({ check }) => check.held === false);
  const failures = [
    ...silent,
    ...unhealthy,
    ...failing.map(({ check: { name, evidence } }) => ({ name, evidence })),
  ];
  const wrong = [
    ...(nodes === false ? ['nodes'] : []),
    ...(configuration === false ? ['configuration'] : []),
    ...(application === false ? ['application'] : []),
  ];
  return {
    site,
    nodes,
    configuration,
    application,
    summary:
      wrong.length === 0
        ? `the ${site} is well, as far as it was looked at`
        : `${wrong.join(', ')} of the ${site}: ${failures.map(({ name, evidence }) => `${name}: ${evidence}`).join('; ')}`,
    short,
    failures,
  };
}

/** What was short at the look before; nothing when that was of the other site, or too long ago. */
export function shortAtLookBefore(before: ServiceWatch | null, site: Site, at: string): readonly string[] {
  if (before?.site !== site) return [];
  return Date.parse(at) - Date.parse(before.at) <= lookMs ? (before.short ?? []) : [];
}

/** Two looks belong together when there is not more between them, milliseconds: they are a minute apart. */
const lookMs = 150_000;

/** One that fails is enough; good they are when there are any, and each is known to hold. */
function together(checks: readonly Check[]): Known {
  if (checks.some(({ held }) => held === false)) return false;
  return checks.length > 0 && checks.every(({ held }) => held === true) ? true : 'unknown';
}

interface Failure {
  readonly name: string;
  readonly evidence: string;
}

function nodeFailures(survey: Survey | null, at: string, graceSeconds: number): readonly Failure[] {
  const limit = Date.parse(at) - graceSeconds * 1_000;
  const isLost = ({ ready, since }: NodeSight) =>
    ready !== true && (since === null || Date.parse(since) <= limit);
  const lost = (survey?.nodes ?? []).filter(isLost).map(({ name, since, reason }) => ({
    name: `node ${name}`,
    evidence: `not ready since ${since ?? 'an unknown time'}: ${reason}`,
  }));
  const homeless = (survey?.workloads ?? [])
    .filter(({ waiting, ready, wanted }) => ready < wanted && waiting.includes('Unschedulable'))
    .map(({ name, ready, wanted }) => ({
      name: `deployment ${name}`,
      evidence: `no node has room for its pods: ${ready} of ${wanted} are ready`,
    }));
  return [...lost, ...homeless];
}

/** Reasons for which a container waits on its way to run. */
const starting: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

/** A rollout keeps old pods while new ones come; one that has all its new pods, and not all of them ready, is short. */
function isShort({ exists, wanted, ready, updated }: WorkloadSight): boolean {
  return exists && ready < wanted && updated >= wanted;
}

/**
 * A rollout has fewer pods for a while, and is no failure before Kubernetes gives it up, its pods crash, or two looks
 * find it short.
 */
function workloadFailure(workload: WorkloadSight, shortBefore: readonly string[]): readonly Failure[] {
  const { name, exists, wanted, ready, stuck, waiting } = workload;
  const of = (evidence: string) => [{ name: `deployment ${name}`, evidence }];
  if (!exists) return of('there is none of this name');
  if (wanted === 0) return [];
  const bad = waiting.filter((reason) => !starting.has(reason) && reason !== 'Unschedulable');
  if (bad.length > 0) return of(`${ready} of ${wanted} pods are ready; containers wait: ${bad.join(', ')}`);
  if (stuck) return of(`${ready} of ${wanted} pods are ready, and its rollout does not get on`);
  if (isShort(workload) && shortBefore.includes(name)) {
    return of(`${ready} of ${wanted} pods are ready, for two looks`);
  }
  return [];
}

/**
 * What is kept of a look. While an incident is open the last good times stay: what is well in the midst of a recovery
 * is no point to go back to, and what fails then may be the recovery's own doing.
 */
export function kept(
  before: ServiceWatch | null,
  { site, failures, short, configuration, application, nodes }: Verdict,
  at: string,
  incidentOpen: boolean,
): ServiceWatch {
  const same = before?.site === site ? before : null;
  const now = { configuration, application, nodes };
  const of = <T>(next: (aspect: keyof typeof now) => T) => ({
    configuration: next('configuration'),
    application: next('application'),
    nodes: next('nodes'),
  });
  const good = (aspect: keyof typeof now) => same?.lastGood[aspect] ?? null;
  const since = (aspect: keyof typeof now) => same?.failingSince[aspect] ?? null;
  if (incidentOpen) return { at, site, lastGood: of(good), failingSince: of(since), short, failures };
  return {
    at,
    site,
    lastGood: of((aspect) => (now[aspect] === true ? at : good(aspect))),
    failingSince: of((aspect) =>
      now[aspect] === false ? (since(aspect) ?? at) : now[aspect] === true ? null : since(aspect),
    ),
    short,
    failures,
  };
}
