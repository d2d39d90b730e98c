/** The error of a state as Step Functions names it: what Retry and Catch match, and what ends an execution. */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  readonly error: string | undefined;
  readonly why: string | undefined;
  /** A second name that matches it too. */
  readonly alias: string | undefined;

  constructor(error: string | undefined, why?: string, alias?: string) {
    super(`${error ?? 'an unnamed error'}: ${why ?? 'no cause'}`);
    this.error = error;
    this.why = why;
    this.alias = alias;
  }
}

/** Nobody waits for this work any more: its execution ended, or a branch beside it failed. */
export class Aborted extends Error {
  override readonly name = 'Aborted';
}

/**
 * Whether an ErrorEquals names a failure (developer guide, "Handling errors").
 *
 * Nothing catches States.Runtime. The wildcards do not catch States.DataLimitExceeded either, and
 * States.TaskFailed does not catch States.Timeout.
 */
export function matches(errorEquals: readonly string[], { error, alias }: StateFailure): boolean {
  if (error === 'States.Runtime') return false;
  return errorEquals.some((name) => {
    if (name === error || name === alias) return true;
    if (error === 'States.DataLimitExceeded') return false;
    return name === 'States.ALL' || (name === 'States.TaskFailed' && error !== 'States.Timeout');
  });
}

export function tooLarge(what: string): StateFailure {
  return new StateFailure(
    'States.DataLimitExceeded',
    `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}
