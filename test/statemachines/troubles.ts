import { AwsError, type Invocation } from '../../drill/cloud/contract.ts';

/** What goes wrong when a function is invoked. */
interface Trouble {
  /** `TryAgain`, `Sandbox.Timedout`; `Lambda.ServiceException` is the service's own; `hangs` never answers. */
  readonly error: string;
  readonly message?: string;
  /** How often, from the first invocation on; for ever when absent. */
  readonly times?: number;
  /** It does its work first, and only its answer is lost. */
  readonly afterwards?: boolean;
}

/** Troubles by function, and the invocations that meet them. */
export class Troubles {
  readonly #waiting = new Map<string, { trouble: Trouble; left: number }>();
  readonly #cycles = new Map<string, { readonly errors: readonly string[]; next: number }>();

  /** From now on; a new trouble of the same function takes the place of the old one. */
  add(name: string, trouble: Trouble): void {
    this.#waiting.set(name, { trouble, left: trouble.times ?? Infinity });
  }

  /** One error after the other, then an invocation that meets none, and again. */
  cycle(name: string, errors: readonly string[]): void {
    this.#cycles.set(name, { errors, next: 0 });
  }

  /**
   * Do a function's work, or what its trouble makes of that.
   *
   * @throws AwsError for an error of Lambda itself
   */
  async meet(name: string, work: () => unknown): Promise<Invocation> {
    const cycle = this.#cycles.get(name);
    if (cycle) {
      const error = cycle.errors[cycle.next++ % (cycle.errors.length + 1)];
      return error === undefined ? answerOf(work) : failed(error, `${name} met ${error}`);
    }
    const entry = this.#waiting.get(name);
    if (!entry || entry.left <= 0) return answerOf(work);
    entry.left--;
    const { error, message = `${name} met ${error}`, afterwards } = entry.trouble;
    if (afterwards) answerOf(work);
    if (error === 'hangs') return new Promise(() => undefined);
    const [, code] = /^Lambda\.(\w+)$/.exec(error) ?? [];
    if (code !== undefined && code !== 'Unknown') throw new AwsError(code, message, 503);
    return failed(error, message);
  }
}

function answerOf(work: () => unknown): Invocation {
  try {
    return { ok: true, payload: work() };
  } catch (error) {
    const { name, message } = error as Error;
    return failed(name, message);
  }
}

function failed(errorType: string, errorMessage: string): Invocation {
  return { ok: false, errorType, errorMessage, payload: { errorType, errorMessage, trace: [] } };
}
