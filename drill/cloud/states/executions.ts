import type { ExecutionStatus, HistoryEvent } from '@aws-sdk/client-sfn';
import { bytesOf, payloadLimit, type Json } from '../../engine/json.ts';
import { runMachine, type Execution } from '../../engine/run.ts';
import type { TaskTokens } from '../../engine/task-tokens.ts';
import type { Integration } from '../../engine/visit.ts';
import { AwsError, type EventBus, type Foundation } from '../contract.ts';
import { delays } from '../delays.ts';
import { uuid } from '../uuid.ts';
import type { Machines, StoredMachine } from './machines.ts';
import { statusChange } from './status-change.ts';

/** An execution as the report and the API see it; times are milliseconds since the epoch, incident time. */
export interface ExecutionView {
  readonly executionArn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly region: string;
  readonly status: ExecutionStatus;
  readonly startedAt: number;
  readonly stoppedAt?: number;
  /** JSON text. */
  readonly input: string;
  /** JSON text; only of an execution that succeeded. */
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly events: readonly HistoryEvent[];
}

/** An event of an execution's history, at the moment it happens. */
export interface Transition {
  readonly executionArn: string;
  readonly executionName: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly event: HistoryEvent;
}

interface Stored {
  readonly arn: string;
  readonly name: string;
  readonly machine: StoredMachine;
  readonly input: string;
  readonly execution: Execution;
}

interface ExecutionNeeds {
  readonly bus: (region: string) => EventBus;
  readonly tokens: TaskTokens;
  readonly random: () => number;
  /** What a machine's tasks can do, with its role. */
  readonly integrationsOf: (machine: StoredMachine) => Readonly<Record<string, Integration>>;
  readonly onTransition: (transition: Transition) => void;
}

/** Executions: started once for each name, run by the engine, announced on the event bus. */
export class Executions {
  readonly #stored = new Map<string, Stored>();
  readonly #foundation: Foundation;
  readonly #machines: Machines;
  readonly #needs: ExecutionNeeds;

  constructor(foundation: Foundation, machines: Machines, needs: ExecutionNeeds) {
    this.#foundation = foundation;
    this.#machines = machines;
    this.#needs = needs;
  }

  /**
   * Start an execution.
   *
   * A second request with the same name and the same input finds the one that runs; the names of closed ones
   * stay taken (AWS gives them back after 90 days, we never do).
   *
   * @throws AwsError as StartExecution does
   */
  start(request: {
    readonly stateMachineArn: string | undefined;
    readonly input?: string | undefined;
    readonly name?: string | undefined;
  }): { readonly executionArn: string; readonly startedAt: number; readonly ended: Promise<unknown> } {
    const machine = this.#machines.find(request.stateMachineArn);
    const name = request.name ?? uuid(this.#foundation);
    checkName(name);
    const input = request.input ?? '{}';
    const parsed = parseInput(input);
    const arn = `arn:aws:states:${machine.region}:${this.#foundation.account}:execution:${machine.name}:${name}`;
    const known = this.#stored.get(arn);
    if (known && (known.execution.outcome || known.input !== input)) {
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const { execution } = known ?? this.#begin(machine, arn, name, input, parsed);
    return { executionArn: arn, startedAt: execution.startedAt, ended: execution.ended };
  }

  #begin(machine: StoredMachine, arn: string, name: string, input: string, parsed: Json): Stored {
    const { clock, tell } = this.#foundation;
    const { tokens, random, integrationsOf, onTransition } = this.#needs;
    const about = {
      executionArn: arn,
      executionName: name,
      stateMachineArn: machine.arn,
      stateMachineName: machine.name,
    };
    const execution = runMachine(machine.machine, {
      clock,
      input: parsed,
      tokens,
      random,
      integrations: integrationsOf(machine),
      identity: {
        executionArn: arn,
        name,
        stateMachineArn: machine.arn,
        stateMachineName: machine.name,
        roleArn: machine.roleArn,
        region: machine.region,
      },
      onEvent: (event) => onTransition({ ...about, event }),
    });
    const stored = { arn, name, machine, input, execution };
    this.#stored.set(arn, stored);
    tell('Step Functions', `${machine.name} started`, name);
    this.#announce(stored);
    void execution.ended.then((outcome) => {
      const why = outcome.status === 'SUCCEEDED' ? [] : [outcome.error, outcome.cause];
      tell(
        'Step Functions',
        `${machine.name} ${outcome.status.toLowerCase().replace('_', ' ')}`,
        [name, ...why].filter((part) => part !== undefined).join(': '),
      );
      this.#announce(stored);
    });
    return stored;
  }

  /** Put the status as it is now on the region's bus, once EventBridge has it. */
  #announce(stored: Stored): void {
    const { clock } = this.#foundation;
    const event = statusChange(viewOf(stored), clock.now());
    clock.at(clock.now() + delays.eventDelivery, () => this.#needs.bus(stored.machine.region).put(event));
  }

  /** End an execution as ABORTED; one that has ended stays as it is. */
  stop(arn: string | undefined, error?: string, cause?: string): ExecutionView {
    this.view(arn);
    this.#stored.get(arn ?? '')?.execution.stop(error, cause);
    return this.view(arn);
  }

  /** @throws AwsError `InvalidArn`, `ExecutionDoesNotExist` */
  view(arn: string | undefined): ExecutionView {
    if (!/^arn:aws:states:[a-z0-9-]+:\d{12}:execution:/.test(arn ?? '')) {
      throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn ?? ''}'`);
    }
    const stored = this.#stored.get(arn ?? '');
    if (stored) return viewOf(stored);
    throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn ?? ''}'`);
  }

  /** In the order in which they were started. */
  all(): readonly ExecutionView[] {
    return [...this.#stored.values()].map(viewOf);
  }
}

function viewOf({ arn, name, machine, input, execution }: Stored): ExecutionView {
  const { outcome, startedAt, events } = execution;
  return {
    executionArn: arn,
    name,
    stateMachineArn: machine.arn,
    stateMachineName: machine.name,
    region: machine.region,
    status: outcome?.status ?? 'RUNNING',
    startedAt,
    input,
    events,
    ...(outcome && { stoppedAt: outcome.at }),
    ...(outcome?.status === 'SUCCEEDED' && { output: JSON.stringify(outcome.output) }),
    ...(outcome && outcome.status !== 'SUCCEEDED' && reasonOf(outcome)),
  };
}

function reasonOf({ error, cause }: { error?: string; cause?: string }) {
  return { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
}

/** 1 to 80 characters, without white space, brackets, wildcards, control and special characters (API reference). */
function checkName(name: string): void {
  if (/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u.test(name)) return;
  throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
}

function parseInput(input: string): Json {
  let parsed: Json;
  try {
    parsed = JSON.parse(input) as Json;
  } catch (error) {
    throw new AwsError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: '${(error as Error).message}'`,
    );
  }
  if (bytesOf(parsed) <= payloadLimit) return parsed;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to ${payloadLimit}`,
  );
}
