/**
 * The errors that a state machine tells apart, by what it does next. Each sets its name itself: a plain
 * subclass reports `Error`, and no `Catch` would match.
 */
abstract class LifeboatError extends Error {
  constructor(name: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
    // Lambda hands the stack to the state machine as the cause; an operator needs the sentence only.
    this.stack = `${name}: ${message}`;
  }
}

/** The input is wrong: fails the execution at once, saying which field and what is allowed. */
export class InvalidInput extends LifeboatError {
  constructor(message: string) {
    super('InvalidInput', message);
  }
}

/** The lock has passed to another incident: this one must not touch anything any more. */
export class LockLost extends LifeboatError {
  constructor(message: string) {
    super('LockLost', message);
  }
}

/** The change is refused before it starts, and nothing was changed: a person must look. */
export class UnsafePlan extends LifeboatError {
  constructor(message: string) {
    super('UnsafePlan', message);
  }
}

/** Something that passes by itself stands in the way (another update, a throttle): try again. */
export class TryAgain extends LifeboatError {
  constructor(message: string, options?: ErrorOptions) {
    super('TryAgain', message, options);
  }
}

/** An update ended badly; waiting longer would not help. */
export class CapacityFailed extends LifeboatError {
  constructor(message: string, options?: ErrorOptions) {
    super('CapacityFailed', message, options);
  }
}

/** Route 53 does not know the change any more: make it again. */
export class ChangeLost extends LifeboatError {
  constructor(message: string) {
    super('ChangeLost', message);
  }
}

/** A restore or a promotion ended badly, or outlasted its budget; the original is untouched. */
export class RestoreFailed extends LifeboatError {
  constructor(message: string, options?: ErrorOptions) {
    super('RestoreFailed', message, options);
  }
}

/** An answer to a gate that does not count: forged, replayed, too late, or to a question that nobody asked. */
export class ApprovalRefused extends LifeboatError {
  constructor(message: string) {
    super('ApprovalRefused', message);
  }
}
