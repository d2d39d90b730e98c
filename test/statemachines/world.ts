import { onTestFinished } from 'vitest';
import { AwsError } from '../../drill/cloud/contract.ts';
import { delays } from '../../drill/cloud/delays.ts';
import type { ExecutionView } from '../../drill/cloud/states/executions.ts';
import { stepFunctions } from '../../drill/cloud/states/states.ts';
import type { Answer, Input as Question } from '../../lambdas/request-approval/contract.ts';
import { call, create, testFoundation } from '../drill/cloud/foundation.ts';
import { deployed, machineArn, machines } from './definitions.ts';
import { functionsOf, type Model } from './functions.ts';
import { newPromotionModel, promotionFunctions, type PromotionModel } from './promotion-functions.ts';
import { newRestoreModel, restoreFunctions, type RestoreModel } from './restore-functions.ts';
import { Troubles } from './troubles.ts';

interface Options extends Partial<Pick<Model, ModelOption>> {
  /** Dice for the jitter of retries. */
  readonly random?: () => number;
  /** How long each invocation takes, in seconds. */
  readonly taskSeconds?: number;
  /** What a person answers a gate with, a minute after it asks; null for nobody. */
  readonly answer?: Answer | null;
  readonly restore?: Partial<RestoreModel>;
  /** A site failure takes these databases along; without it the environment has none. */
  readonly promotion?: Partial<PromotionModel>;
  /** Tasks of a runbook that brings its own, which may look at the model that all share. */
  readonly functions?: (model: Model) => ReturnType<typeof functionsOf>;
}
type ModelOption =
  | 'primary'
  | 'unknownLooks'
  | 'standbyFit'
  | 'capacityReadyAt'
  | 'dnsMovesAt'
  | 'verifiedAt'
  | 'testsPassAt'
  | 'changesLost'
  | 'opening'
  | 'updateEverySeconds';

/** The machines as they are deployed, in a world of which every look is known beforehand. */
export function newWorld({
  random = () => 0.5,
  taskSeconds = 0,
  answer = null,
  restore: givenRestore = {},
  promotion: givenPromotion,
  functions: own = () => ({}),
  ...given
}: Options = {}) {
  const { foundation, clock } = testFoundation();
  onTestFinished(() => clock.stop());
  const model: Model = {
    now: () => clock.now(),
    primary: 'down',
    unknownLooks: 0,
    standbyFit: true,
    capacityReadyAt: 3,
    dnsMovesAt: 3,
    verifiedAt: 2,
    testsPassAt: 2,
    changesLost: 0,
    opening: 'open',
    updateEverySeconds: 900,
    lockHolder: null,
    nodes: 'at rest',
    workloads: 'at rest',
    traffic: 'primary',
    record: null,
    notices: [],
    ...given,
  };
  const troubles = new Troubles();
  const restore = newRestoreModel(givenRestore);
  const promotion = newPromotionModel(givenPromotion);
  const promoting = promotionFunctions(model, promotion);
  const asked: Question[] = [];
  const tasks: ReturnType<typeof functionsOf> = {
    ...functionsOf(model),
    // Tasks that restores have, too, are the promotion's only where there is one.
    ...promoting,
    ...restoreFunctions(model, restore),
    ...(givenPromotion && promoting),
    'request-approval': [
      ['incident', 'gate', 'question', 'evidence', 'taskToken', 'timeoutSeconds'],
      (question: Question) => {
        asked.push(question);
        const { taskToken } = question;
        if (answer) {
          clock.at(clock.now() + 60_000, () => {
            // Who answers when nobody waits any more is told so, and the run is over.
            call(states.service, 'SendTaskSuccess', { taskToken, output: JSON.stringify(answer) }).catch(
              () => undefined,
            );
          });
        }
        return null;
      },
    ],
    ...own(model),
  };
  const invoked: string[] = [];
  const before = new Map<string, () => void>();

  const invoke = async (arn: string, payload: unknown) => {
    const name = arn.split(':').at(-1) ?? arn;
    const [required, work] = tasks[name] ?? [];
    if (!work) throw new AwsError('ResourceNotFoundException', `no function ${name}`, 404);
    const missing = required?.filter((member) => !Object.hasOwn(payload as object, member)) ?? [];
    if (missing.length > 0) throw new Error(`${name} is invoked without ${missing.join(', ')}`);
    invoked.push(name);
    before.get(name)?.();
    if (taskSeconds > 0) await clock.sleep(taskSeconds * 1_000);
    return troubles.meet(name, () => work(payload as never));
  };

  /** How many starts of a machine Step Functions still throttles. */
  const throttled = new Map<string, number>();
  const authorizer = {
    ...foundation.authorizer,
    authorize: (_: unknown, { action, resource }: { readonly action: string; readonly resource: string }) => {
      const left = throttled.get(resource) ?? 0;
      if (action !== 'states:StartExecution' || left <= 0) return;
      throttled.set(resource, left - 1);
      throw new AwsError('ThrottlingException', 'Rate exceeded', 400);
    },
  };
  const states = stepFunctions(
    { ...foundation, authorizer },
    { functions: { invoke }, bus: () => ({ put: () => undefined }), random },
  );
  for (const name of machines) {
    create(states.service, 'AWS::StepFunctions::StateMachine', {
      StateMachineName: name,
      RoleArn: 'arn:aws:iam::111111111111:role/machine',
      DefinitionString: deployed(name),
    });
  }

  const find = (name: string): ExecutionView => {
    const view = states.executions().findLast(({ stateMachineName }) => stateMachineName === name);
    if (!view) throw new Error(`${name} was not started`);
    return view;
  };
  const waiting = new Map<string, () => void>();
  states.onTransition(({ stateMachineName, event }) => {
    if (/^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(event.type ?? ''))
      waiting.get(stateMachineName)?.();
  });

  return {
    model,
    restore,
    promotion,
    /** What the gates have asked. */
    asked,
    clock,
    troubles,
    /** Functions in the order of their invocations. */
    invoked,
    times: (name: string) => invoked.filter((each) => each === name).length,
    /** Do something whenever a function is invoked, before it does its work. */
    before: (name: string, run: () => void) => void before.set(name, run),
    /** End the running execution of a machine, and those that it waits for, as a person does in the console. */
    stop: async (machine: string) => {
      await call(states.service, 'StopExecution', { executionArn: find(machine).executionArn });
    },
    throttleStarts: (machine: string, times: number) => void throttled.set(machineArn(machine), times),
    started: (machine: string) => states.executions().some((each) => each.stateMachineName === machine),
    /** Start a machine as an alarm or a person does; the execution once it has ended. */
    run: (machine: string, input: unknown): Promise<ExecutionView> => {
      states.starter.start({ stateMachineArn: machineArn(machine), input: JSON.stringify(input) });
      return ended(machine);
    },
    ended,
    kinds: () => model.notices.map(({ kind }) => kind),
  };

  /** The last execution of a machine, once it is over and its parent could hear of it. */
  async function ended(machine: string): Promise<ExecutionView> {
    if (find(machine).status === 'RUNNING') {
      await new Promise<void>((resolve) => void waiting.set(machine, resolve));
    }
    await clock.sleep(delays.eventDelivery);
    return find(machine);
  }
}

export const siteFailure = { scenario: 'site-failure' };
