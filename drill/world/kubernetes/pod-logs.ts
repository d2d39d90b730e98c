import type { Clock } from '../../clock.ts';
import { kinds } from './kinds.ts';
import { timestamp, type Pod } from './objects.ts';
import { badRequest, Refusal } from './status.ts';
import type { Store } from './store.ts';

interface Line {
  readonly at: number;
  readonly text: string;
}

/** One container: what it wrote since it was started last, and in the run before. */
interface Log {
  current: Line[];
  previous: readonly Line[] | undefined;
}

/** Lines that a kubelet keeps of one run; it rotates at 10 MiB (containerLogMaxSize). */
const KEPT = 1_000;

/** What containers write to standard output, kept as long as their pod is there. */
export class PodLogs {
  readonly #clock: Clock;
  readonly #logs = new Map<string, Map<string, Log>>();

  constructor(clock: Clock, store: Store) {
    this.#clock = clock;
    store.onEvent(({ kind, type, object }) => {
      if (kind === kinds.pods && type === 'DELETED') this.#logs.delete(object.metadata.uid);
    });
  }

  /** All containers of a pod start: what they wrote before is of their previous run. */
  begin(pod: Pod, ...lines: readonly string[]): void {
    for (const { name } of pod.spec.containers) {
      const log = this.#of(pod, name);
      if (log.current.length > 0) log.previous = log.current;
      log.current = [];
    }
    this.write(pod, ...lines);
  }

  write(pod: Pod, ...lines: readonly string[]): void {
    const at = this.#clock.now();
    for (const { name } of pod.spec.containers) {
      const log = this.#of(pod, name);
      log.current = [...log.current, ...lines.map((text) => ({ at, text }))].slice(-KEPT);
    }
  }

  /**
   * The subresource `log` of a pod: `container`, `previous`, `tailLines`, `limitBytes`, `sinceSeconds`, `sinceTime`
   * and `timestamps`. With `follow` it ends all the same.
   *
   * @throws Refusal 400 in the API server's words when there is no such container, or it has not run
   */
  read(pod: Pod, query: URLSearchParams): string {
    const name = this.#containerOf(pod, query.get('container') ?? '');
    const lines = this.#linesOf(pod, name, query.get('previous') === 'true');
    const since = query.get('sinceTime');
    const seconds = count(query, 'sinceSeconds');
    const from =
      seconds !== undefined ? this.#clock.now() - seconds * 1000 : since === null ? 0 : Date.parse(since);
    const stamped = query.get('timestamps') === 'true';
    const wanted = lines.filter(({ at }) => at >= from);
    const tail = count(query, 'tailLines');
    const text = (tail === undefined ? wanted : wanted.slice(Math.max(0, wanted.length - tail)))
      .map(({ at, text }) => `${stamped ? `${new Date(at).toISOString()} ` : ''}${text}\n`)
      .join('');
    const limit = count(query, 'limitBytes');
    return limit === undefined ? text : Buffer.from(text).subarray(0, limit).toString('utf8');
  }

  #containerOf({ metadata, spec }: Pod, asked: string): string {
    const names = spec.containers.map(({ name }) => name);
    if (asked === '' && names.length === 1) return names.join();
    if (asked === '') {
      throw badRequest(
        `a container name must be specified for pod ${metadata.name}, choose one of: [${names.join(' ')}]`,
      );
    }
    if (!names.includes(asked)) {
      throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
    }
    return asked;
  }

  #linesOf(pod: Pod, container: string, previous: boolean): readonly Line[] {
    const { name } = pod.metadata;
    const log = this.#logs.get(pod.metadata.uid)?.get(container);
    const status = pod.status.containerStatuses?.find((each) => each.name === container);
    if (previous) {
      const before = status?.state.waiting && status.lastState.terminated ? log?.current : log?.previous;
      if (!before) {
        throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
      }
      return before;
    }
    if (log && log.current.length > 0) return log.current;
    const reason = status?.state.waiting?.reason ?? 'ContainerCreating';
    const wait = pod.spec.nodeName === undefined ? 'does not have a host assigned' : 'is waiting to start';
    throw badRequest(
      pod.spec.nodeName === undefined
        ? `pod ${name} ${wait}`
        : `container "${container}" in pod "${name}" ${wait}: ${reason}`,
    );
  }

  #of({ metadata: { uid } }: Pod, container: string): Log {
    const containers = this.#logs.get(uid) ?? new Map<string, Log>();
    this.#logs.set(uid, containers);
    const log = containers.get(container) ?? { current: [], previous: undefined };
    containers.set(container, log);
    return log;
  }
}

/** @throws Refusal 422 for what is no count */
function count(query: URLSearchParams, name: string): number | undefined {
  const given = query.get(name);
  if (given === null || given === '') return undefined;
  const value = Number(given);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new Refusal(
    422,
    'Invalid',
    `PodLogOptions "" is invalid: ${name}: Invalid value: ${given}: must be greater than or equal to 0`,
  );
}

/** `2026-11-23T07:00:00Z INFO ...`: how the application begins its lines. */
export function logLine(now: number, level: 'INFO' | 'ERROR', text: string): string {
  return `${timestamp(now)} ${level} ${text}`;
}
