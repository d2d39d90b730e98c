import { StateFailure } from './failure.ts';
import type { Json } from './json.ts';

/** A task that waits for an answer from outside. */
export interface Callback {
  readonly token: string;
  readonly answer: Promise<Json>;
  /** Called at each heartbeat. */
  onBeat: () => void;
  /** Whoever answers from here on is too late. */
  close(): void;
}

interface Waiting {
  readonly callback: Callback;
  readonly resolve: (output: Json) => void;
  readonly reject: (failure: StateFailure) => void;
}

/** Tokens of tasks that wait, and of those that no longer do. */
export class TaskTokens {
  readonly #waiting = new Map<string, Waiting>();
  readonly #closed = new Set<string>();

  issue(token: string): Callback {
    let resolve: (output: Json) => void = () => undefined;
    let reject: (failure: StateFailure) => void = () => undefined;
    const answer = new Promise<Json>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    answer.catch(() => undefined);
    const close = () => {
      if (this.#waiting.delete(token)) this.#closed.add(token);
    };
    const callback: Callback = { token, answer, onBeat: () => undefined, close };
    this.#waiting.set(token, { callback, resolve, reject });
    return callback;
  }

  /** Whether a task waits with it (`open`), did wait (`closed`), or none ever did. */
  standing(token: string): 'open' | 'closed' | 'unknown' {
    if (this.#waiting.has(token)) return 'open';
    return this.#closed.has(token) ? 'closed' : 'unknown';
  }

  /** These three do nothing unless the token is open. */
  succeed(token: string, output: Json): void {
    this.#take(token)?.resolve(output);
  }

  fail(token: string, error?: string, cause?: string): void {
    this.#take(token)?.reject(new StateFailure(error, cause));
  }

  beat(token: string): void {
    this.#waiting.get(token)?.callback.onBeat();
  }

  #take(token: string): Waiting | undefined {
    const waiting = this.#waiting.get(token);
    waiting?.callback.close();
    return waiting;
  }
}
