import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { Clock } from '../clock.ts';
import { fill, QueryFailed } from './expressions.ts';
import { StateFailure, tooLarge } from './failure.ts';
import { whole, type Details, type History } from './history.ts';
import { bytesOf, payloadLimit, type Json } from './json.ts';
import type { State, Workflow } from './language.ts';
import type { Scope } from './scope.ts';
import type { TaskTokens } from './task-tokens.ts';

/** What a Task hands to the service that does its work. */
interface TaskCall {
  readonly state: string;
  readonly arguments: Json;
  /** Aborted when nobody waits for the result any more; best effort, as in AWS. */
  readonly signal: AbortSignal;
  /** The job is on its way and its result will take time (.sync). */
  readonly submitted: (answer: Json) => void;
}

/** @throws StateFailure with the error's name and cause as Step Functions reports them */
export type Integration = (call: TaskCall) => Promise<Json>;

/** Who an execution is, to its own states. */
export interface Identity {
  readonly executionArn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly roleArn: string;
  readonly region: string;
}

/** What all states of an execution share. */
export interface Run {
  readonly clock: Clock;
  readonly random: () => number;
  readonly identity: Identity;
  readonly input: Json;
  readonly startedAt: number;
  readonly history: History;
  readonly tokens: TaskTokens;
  readonly integrations: Readonly<Record<string, Integration>>;
  /** Run the states of a branch or an iteration to their end. */
  readonly inside: (scope: Scope, workflow: Workflow, input: Json) => Promise<Json>;
}

/** Where a state leads: its output, its variables, and the next state, if any. */
export interface Exit {
  readonly next: string | undefined;
  readonly output: Json;
  readonly assign: Readonly<Record<string, Json>>;
}

/** What some fields see beside the input, the context and the variables. */
interface Extras {
  readonly result?: Json;
  readonly errorOutput?: Json;
  readonly token?: string;
  readonly item?: { readonly Index: number; readonly Value: Json };
}

/** Most that one Assign may hold, and all variables of a scope (developer guide, "Passing data with variables"). */
const assignLimit = 262_144;
const variablesLimit = 10 * 1024 * 1024;

/** One stay of an execution in one state. */
export class Visit<S extends State = State> {
  readonly run: Run;
  readonly scope: Scope;
  readonly name: string;
  readonly state: S;
  readonly input: Json;
  retryCount = 0;
  readonly #entered: number;
  readonly #enteredAt: number;

  constructor(run: Run, scope: Scope, name: string, state: S, input: Json) {
    this.run = run;
    this.scope = scope;
    this.name = name;
    this.state = state;
    this.input = input;
    this.#enteredAt = run.clock.now();
    this.#entered = this.record(`${state.Type}StateEntered`, {
      stateEnteredEventDetails: { name, input: JSON.stringify(input), inputDetails: whole },
    });
  }

  record(type: HistoryEventType, details?: Details): number {
    this.scope.check();
    return this.run.history.add(this.scope.trail, type, details);
  }

  /** The value of a field, or of `fallback` where the state does not have it. */
  async evaluate(template: unknown, location: string, extras: Extras = {}): Promise<Json> {
    const { clock, random } = this.run;
    const { result, errorOutput } = extras;
    const states = {
      input: this.input,
      context: this.#context(extras),
      ...(result !== undefined && { result }),
      ...(errorOutput !== undefined && { errorOutput }),
    };
    try {
      const now = () => clock.now();
      return await fill(template as Json, location, {
        now,
        random,
        states,
        variables: this.scope.variables,
      });
    } catch (error) {
      if (error instanceof QueryFailed) throw this.evaluationFailed(error);
      throw error;
    }
  }

  /** Record that a field has no usable value; the failure to throw for it. */
  evaluationFailed({ message, location }: { message: string; location: string }): StateFailure {
    const error = 'States.QueryEvaluationError';
    const cause =
      `An error occurred while executing the state '${this.name}' ` +
      `(entered at the event id #${this.#entered}). ${message}`;
    this.record('EvaluationFailed', {
      evaluationFailedEventDetails: { state: this.name, error, cause, location },
    });
    return new StateFailure(error, cause);
  }

  /**
   * Leave by a way out: both Output and Assign see the variables as they were on entry.
   *
   * @param at prefix of the fields' names, for those of a rule or a catcher
   * @param otherwise the output when there is no Output
   */
  async leave(
    way: { Next?: string | undefined; Output?: unknown; Assign?: Record<string, Json> | undefined },
    otherwise: Json,
    extras: Extras = {},
    at = '',
  ): Promise<Exit> {
    const output =
      way.Output === undefined ? otherwise : await this.evaluate(way.Output, `${at}Output`, extras);
    const assign = (await this.evaluate(way.Assign ?? {}, `${at}Assign`, extras)) as Record<string, Json>;
    if (bytesOf(output) > payloadLimit) throw tooLarge(this.name);
    if (bytesOf(assign) > assignLimit) throw tooLarge(`${this.name}/Assign`);
    if (bytesOf({ ...this.scope.variables, ...assign }) > variablesLimit)
      throw tooLarge(`${this.name}/Assign`);
    return { next: way.Next, output, assign };
  }

  #context({ token, item }: Extras): Json {
    const { identity, input, startedAt } = this.run;
    return {
      Execution: {
        Id: identity.executionArn,
        Input: input,
        Name: identity.name,
        RoleArn: identity.roleArn,
        StartTime: timestamp(startedAt),
        RedriveCount: 0,
      },
      State: { EnteredTime: timestamp(this.#enteredAt), Name: this.name, RetryCount: this.retryCount },
      StateMachine: { Id: identity.stateMachineArn, Name: identity.stateMachineName },
      ...(token !== undefined && { Task: { Token: token } }),
      ...(item && { Map: { Item: { ...item, Source: 'STATE_DATA' } } }),
    };
  }
}

/** ISO 8601 as Step Functions writes it: no fraction where it is zero. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
