import type { HistoryEvent, HistoryEventType } from '@aws-sdk/client-sfn';
import { Aborted, StateFailure } from './failure.ts';

/** Details of an event, by the member that GetExecutionHistory has for its type. */
export type Details = Omit<HistoryEvent, 'timestamp' | 'type' | 'id' | 'previousEventId'>;

/** The last event of one line of work; each branch follows a trail of its own. */
export interface Trail {
  last: number;
}

/** Largest number of events of a Standard execution (Step Functions service quotas). */
const limit = 25_000;
const terminal: ReadonlySet<HistoryEventType> = new Set<HistoryEventType>([
  'ExecutionSucceeded',
  'ExecutionFailed',
  'ExecutionAborted',
  'ExecutionTimedOut',
]);
export const whole = { truncated: false } as const;

/** What happened in an execution, in the words of GetExecutionHistory. */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #now: () => number;
  readonly #onEvent: (event: HistoryEvent) => void;
  #closed = false;

  constructor(now: () => number, onEvent: (event: HistoryEvent) => void = () => undefined) {
    this.#now = now;
    this.#onEvent = onEvent;
  }

  /** Whether the execution's last event is written. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Write an event after the last one of its trail.
   *
   * @throws Aborted once the execution has ended
   * @throws StateFailure `States.Runtime` when only the execution's last event still fits
   */
  add(trail: Trail, type: HistoryEventType, details: Details = {}): number {
    if (this.#closed) throw new Aborted(`the execution has ended before ${type}`);
    const ends = terminal.has(type);
    if (!ends && this.events.length >= limit - 1) {
      throw new StateFailure(
        'States.Runtime',
        `The execution reached the maximum number of history events (${limit}).`,
      );
    }
    const id = this.events.length + 1;
    const event = { timestamp: new Date(this.#now()), type, id, previousEventId: trail.last, ...details };
    this.events.push(event);
    // The first state follows no event, as in AWS, although ExecutionStarted has id 1.
    if (type !== 'ExecutionStarted') trail.last = id;
    this.#closed = ends;
    this.#onEvent(event);
    return id;
  }
}
