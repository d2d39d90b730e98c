import type { Cancel, Clock } from '../../clock.ts';
import { delays } from '../../cloud/delays.ts';
import { Ailments } from './ailments.ts';
import { withCondition } from './conditions.ts';
import type { Recorder } from './events.ts';
import { kinds } from './kinds.ts';
import { isReady, timestamp, type Condition, type ContainerStatus, type Pod } from './objects.ts';
import { logLine, type PodLogs } from './pod-logs.ts';
import type { Store } from './store.ts';

/** A container that ends is started again after 10 s, then twice as long each time, up to 300 s (the kubelet's back-off). */
const FIRST_BACK_OFF = 10;
const LONGEST_BACK_OFF = 300;

interface KubeletOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly record: Recorder;
  readonly logs: PodLogs;
  /** Whether a node's kubelet works: what is on a node that is down does not change. */
  readonly works: (node: string) => boolean;
}

/** The kubelets of all nodes: they start containers, probe them, and start them again when they end. */
export class Kubelet {
  readonly ailments = new Ailments();
  readonly #options: KubeletOptions;
  /** What is to happen next to a pod, by its uid. */
  readonly #next = new Map<string, Cancel>();
  #started = 0;

  constructor(options: KubeletOptions) {
    this.#options = options;
    options.store.onEvent(({ kind, type, object }) => {
      if (kind !== kinds.pods || type !== 'DELETED') return;
      this.#next.get(object.metadata.uid)?.();
      this.#next.delete(object.metadata.uid);
    });
  }

  /** Bring up the containers of a pod after so many milliseconds, at once when that is 0. */
  start(pod: Pod, within: number): void {
    if (within === 0) this.#bringUp(pod);
    else this.#later(pod, within, () => this.#bringUp(pod));
  }

  /** Something is wrong with pods, or no longer: those that are ready fall ill, those that are well again come up. */
  review(): void {
    for (const pod of this.#options.store.list(kinds.pods)) {
      if (!this.#reaches(pod)) continue;
      const ill = this.ailments.of(pod) !== undefined;
      if (ill && isReady(pod)) this.#settle(pod);
      else if (!ill && !isReady(pod) && !this.#next.has(pod.metadata.uid)) this.start(pod, delays.podReady);
      else if (!ill && !isReady(pod) && waitsInVain(pod)) this.start(pod, delays.podReady);
    }
  }

  /** The kubelet of a node works again: what was evicted meanwhile ends, the rest is as it was. */
  resume(node: string): void {
    const { store } = this.#options;
    for (const pod of store.list(kinds.pods).filter(({ spec }) => spec.nodeName === node)) {
      const { namespace, name, deletionTimestamp } = pod.metadata;
      if (deletionTimestamp !== undefined) store.delete(kinds.pods, namespace, name);
      else if (runs(pod)) this.#settle(pod);
      else this.start(pod, delays.podReady);
    }
  }

  #later({ metadata: { uid } }: Pod, ms: number, run: () => void): void {
    const { clock } = this.#options;
    this.#next.get(uid)?.();
    this.#next.set(
      uid,
      clock.at(clock.now() + ms, () => {
        this.#next.delete(uid);
        run();
      }),
    );
  }

  #reaches({ spec, metadata }: Pod): boolean {
    return (
      metadata.deletionTimestamp === undefined &&
      spec.nodeName !== undefined &&
      this.#options.works(spec.nodeName)
    );
  }

  /** The pod may be gone by now; one that replaced it under the same name is another. */
  #bringUp({ metadata }: Pod): void {
    const pod = this.#options.store.get(kinds.pods, metadata.namespace, metadata.name);
    if (pod?.metadata.uid !== metadata.uid || isReady(pod) || !this.#reaches(pod)) return;
    const ailment = this.ailments.of(pod);
    if (ailment?.fate !== 'cannot-pull' && !runs(pod)) this.#begin(pod);
    this.#settle(pod);
  }

  #begin(pod: Pod): void {
    const { clock, logs, record } = this.#options;
    const now = clock.now();
    const images = pod.spec.containers.map(({ image }) => image).join(', ');
    logs.begin(
      pod,
      logLine(now, 'INFO', `starting ${images} on ${pod.spec.nodeName ?? ''}`),
      logLine(now, 'INFO', 'configuration read'),
    );
    record(
      pod,
      'Normal',
      'Started',
      `Started container ${pod.spec.containers.map(({ name }) => name).join()}`,
    );
  }

  /** Make the pod what it must be as things stand: ready, or ill in one way or another. */
  #settle(pod: Pod): void {
    const { clock, logs, record } = this.#options;
    const ailment = this.ailments.of(pod);
    const now = timestamp(clock.now());
    const startedAt = pod.status.containerStatuses?.[0]?.state.running?.startedAt ?? now;
    switch (ailment?.fate) {
      case undefined:
        logs.write(pod, logLine(clock.now(), 'INFO', 'serving on port 8080'));
        this.#write(pod, { running: { startedAt } }, true);
        return;
      case 'hangs': {
        logs.write(pod, `${now} ${ailment.says}`);
        this.#write(pod, { running: { startedAt } }, false);
        const address = pod.status.podIP ?? 'pod';
        const why = `Get "http://${address}:8080/health": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
        record(pod, 'Warning', 'Unhealthy', `Readiness probe failed: ${why}`);
        return;
      }
      case 'crashes':
        logs.write(pod, `${now} ${ailment.says}`);
        this.#crash(pod, startedAt);
        return;
      case 'cannot-pull': {
        const images = pod.spec.containers.map(({ image }) => image).join(', ');
        const message = `Back-off pulling image "${images}"`;
        this.#write(pod, { waiting: { reason: 'ImagePullBackOff', message } }, false);
        record(pod, 'Warning', 'Failed', `Failed to pull image "${images}": not found`);
        record(pod, 'Warning', 'BackOff', message);
      }
    }
  }

  #crash(pod: Pod, startedAt: string): void {
    const { clock, record } = this.#options;
    const restarts = pod.status.containerStatuses?.[0]?.restartCount ?? 0;
    const wait = Math.min(LONGEST_BACK_OFF, FIRST_BACK_OFF * 2 ** Math.min(restarts, 10));
    const names = pod.spec.containers.map(({ name }) => name).join();
    const about = `failed container=${names} pod=${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid})`;
    const terminated = {
      exitCode: 1,
      reason: 'Error',
      startedAt,
      finishedAt: timestamp(clock.now()),
    };
    this.#write(
      pod,
      { waiting: { reason: 'CrashLoopBackOff', message: `back-off ${wait}s restarting ${about}` } },
      false,
      { restarts: restarts + 1, lastState: { terminated } },
    );
    record(
      pod,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${names} in pod ${pod.metadata.name}`,
    );
    this.#later(pod, wait * 1000, () => this.#bringUp(pod));
  }

  #write(
    pod: Pod,
    state: ContainerStatus['state'],
    ready: boolean,
    ended?: { readonly restarts: number; readonly lastState: ContainerStatus['state'] },
  ): void {
    const { clock, store } = this.#options;
    const names = pod.spec.containers.map(({ name }) => name).join(' ');
    const unready = { reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` };
    const held = { status: ready ? ('True' as const) : ('False' as const), ...(ready ? {} : unready) };
    const now = timestamp(clock.now());
    const both: readonly Omit<Condition, 'lastTransitionTime'>[] = [
      { type: 'ContainersReady', ...held },
      { type: 'Ready', ...held },
    ];
    const started = state.running !== undefined || ended !== undefined;
    store.update(kinds.pods, {
      ...pod,
      status: {
        ...pod.status,
        phase: started ? 'Running' : pod.status.phase,
        ...(pod.status.podIP === undefined ? { podIP: this.#address() } : {}),
        conditions: both.reduce((all, each) => withCondition(all, each, now), pod.status.conditions),
        containerStatuses: containerStatuses(pod, state, ready, ended),
      },
    });
  }

  #address(): string {
    const number = ++this.#started;
    return `10.0.${100 + (Math.floor(number / 250) % 100)}.${(number % 250) + 4}`;
  }
}

/** Statuses of all containers of a pod: in one state together, as nothing here tells them apart. */
export function containerStatuses(
  { spec, status }: Pod,
  state: ContainerStatus['state'],
  ready: boolean,
  ended?: { readonly restarts: number; readonly lastState: ContainerStatus['state'] },
): ContainerStatus[] {
  return spec.containers.map(({ name, image }, index) => {
    const before = status.containerStatuses?.[index];
    const lastState = ended?.lastState ?? before?.lastState ?? {};
    return {
      name,
      image,
      imageID: '',
      ready,
      started: state.running !== undefined,
      restartCount: ended?.restarts ?? before?.restartCount ?? 0,
      state,
      lastState,
    };
  });
}

function runs({ status }: Pod): boolean {
  return (status.containerStatuses ?? []).some(({ state }) => state.running !== undefined);
}

/** It waits for its next try, which need not be waited for: nothing is wrong with it any more. */
function waitsInVain({ status }: Pod): boolean {
  const reason = status.containerStatuses?.[0]?.state.waiting?.reason;
  return reason === 'CrashLoopBackOff' || reason === 'ImagePullBackOff';
}
