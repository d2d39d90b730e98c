import type { WorkloadSight } from '../workloads/contract.ts';

/**
 * What is wrong with one deployment. `restart`: a restart may help. `newest-fails`: its newest revision is what fails,
 * and there is one to go back to. `nodes`: its pods have no node. `late`: fewer pods are ready than wanted, and that
 * may pass. `beyond`: nothing here helps; `help` says what a person can do.
 */
export interface Trouble {
  readonly name: string;
  readonly kind: 'restart' | 'newest-fails' | 'nodes' | 'late' | 'beyond';
  /** A clause after the deployment's name. */
  readonly why: string;
  readonly help?: string;
}

interface Around {
  readonly now: number;
  /** Which look it is, from 1; they are 15 seconds apart. */
  readonly attempt: number;
  /** When the tests of the application passed last; ISO 8601. */
  readonly lastGood: string | null;
  readonly nodesDown: readonly string[];
  /** There is no node at all. */
  readonly noNodes: boolean;
}

/** A template that came less long ago may still be rolled out, milliseconds. */
const rolloutTime = 5 * 60_000;
/** Looks at pods that are not ready and do not say why before they count as unhealthy: two minutes. */
const looksAtLate = 8;
/** Without tests that ever passed, a revision that came less long ago has not served yet, milliseconds. */
const youngWithoutTests = 60 * 60_000;

const imageReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']);
const configurationReasons = new Set(['CreateContainerConfigError']);
const crashReasons = new Set(['CrashLoopBackOff', 'CreateContainerError', 'RunContainerError']);

export function troubleOf(sight: WorkloadSight, around: Around): Trouble | null {
  const { name, exists, wanted, ready, updatedReady, waiting, previousRevision } = sight;
  const is = (kind: Trouble['kind'], why: string, help?: string): Trouble => ({
    name,
    kind,
    why,
    ...(help === undefined ? {} : { help }),
  });
  if (!exists) {
    return is(
      'beyond',
      'does not exist',
      `Apply the manifest of ${name}: the newest export under exports/ in the exports bucket has it.`,
    );
  }
  if (wanted === 0) return null;
  const fewer = ready < wanted;
  const short = `has ${ready} of ${wanted} ready`;
  const why = waiting.length === 0 ? short : `${short} (${waiting.join(', ')})`;
  const waitsFor = (reasons: ReadonlySet<string>) => waiting.some((reason) => reasons.has(reason));

  if (newestFails(sight, around)) {
    return is(
      'newest-fails',
      `${why} with revision ${String(sight.revision)}, before which there is ${String(previousRevision)}`,
    );
  }
  if (around.noNodes) return is('nodes', `${short}, and there is no node`);
  if (waiting.includes('Unschedulable')) return is('nodes', `${why}: no node has room for its pods`);
  if (waitsFor(imageReasons)) {
    return is(
      'beyond',
      `${why}: ${updatedReady > 0 ? 'an image that it runs cannot be pulled any more' : 'its image cannot be pulled, and there is no revision to go back to'}`,
      `Find out why the image of ${name} cannot be pulled: its tag, the registry, the nodes' way there and rights. A restart would pull it again.`,
    );
  }
  if (waitsFor(configurationReasons)) {
    return is(
      'beyond',
      `${why}: a ConfigMap or a Secret that it names is missing`,
      'Start incident with {"scenario":"configuration-loss"}: a restart would miss the same ConfigMap or Secret.',
    );
  }
  if (waitsFor(crashReasons))
    return is('restart', `${why} after ${sight.restarts} restarts of its containers`);
  if (fewer && around.nodesDown.length > 0) {
    return is('nodes', `${short}, and nodes are not ready: ${around.nodesDown.join(', ')}`);
  }
  if (sight.stuck && fewer) return is('restart', `${why}, and Kubernetes has given up on its rollout`);
  if (fewer)
    return isLate(sight, around) ? is('late', why) : is('restart', `${why} for longer than a rollout needs`);
  return sight.endpoints === 0 ? is('restart', `has ${ready} ready, and none behind its service`) : null;
}

function isLate({ revisionAt }: WorkloadSight, { now, attempt }: Around): boolean {
  return attempt < looksAtLate || (revisionAt !== null && now - Date.parse(revisionAt) < rolloutTime);
}

/**
 * The newest revision is what fails: none of its pods is ready, and it is told from a revision that served and then
 * broke, which a restart may mend and a roll-back would take further away from what works.
 */
function newestFails(sight: WorkloadSight, { now, lastGood }: Around): boolean {
  const { previousRevision, updatedReady, ready, waiting, stuck, revisionAt } = sight;
  if (previousRevision === null || updatedReady > 0) return false;
  if (waiting.some((reason) => imageReasons.has(reason))) return true;
  if (waiting.includes('Unschedulable')) return false;
  const failing = waiting.length > 0;
  if (failing && isYoung(sight, now, lastGood)) return true;
  const olderServes = ready > updatedReady;
  const hadItsTime = revisionAt !== null && now - Date.parse(revisionAt) > rolloutTime;
  return (stuck && (failing || olderServes)) || (olderServes && failing && hadItsTime);
}

/** It came after the tests passed last, or a rollout's time before: until then its pods were not the ones that passed. */
function isYoung({ revisionAt }: WorkloadSight, now: number, lastGood: string | null): boolean {
  if (revisionAt === null) return false;
  const came = Date.parse(revisionAt);
  return lastGood === null ? now - came < youngWithoutTests : came > Date.parse(lastGood) - rolloutTime;
}

/**
 * Whether to go back to the previous revision when the newest does not become ready after a restart: only when it is
 * not known to have served.
 */
export function canGoBack(sight: WorkloadSight, now: number, lastGood: string | null): boolean {
  return sight.previousRevision !== null && (sight.stuck || isYoung(sight, now, lastGood));
}
