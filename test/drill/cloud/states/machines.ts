import type { AwsError, Invocation } from '../../../../drill/cloud/contract.ts';
import { stepFunctions, type StepFunctions } from '../../../../drill/cloud/states/states.ts';
import { call, create, testFoundation } from '../foundation.ts';

export const region = 'eu-central-1';
export const at = `arn:aws:states:${region}:111111111111`;
export const machineArn = (name: string) => `${at}:stateMachine:${name}`;
export const roleArn = 'arn:aws:iam::111111111111:role/machine-role';

/** A region with Step Functions, made-up functions and an event bus that keeps what is put. */
export function newStates(
  options: {
    functions?: (arn: string, payload: unknown) => Promise<Invocation>;
    denied?: string[];
  } = {},
) {
  const { foundation, clock, told, authorized } = testFoundation({ denied: options.denied ?? [] });
  const events: Record<string, unknown>[] = [];
  const states: StepFunctions = stepFunctions(foundation, {
    functions: { invoke: options.functions ?? (async (_, payload) => ({ ok: true, payload })) },
    bus: (where) => ({ put: (event) => events.push({ ...event, where, putAt: clock.now() }) }),
    random: () => 0.5,
  });
  const machine = (name: string, definition: unknown, more: Record<string, unknown> = {}) =>
    create(states.service, 'AWS::StepFunctions::StateMachine', {
      StateMachineName: name,
      RoleArn: roleArn,
      DefinitionString: JSON.stringify(definition),
      ...more,
    });
  return {
    states,
    clock,
    told,
    authorized,
    events,
    machine,
    call: (name: string, input: unknown, where = region) => call(states.service, name, input, where),
    /** The execution of this name, once it has ended. */
    ended: async (name: string) => {
      const find = () => states.executions().find((view) => view.name === name);
      while (find()?.status === 'RUNNING') await clock.sleep(1_000);
      const view = find();
      if (!view) throw new Error(`no execution ${name}`);
      return view;
    },
  };
}

/** The code of the AwsError that a call ends with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return (error as AwsError).code;
  }
  return 'no error';
}

export const waitMachine = (seconds: number) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'W',
  States: { W: { Type: 'Wait', Seconds: seconds, End: true } },
});

export const oneTask = (fields: Record<string, unknown>) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'T',
  States: { T: { Type: 'Task', End: true, ...fields } },
});
