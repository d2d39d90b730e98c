import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { every } from '../drill/clock.ts';
import type { ExecutionView } from '../drill/cloud/states/executions.ts';
import { answersOf } from '../drill/world/dns-view.ts';
import type { World } from '../drill/world/world.ts';

/** How long each cause held up a failover, seconds of incident time. Together: last good request to served again. */
export interface Waits {
  /** Last good request to alarm, checkers and metrics included. */
  readonly detecting: number;
  /** Alarm to the incident's execution. */
  readonly events: number;
  readonly functions: number;
  /** Pods and nodes becoming ready. */
  readonly scaling: number;
  /** Between two looks of ours, when what was looked for is there already. */
  readonly overshoot: number;
  /** Our change to the first answer of a name server that shows it. */
  readonly propagating: number;
  /** First new answer to the client's next good request: what its resolver still keeps. */
  readonly cache: number;
}

/** Moments that no mark of the drill holds, noted while it runs. */
export interface Watch {
  readonly answered: () => number | undefined;
  readonly capacity: () => number | undefined;
}

/** Milliseconds of incident time between two looks at the name servers. */
const look = 250;

/** Note when the name servers' answers change and when the standby has all its pods. */
export function watch(world: World): Watch {
  const { clock, environment } = world;
  const { cluster, deployments } = environment.sites.standby;
  let answered: number | undefined;
  let capacity: number | undefined;
  const stop = every(clock, look, () => {
    const at = clock.now();
    void answersOf(world).then((answers) => {
      if (answered !== undefined || !answers.every(({ agrees }) => agrees.standby)) return;
      answered = at;
      stop();
    });
  });
  world.clusters.standby.onReadyChange(() => {
    const ready = deployments.every(
      ({ name, replicas }) =>
        (world.clusters.standby.deployment(cluster.namespace, name)?.ready ?? 0) >= replicas,
    );
    if (ready) capacity ??= clock.now();
  });
  return { answered: () => answered, capacity: () => capacity };
}

/** @throws Error when the failover did not come to its end */
export function waitsOf({ cloud, keeper, environment, happenings }: World, noted: Watch): Waits {
  const { damaged, lastGood, servedAgain } = reached(keeper.marks);
  const after = ({ at }: { readonly at: number }) => at >= damaged;
  const prefix = `lifeboat-${environment.name}`;
  const alarm = happenings.find(
    (it) => after(it) && it.event.startsWith(`alarm ${prefix}-primary-`) && it.event.endsWith('→ ALARM'),
  );
  const execution = cloud.states
    .executions()
    .find(({ stateMachineName: name, startedAt: at }) => name === `${prefix}-incident` && after({ at }));
  const runbook = cloud.states
    .executions()
    .find(({ stateMachineName: name }) => name === `${prefix}-site-failover`);
  const answered = noted.answered();
  if (!alarm || !execution || !runbook || answered === undefined) throw new Error('there was no failover');
  const states = visits(runbook);
  const changed = end(states, 'SwitchDns');
  const scaled = end(states, 'ScaleWorkloads');
  const lastLook = states.findLast(({ name }) => name === 'CheckCapacity');
  const capacity = Math.max(scaled, noted.capacity() ?? scaled);
  const scaling = capacity - scaled;
  const overshoot = Math.max(0, (lastLook?.from ?? capacity) - capacity) + waited(states, 'WaitForEvidence');
  return inSeconds({
    detecting: alarm.at - lastGood,
    events: execution.startedAt - alarm.at,
    functions: changed - execution.startedAt - scaling - overshoot,
    scaling,
    overshoot,
    propagating: Math.max(0, answered - changed),
    cache: servedAgain - Math.max(answered, changed),
  });
}

function reached({ damaged, lastGood, servedAgain }: World['keeper']['marks']) {
  if (damaged === undefined || lastGood === undefined || servedAgain === undefined) {
    throw new Error('the client was not served again');
  }
  return { damaged, lastGood, servedAgain };
}

interface Visited {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

function visits({ events }: ExecutionView): readonly Visited[] {
  const entered = new Map<string, number>();
  const found: Visited[] = [];
  for (const event of events) {
    const at = event.timestamp?.getTime() ?? 0;
    const { name: enteredName } = event.stateEnteredEventDetails ?? {};
    const left = leftState(event);
    if (enteredName !== undefined) entered.set(enteredName, at);
    if (left !== undefined) found.push({ name: left, from: entered.get(left) ?? at, to: at });
  }
  return found;
}

function leftState(event: HistoryEvent): string | undefined {
  return event.stateExitedEventDetails?.name;
}

function end(states: readonly Visited[], wanted: string): number {
  const state = states.find(({ name }) => name === wanted);
  if (!state) throw new Error(`the failover never left ${wanted}`);
  return state.to;
}

function waited(states: readonly Visited[], wanted: string): number {
  return states.filter(({ name }) => name === wanted).reduce((sum, { from, to }) => sum + to - from, 0);
}

function inSeconds(waits: Waits): Waits {
  const { detecting, events, functions, scaling, overshoot, propagating, cache } = waits;
  const s = (ms: number) => ms / 1000;
  return {
    detecting: s(detecting),
    events: s(events),
    functions: s(functions),
    scaling: s(scaling),
    overshoot: s(overshoot),
    propagating: s(propagating),
    cache: s(cache),
  };
}
