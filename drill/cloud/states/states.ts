import { TaskTokens } from '../../engine/task-tokens.ts';
import type { CloudService, EventBus, ExecutionStarter, Foundation, FunctionInvoker } from '../contract.ts';
import { Executions, type ExecutionView, type Transition } from './executions.ts';
import { integrationsOf, resources } from './integrations.ts';
import { Machines } from './machines.ts';
import { stateOperations } from './operations.ts';

interface StatesNeeds {
  readonly functions: FunctionInvoker;
  /** The default bus of a region, for status changes of executions. */
  readonly bus: (region: string) => EventBus;
  /** Dice for jitter, ids and tokens: from 0 up to but not including 1. */
  readonly random?: () => number;
}

export interface StepFunctions {
  readonly service: CloudService;
  /** Starts executions for rules and schedules, which have checked the permission themselves. */
  readonly starter: ExecutionStarter;
  /** In the order in which they were started. */
  executions(): readonly ExecutionView[];
  /** Hear of every event of every execution's history, when it happens. */
  onTransition(listener: (transition: Transition) => void): void;
}

/** AWS Step Functions: the template's machines, run by the engine with the roles that the template gives them. */
export function stepFunctions(foundation: Foundation, needs: StatesNeeds): StepFunctions {
  const listeners: ((transition: Transition) => void)[] = [];
  const tokens = new TaskTokens();
  const machines = new Machines(foundation, resources);
  const executions: Executions = new Executions(foundation, machines, {
    bus: needs.bus,
    tokens,
    random: needs.random ?? Math.random,
    integrationsOf: (machine) =>
      integrationsOf({ foundation, functions: needs.functions, executions: () => executions }, machine),
    onTransition: (transition) => {
      for (const listener of listeners) listener(transition);
    },
  });
  return {
    service: {
      signingName: 'states',
      operations: stateOperations(machines, executions, tokens),
      resources: { 'AWS::StepFunctions::StateMachine': machines.create },
    },
    starter: {
      start: (request) => ({ executionArn: executions.start(request).executionArn }),
    },
    executions: () => executions.all(),
    onTransition: (listener) => void listeners.push(listener),
  };
}
