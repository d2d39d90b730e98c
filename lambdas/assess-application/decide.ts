import type { RestoreRequest, Site } from '../incident/contract.ts';
import { UnsafePlan } from '../incident/errors.ts';
import { duration, moment } from '../incident/time-words.ts';
import { wavesOf } from '../incident/waves.ts';
import type { ServiceWatch } from '../watch-service/contract.ts';
import type { NodeSight, WorkloadSettings, WorkloadSight } from '../workloads/contract.ts';
import { canGoBack, troubleOf, type Trouble } from './trouble.ts';

/** What is known when it is decided what to restart. Times are ISO 8601, UTC. */
export interface Known {
  readonly now: string;
  readonly site: Site;
  readonly deployments: readonly WorkloadSettings[];
  readonly request: RestoreRequest | undefined;
  readonly workloads: readonly WorkloadSight[];
  readonly nodes: readonly NodeSight[] | null;
  /** Null when the service has never been watched. */
  readonly watch: ServiceWatch | null;
  /** Which look it is, from 1. */
  readonly attempt: number;
}

export interface Verdict {
  readonly verdict: 'restart' | 'roll-back' | 'sound' | 'stop' | 'wait';
  readonly reason: string;
  readonly nextSteps: readonly string[];
  readonly waitSeconds: number;
  readonly waves: readonly (readonly string[])[];
  readonly rollBack: readonly (readonly string[])[];
  readonly canRollBack: readonly string[];
}

/** A look at the service that is older says nothing about now, milliseconds: the watch runs each minute. */
const fresh = 5 * 60_000;
/** Between two looks, seconds. */
const waitSeconds = 15;
/** Looks that a service is given to be tested again: three minutes. */
const looksForTests = 12;

const byName = '{"scenario":"application-failure","deployments":["erlmcp"]}';

/**
 * What to restart or to roll back, and what a restart would not help.
 *
 * A person's word is taken as it is. Otherwise what is unhealthy is restarted, in the order of what waits for what,
 * and a newest revision that is what fails is rolled back at once: a restart would start the same again. Pods that
 * have no node are no matter of a restart. When everything looks well and the tests fail all the same, all are
 * restarted: something is wedged that no probe sees.
 *
 * @throws UnsafePlan when a person named a deployment that is not one of the environment's
 */
export function decide(known: Known): Verdict {
  const asked = known.request?.deployments;
  const troubles = troublesOf(known);
  const common = { nextSteps: [], waitSeconds: 0, waves: [], rollBack: [], canRollBack: backable(known) };
  if (asked !== undefined && asked.length > 0) return { ...common, ...named(known, asked) };

  const lacking = troubles.filter(({ kind }) => kind === 'nodes');
  if (lacking.length > 0) return { ...common, ...stop(lacking, hardware) };
  const rollBack = troubles.filter(({ kind }) => kind === 'newest-fails');
  const restart = troubles.filter(({ kind }) => kind === 'restart');
  const beyond = troubles.filter(({ kind }) => kind === 'beyond');
  const late = troubles.filter(({ kind }) => kind === 'late');
  if (rollBack.length > 0) {
    const waves = inWaves(known, restart);
    const reason = [`the newest revision is what fails: ${words(rollBack)}`, ...also(restart, beyond, late)];
    return {
      ...common,
      verdict: 'roll-back',
      reason: reason.join('; '),
      rollBack: inWaves(known, rollBack),
      waves,
    };
  }
  if (restart.length > 0) {
    const reason = [words(restart), ...also([], beyond, late)].join('; ');
    return { ...common, verdict: 'restart', reason, waves: inWaves(known, restart) };
  }
  if (beyond.length > 0)
    return {
      ...common,
      ...stop(
        beyond,
        beyond.flatMap(({ help }) => help ?? []),
      ),
    };
  if (late.length > 0) {
    return { ...common, verdict: 'wait', reason: `they may yet become ready: ${words(late)}`, waitSeconds };
  }
  return { ...common, ...byTests(known) };
}

const hardware = [
  'Pods without a node are not mended by a restart: start incident with {"scenario":"hardware-failure"}.',
  `If it is not the nodes, restart by name: start incident with ${byName}.`,
];

function troublesOf({ now, workloads, nodes, watch, attempt }: Known): readonly Trouble[] {
  const lastGood = watch?.lastGood.application ?? null;
  const nodesDown = (nodes ?? []).filter(({ ready }) => ready !== true).map(({ name }) => name);
  const noNodes = nodes?.length === 0;
  return workloads.flatMap(
    (sight) => troubleOf(sight, { now: Date.parse(now), attempt, lastGood, nodesDown, noNodes }) ?? [],
  );
}

function backable({ now, workloads, watch }: Known): readonly string[] {
  const lastGood = watch?.lastGood.application ?? null;
  return workloads.filter((sight) => canGoBack(sight, Date.parse(now), lastGood)).map(({ name }) => name);
}

function named(
  known: Known,
  asked: readonly string[],
): Partial<Verdict> & Pick<Verdict, 'verdict' | 'reason'> {
  const allowed = known.deployments.map(({ name }) => name);
  const unknown = asked.filter((name) => !allowed.includes(name));
  if (unknown.length > 0) {
    throw new UnsafePlan(
      `deployments: got ${unknown.join(', ')}, allowed: ${allowed.join(', ')}. Nothing was changed`,
    );
  }
  const sights = known.workloads.filter(({ name }) => asked.includes(name));
  const absent = sights.filter(({ exists }) => !exists).map(({ name }) => name);
  if (absent.length > 0) {
    return {
      verdict: 'stop',
      reason: `the cluster of the ${known.site} has no deployment ${absent.join(', ')}`,
      nextSteps: [applyManifest],
    };
  }
  return {
    verdict: 'restart',
    reason: `a person named ${asked.join(', ')}`,
    waves: inWaves(known, sights),
  };
}

const applyManifest =
  'Apply the manifest of what is missing: the newest export under exports/ in the exports bucket has it. Then look again.';

function stop(troubles: readonly Trouble[], nextSteps: readonly string[]) {
  return { verdict: 'stop', reason: words(troubles), nextSteps: [...new Set(nextSteps)] } as const;
}

/** Every deployment looks well. */
function byTests(known: Known): Partial<Verdict> & Pick<Verdict, 'verdict' | 'reason'> {
  const { watch, now, site, nodes, attempt } = known;
  const well = `all deployments are as they should be (${counts(known)})`;
  const age = watch ? Date.parse(now) - Date.parse(watch.at) : Infinity;
  if (watch?.site !== site || age > fresh) {
    const tested = watch
      ? `the service was last tested ${duration(age / 1_000)} ago, at the ${watch.site}`
      : 'nothing has tested the service yet';
    if (watch && attempt < looksForTests) {
      return { verdict: 'wait', reason: `${well}, and ${tested}`, waitSeconds };
    }
    return {
      verdict: 'stop',
      reason: `${well}, and ${tested}`,
      nextSteps: [
        'Look at the log of watch-service: it runs each minute.',
        `If the application is wedged all the same, restart it by name: start incident with ${byName}.`,
      ],
    };
  }
  const { configuration, application } = watch.failingSince;
  if (configuration !== null) {
    return {
      verdict: 'stop',
      reason: `${well}, and the tests of the configuration fail since ${moment(configuration)}: ${failures(watch)}`,
      nextSteps: [
        'A restart would read the same configuration again: start incident with {"scenario":"configuration-loss"}.',
        `If the configuration is right, restart by name: start incident with ${byName}.`,
      ],
    };
  }
  if (application === null) {
    const passed = watch.lastGood.application;
    const tests = passed === null ? 'there are no tests of it' : `its tests passed at ${moment(passed)}`;
    return {
      verdict: 'sound',
      reason: `${well}, and ${tests}`,
      nextSteps: [
        'Look at the service yourself: probes and tests see only what they ask for.',
        `If it is wedged all the same, restart it by name: start incident with ${byName}.`,
      ],
    };
  }
  const down = (nodes ?? []).filter(({ ready }) => ready !== true);
  if (down.length > 0) {
    return {
      verdict: 'stop',
      reason: `${well}, the tests fail since ${moment(application)}, and nodes are not ready: ${down.map(({ name }) => name).join(', ')}`,
      nextSteps: hardware,
    };
  }
  const running = known.workloads.filter(({ wanted }) => wanted > 0);
  const off = known.workloads.filter(({ wanted }) => wanted === 0).map(({ name }) => name);
  if (running.length === 0) {
    return {
      verdict: 'stop',
      reason: `the tests fail since ${moment(application)}, and ${off.join(', ')} are scaled to 0`,
      nextSteps: [
        'Find out who scaled them to 0, and why; then kubectl scale them to what they should have.',
      ],
    };
  }
  return {
    verdict: 'restart',
    reason:
      `${well}, but the tests fail since ${moment(application)} (${failures(watch)}): nothing else explains it, ` +
      `so all are restarted${released(known)}` +
      (off.length === 0 ? '' : `; scaled to 0, and left so: ${off.join(', ')}`),
    waves: inWaves(known, running),
  };
}

/** Revisions that came after the tests passed last: what a person wants to hear when a restart does not help. */
function released({ workloads, watch }: Known): string {
  const lastGood = watch?.lastGood.application ?? null;
  if (lastGood === null) return '';
  const since = workloads.filter(
    ({ revisionAt }) => revisionAt !== null && Date.parse(revisionAt) > Date.parse(lastGood),
  );
  const list = since.map(({ name, revision }) => `${name} has revision ${String(revision)}`).join(', ');
  return list === '' ? '' : `; since they passed ${list}`;
}

function failures({ failures: failed }: ServiceWatch): string {
  return failed.map(({ name, evidence }) => `${name}: ${evidence}`).join(', ') || 'no check is named';
}

function counts({ workloads }: Known): string {
  return workloads.map(({ name, ready, wanted }) => `${name} ${ready} of ${wanted}`).join(', ');
}

function inWaves(
  { deployments }: Known,
  of: readonly { readonly name: string }[],
): readonly (readonly string[])[] {
  const names = new Set(of.map(({ name }) => name));
  return wavesOf(deployments.filter(({ name }) => names.has(name))).map((wave) =>
    wave.map(({ name }) => name),
  );
}

function words(troubles: readonly Trouble[]): string {
  return troubles.map(({ name, why }) => `${name} ${why}`).join(', ');
}

function also(
  restart: readonly Trouble[],
  beyond: readonly Trouble[],
  late: readonly Trouble[],
): readonly string[] {
  return [
    ...(restart.length === 0 ? [] : [`to be restarted after that: ${words(restart)}`]),
    ...(beyond.length === 0 ? [] : [`left to a person: ${words(beyond)}`]),
    ...(late.length === 0 ? [] : [`given time: ${words(late)}`]),
  ];
}
