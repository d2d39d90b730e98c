import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Cancel, Clock } from '../clock.ts';
import { StateFailure, tooLarge } from './failure.ts';
import { History, whole } from './history.ts';
import { bytesOf, payloadLimit, toJson, type Json } from './json.ts';
import type { State, Workflow } from './language.ts';
import type { Machine } from './load.ts';
import { Scope } from './scope.ts';
import { choice } from './states/choice.ts';
import { fail } from './states/fail.ts';
import { map } from './states/map.ts';
import { parallel } from './states/parallel.ts';
import { pass } from './states/pass.ts';
import { succeed } from './states/succeed.ts';
import { task } from './states/task.ts';
import { wait } from './states/wait.ts';
import { TaskTokens } from './task-tokens.ts';
import { Visit, type Exit, type Identity, type Integration, type Run } from './visit.ts';

/** How an execution ended; `error` and `cause` as DescribeExecution has them. */
export type Outcome =
  | { readonly status: 'SUCCEEDED'; readonly output: Json; readonly at: number }
  | {
      readonly status: 'FAILED' | 'ABORTED' | 'TIMED_OUT';
      readonly error?: string;
      readonly cause?: string;
      readonly at: number;
    };

export interface Execution {
  /** Milliseconds since the epoch, incident time. */
  readonly startedAt: number;
  readonly outcome: Outcome | undefined;
  /** Never rejects. */
  readonly ended: Promise<Outcome>;
  readonly events: readonly HistoryEvent[];
  /** End it as ABORTED; does nothing when it has ended. */
  stop(error?: string, cause?: string): void;
}

export interface RunOptions {
  readonly clock: Clock;
  /** `{}` when absent. */
  readonly input?: unknown;
  /** By Resource, without `.waitForTaskToken`: that is the engine's own part. */
  readonly integrations?: Readonly<Record<string, Integration>>;
  readonly tokens?: TaskTokens;
  /** From 0 up to but not including 1: jitter, `$random`, `$uuid` and tokens. */
  readonly random?: () => number;
  readonly identity?: Partial<Identity>;
  /** Called with each event of the history, when it is written. */
  readonly onEvent?: (event: HistoryEvent) => void;
}

const stateOf: { [T in State['Type']]: (visit: Visit<Extract<State, { Type: T }>>) => Promise<Exit> } = {
  Pass: pass,
  Task: task,
  Choice: choice,
  Wait: wait,
  Succeed: succeed,
  Fail: fail,
  Parallel: parallel,
  Map: map,
};

/**
 * Start an execution of a machine; it runs by itself from the next turn on.
 *
 * Everything outside comes in by the options, so that a day of waits takes a test no time and two runs with
 * the same dice are the same.
 */
export function runMachine({ definition }: Machine, options: RunOptions): Execution {
  const { clock, onEvent } = options;
  const input = options.input === undefined ? {} : (toJson(options.input) ?? null);
  const startedAt = clock.now();
  const identity = identityOf(options.identity ?? {});
  const history = new History(() => clock.now(), onEvent);
  const ending = new AbortController();
  const scope = new Scope(clock, ending.signal);
  let outcome: Outcome | undefined;
  let announce: (outcome: Outcome) => void = () => undefined;
  const ended = new Promise<Outcome>((resolve) => (announce = resolve));
  let cancelTimeout: Cancel = () => undefined;

  const run: Run = {
    clock,
    random: options.random ?? Math.random,
    identity,
    input,
    startedAt,
    history,
    tokens: options.tokens ?? new TaskTokens(),
    integrations: options.integrations ?? {},
    inside: (inner, workflow, value) => runWorkflow(run, inner, workflow, value),
  };

  const end = (how: Outcome) => {
    if (outcome) return;
    outcome = how;
    cancelTimeout();
    writeEnd(history, scope, how);
    ending.abort();
    announce(how);
  };

  history.add(scope.trail, 'ExecutionStarted', {
    executionStartedEventDetails: {
      input: JSON.stringify(input),
      inputDetails: whole,
      roleArn: identity.roleArn,
    },
  });
  if (definition.TimeoutSeconds !== undefined) {
    cancelTimeout = clock.at(startedAt + definition.TimeoutSeconds * 1_000, () =>
      end({ status: 'TIMED_OUT', at: clock.now() }),
    );
  }
  void Promise.resolve()
    .then(() => run.inside(scope, definition, input))
    .then(
      (output) => end({ status: 'SUCCEEDED', output, at: clock.now() }),
      (error: unknown) => end({ status: 'FAILED', ...reasonOf(error), at: clock.now() }),
    );

  return {
    startedAt,
    get outcome() {
      return outcome;
    },
    ended,
    events: history.events,
    stop: (error, cause) =>
      end({
        status: 'ABORTED',
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
        at: clock.now(),
      }),
  };
}

function identityOf(given: Partial<Identity>): Identity {
  const at = 'arn:aws:states:us-east-1:111111111111';
  return {
    executionArn: `${at}:execution:machine:execution`,
    name: 'execution',
    stateMachineArn: `${at}:stateMachine:machine`,
    stateMachineName: 'machine',
    roleArn: 'arn:aws:iam::111111111111:role/machine',
    region: 'us-east-1',
    ...given,
  };
}

/** What is not a state's failure is a fault of the local cloud; it ends the execution rather than hang it. */
function reasonOf(error: unknown): { error?: string; cause?: string } {
  if (!(error instanceof StateFailure)) return { error: 'States.Runtime', cause: String(error) };
  return { ...(error.error && { error: error.error }), ...(error.why && { cause: error.why }) };
}

function writeEnd(history: History, { trail }: Scope, how: Outcome): void {
  if (how.status === 'SUCCEEDED') {
    const details = { output: JSON.stringify(how.output), outputDetails: whole };
    history.add(trail, 'ExecutionSucceeded', { executionSucceededEventDetails: details });
    return;
  }
  const { error, cause } = how;
  const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  if (how.status === 'FAILED') {
    history.add(trail, 'ExecutionFailed', { executionFailedEventDetails: details });
  } else if (how.status === 'ABORTED') {
    history.add({ last: 0 }, 'ExecutionAborted', { executionAbortedEventDetails: details });
  } else {
    history.add({ last: 0 }, 'ExecutionTimedOut', { executionTimedOutEventDetails: details });
  }
}

async function runWorkflow(run: Run, scope: Scope, workflow: Workflow, input: Json): Promise<Json> {
  let [name, value] = [workflow.StartAt, input];
  for (;;) {
    const state = workflow.States[name];
    if (!state) throw new StateFailure('States.Runtime', `There is no state '${name}'.`);
    const { next, output } = await stay(run, scope, name, state, value);
    if (next === undefined) return output;
    [name, value] = [next, output];
  }
}

async function stay(run: Run, scope: Scope, name: string, state: State, input: Json): Promise<Exit> {
  scope.check();
  if (bytesOf(input) > payloadLimit) throw tooLarge(name);
  const visit = new Visit(run, scope, name, state, input);
  try {
    const exit = await (stateOf[state.Type] as (visit: Visit) => Promise<Exit>)(visit);
    writeExit(visit, exit);
    return exit;
  } catch (error) {
    recordAborted(visit);
    throw error;
  }
}

function writeExit(visit: Visit, { output, assign }: Exit): void {
  const { name, scope, state } = visit;
  if (state.Type === 'Fail') return;
  const assigned = Object.entries(assign).map(([key, value]) => [key, JSON.stringify(value)] as const);
  visit.record(`${state.Type}StateExited`, {
    stateExitedEventDetails: {
      name,
      output: JSON.stringify(output),
      outputDetails: whole,
      ...(assigned.length > 0 && {
        assignedVariables: Object.fromEntries(assigned),
        assignedVariablesDetails: whole,
      }),
    },
  });
  scope.assign(assign);
}

/** A state that ends with its branch or iteration, by its own failure or another's, leaves this behind. */
function recordAborted({ run, scope, state }: Visit): void {
  if (!scope.outer || run.history.closed) return;
  if (state.Type === 'Task' || state.Type === 'Wait' || state.Type === 'Parallel' || state.Type === 'Map') {
    run.history.add(scope.trail, `${state.Type}StateAborted`);
  }
}
