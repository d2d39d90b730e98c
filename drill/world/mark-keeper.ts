import type { Marks } from '../report/phases.ts';
import type { Sample } from '../report/progress.ts';
import type { Transition } from '../cloud/states/executions.ts';

/** The first state of a runbook that changes something, the one after its last change, and the first that verifies. */
const goes = new Set([
  'ScaleNodes',
  'StopWriters',
  'ApplyObjects',
  'RestartWorkloads',
  'RollBack',
  'ReplaceNodes',
]);
const switches = new Set(['CheckDns', 'StartWriters', 'RunTests']);
const verifies = new Set(['VerifyService', 'RunTests']);

type Writable = { -readonly [Key in keyof Marks]: Marks[Key] };

/**
 * Notes the moments that divide an incident, from what the state machines do and from what the client sees.
 *
 * The client's part is seen from outside: `lastGood` is its last good request before the first bad one, and
 * `servedAgain` the first good one after, whatever the recovery believes of itself.
 */
export class MarkKeeper {
  readonly #marks: Writable = {};
  #lastGood: number | undefined;
  #unserved = false;
  #wrongly = false;
  #lessRoom = false;
  /** The execution that opened the incident; others joined it. */
  #execution: string | undefined;

  get marks(): Marks {
    return this.#marks;
  }

  /**
   * The first damage is what the clock starts at.
   *
   * @param as `served-wrongly`: answers go on and are no good, so the last good one was before the damage.
   *   `less-room`: answers go on and are good, but the next failure would be one too many; it is over when the tests
   *   begin after all room is back
   */
  damaged(at: number, as: 'not-served' | 'served-wrongly' | 'less-room' = 'not-served'): void {
    if (this.#marks.damaged !== undefined) return;
    this.#marks.damaged = at;
    this.#marks.lastGood = this.#lastGood ?? at;
    this.#wrongly = as !== 'not-served';
    this.#lessRoom = as === 'less-room';
  }

  sampled({ at, servedBy }: Sample): void {
    if (this.#marks.damaged === undefined) {
      if (servedBy !== null) this.#lastGood = at;
      return;
    }
    if (servedBy === null) {
      this.#unserved = true;
    } else if (!this.#wrongly && !this.#unserved && this.#marks.opened === undefined) {
      this.#marks.lastGood = at;
    } else if (this.#unserved) {
      this.#marks.servedAgain ??= at;
    }
  }

  transition({ executionArn, event }: Transition): void {
    const at = event.timestamp?.getTime();
    if (at === undefined || this.#marks.damaged === undefined) return;
    const entered = event.stateEnteredEventDetails?.name;
    if (entered === 'StartStatusUpdates' && this.#execution === undefined) {
      this.#execution = executionArn;
      this.#marks.opened = at;
    }
    const over = event.type === 'ExecutionSucceeded' || event.type === 'ExecutionFailed';
    if (over && executionArn === this.#execution) this.#marks.closed = at;
    if (entered === undefined) return;
    if (goes.has(entered)) this.#marks.go ??= at;
    if (switches.has(entered)) this.#marks.switched ??= at;
    if (verifies.has(entered)) this.#marks.verifying ??= at;
    if (this.#lessRoom && !this.#unserved && entered === 'RunTests') this.#marks.servedAgain ??= at;
  }
}
