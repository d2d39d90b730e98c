import * as z from 'zod';
import { Aborted, StateFailure } from '../../engine/failure.ts';
import { toJson, type Json } from '../../engine/json.ts';
import type { Integration } from '../../engine/visit.ts';
import { AwsError, type Foundation, type FunctionInvoker } from '../contract.ts';
import { delays } from '../delays.ts';
import type { Executions, ExecutionView } from './executions.ts';
import type { StoredMachine } from './machines.ts';

const invoke = 'arn:aws:states:::lambda:invoke';
const startExecution = 'arn:aws:states:::states:startExecution';
const callback = '.waitForTaskToken';

/** The Resource names that a Task of the local cloud may have. */
export const resources: readonly string[] = [
  invoke,
  `${invoke}${callback}`,
  startExecution,
  `${startExecution}.sync:2`,
  `${startExecution}${callback}`,
];

const invokeArguments = z.strictObject({
  FunctionName: z.string(),
  Payload: z.json().optional(),
  InvocationType: z.literal('RequestResponse').optional(),
});
const startArguments = z.strictObject({
  StateMachineArn: z.string(),
  Name: z.string().optional(),
  Input: z.json().optional(),
});

/** What the integrations need of the rest of the service. */
interface IntegrationNeeds {
  readonly foundation: Foundation;
  readonly functions: FunctionInvoker;
  readonly executions: () => Executions;
}

/**
 * What a machine's tasks can do: invoke functions, start executions, and wait for those.
 *
 * Each call is made with the machine's role and fails the task when the role may not. Error names are those
 * of Step Functions: `Lambda.AWSLambdaException` for a denial, the function's own error type when it threw.
 */
export function integrationsOf(
  { foundation, functions, executions }: IntegrationNeeds,
  { roleArn, region }: StoredMachine,
): Readonly<Record<string, Integration>> {
  const { authorizer, account, clock } = foundation;
  const may = (action: string, resource: string) =>
    authorizer.authorize(authorizer.role(roleArn), { action, resource });

  const start = (given: Json) => {
    const { StateMachineArn, Name, Input } = read(startArguments, given);
    return inWordsOf('StepFunctions', () => {
      may('states:StartExecution', StateMachineArn);
      const input = typeof Input === 'string' ? Input : JSON.stringify(Input ?? {});
      const started = executions().start({ stateMachineArn: StateMachineArn, name: Name, input });
      return {
        ...started,
        answer: { ExecutionArn: started.executionArn, StartDate: Math.floor(started.startedAt) },
      };
    });
  };

  /** Nobody waits for the child any more. Best effort, as in AWS: a denial is noted and the child runs on. */
  const stopChild = (executionArn: string) => {
    if (executions().view(executionArn).status !== 'RUNNING') return;
    try {
      may('states:StopExecution', executionArn);
      executions().stop(executionArn);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
    }
  };

  return {
    [invoke]: async ({ arguments: given }) => {
      const { FunctionName, Payload } = read(invokeArguments, given);
      const arn = FunctionName.startsWith('arn:')
        ? FunctionName
        : `arn:aws:lambda:${region}:${account}:function:${FunctionName}`;
      const invocation = await inWordsOf('Lambda', () => {
        may('lambda:InvokeFunction', arn);
        return functions.invoke(arn, Payload ?? {});
      });
      if (!invocation.ok) throw new StateFailure(invocation.errorType, JSON.stringify(invocation.payload));
      return { ExecutedVersion: '$LATEST', Payload: toJson(invocation.payload) ?? null, StatusCode: 200 };
    },

    [startExecution]: async ({ arguments: given }) => (await start(given)).answer,

    [`${startExecution}.sync:2`]: async ({ arguments: given, signal, submitted }) => {
      const { executionArn, ended, answer } = await start(given);
      if (signal.aborted) stopChild(executionArn);
      signal.addEventListener('abort', () => stopChild(executionArn));
      submitted(answer);
      await ended;
      await clock.sleep(delays.eventDelivery);
      if (signal.aborted) throw new Aborted('nobody waits for the child any more');
      const child = await inWordsOf('StepFunctions', () => {
        may('states:DescribeExecution', executionArn);
        return executions().view(executionArn);
      });
      if (child.status === 'SUCCEEDED') return describe(child, (text) => JSON.parse(text) as Json);
      throw new StateFailure('States.TaskFailed', JSON.stringify(describe(child, (text) => text)));
    },
  };
}

/** A child execution as its parent sees it. */
function describe(child: ExecutionView, payload: (text: string) => Json): Json {
  return {
    ...(child.cause !== undefined && { Cause: child.cause }),
    ...(child.error !== undefined && { Error: child.error }),
    ExecutionArn: child.executionArn,
    Input: payload(child.input),
    InputDetails: { Included: true },
    Name: child.name,
    ...(child.output !== undefined && { Output: payload(child.output), OutputDetails: { Included: true } }),
    StartDate: Math.floor(child.startedAt),
    StateMachineArn: child.stateMachineArn,
    Status: child.status,
    ...(child.stoppedAt !== undefined && { StopDate: Math.floor(child.stoppedAt) }),
  };
}

function read<Schema extends z.ZodType>(schema: Schema, given: Json): z.output<Schema> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => [...path, message].join(': '));
  throw new StateFailure(
    'States.Runtime',
    `The Arguments '${JSON.stringify(given)}' could not be used to start the Task: [${problems.join('; ')}]`,
  );
}

/** Codes that the services' models do not have; Step Functions reports them under one name for each service. */
const unmodelled: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ThrottlingException',
  'InternalFailure',
]);

/** Do a call; an error of the service becomes the name and cause that Step Functions gives it. */
async function inWordsOf<T>(service: 'Lambda' | 'StepFunctions', call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const name = unmodelled.has(error.code)
      ? `AWS${service}Exception`
      : `${error.code.replace(/Exception$/, '')}Exception`;
    throw new StateFailure(
      `${service}.${name}`,
      `${error.message} (Service: AWS${service}; Status Code: ${error.status}; Error Code: ${error.code})`,
    );
  }
}
