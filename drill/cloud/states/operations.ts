import type {
  DescribeExecutionInput,
  DescribeExecutionOutput,
  DescribeStateMachineInput,
  DescribeStateMachineOutput,
  GetExecutionHistoryInput,
  GetExecutionHistoryOutput,
  ListExecutionsInput,
  ListExecutionsOutput,
  ListStateMachinesInput,
  ListStateMachinesOutput,
  SendTaskFailureInput,
  SendTaskHeartbeatInput,
  SendTaskSuccessInput,
  StartExecutionInput,
  StartExecutionOutput,
  StopExecutionInput,
  StopExecutionOutput,
} from '@aws-sdk/client-sfn';
import { payloadLimit, type Json } from '../../engine/json.ts';
import type { TaskTokens } from '../../engine/task-tokens.ts';
import { AwsError, operation, type CallContext, type Operation, type Permission } from '../contract.ts';
import type { Executions, ExecutionView } from './executions.ts';
import type { Machines, StoredMachine } from './machines.ts';
import { redriveOf } from './status-change.ts';

/** The API: AWS's operations on machines, executions and task tokens of the call's region. */
export function stateOperations(
  machines: Machines,
  executions: Executions,
  tokens: TaskTokens,
): Readonly<Record<string, Operation>> {
  /** A call reaches only its own region; elsewhere nothing exists. */
  const machineIn = (arn: string | undefined, { region }: CallContext): StoredMachine => {
    const machine = machines.find(arn);
    if (machine.region === region) return machine;
    throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${machine.arn}'`);
  };
  const executionIn = (arn: string | undefined, { region }: CallContext): ExecutionView => {
    const view = executions.view(arn);
    if (view.region === region) return view;
    throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${view.executionArn}'`);
  };
  const answering = { machines, executions, tokens };

  return {
    StartExecution: operation<StartExecutionInput, StartExecutionOutput>({
      permissions: ({ stateMachineArn }) => on('StartExecution', stateMachineArn),
      run: ({ stateMachineArn, name, input }, call) => {
        machineIn(stateMachineArn, call);
        const { executionArn, startedAt } = executions.start({ stateMachineArn, name, input });
        return { executionArn, startDate: new Date(startedAt) };
      },
    }),

    DescribeExecution: operation<DescribeExecutionInput, DescribeExecutionOutput>({
      permissions: ({ executionArn }) => on('DescribeExecution', executionArn),
      run: ({ executionArn }, call) => describe(executionIn(executionArn, call)),
    }),

    ListExecutions: operation<ListExecutionsInput, ListExecutionsOutput>({
      permissions: ({ stateMachineArn }) => on('ListExecutions', stateMachineArn),
      run: ({ stateMachineArn, statusFilter, ...page }, call) => {
        const { arn } = machineIn(stateMachineArn, call);
        const found = executions
          .all()
          .filter((view) => view.stateMachineArn === arn && (statusFilter ?? view.status) === view.status)
          .reverse();
        const { items, nextToken } = pageOf(found, page, 100);
        return {
          executions: items.map((view) => ({
            executionArn: view.executionArn,
            stateMachineArn: view.stateMachineArn,
            name: view.name,
            status: view.status,
            startDate: new Date(view.startedAt),
            ...(view.stoppedAt !== undefined && { stopDate: new Date(view.stoppedAt) }),
            redriveCount: 0,
          })),
          nextToken,
        };
      },
    }),

    StopExecution: operation<StopExecutionInput, StopExecutionOutput>({
      permissions: ({ executionArn }) => on('StopExecution', executionArn),
      run: ({ executionArn, error, cause }, call) => {
        executionIn(executionArn, call);
        const { stoppedAt, startedAt } = executions.stop(executionArn, error, cause);
        return { stopDate: new Date(stoppedAt ?? startedAt) };
      },
    }),

    GetExecutionHistory: operation<GetExecutionHistoryInput, GetExecutionHistoryOutput>({
      permissions: ({ executionArn }) => on('GetExecutionHistory', executionArn),
      run: ({ executionArn, reverseOrder, includeExecutionData, ...page }, call) => {
        if (includeExecutionData === false) {
          throw new AwsError('ValidationException', 'The local cloud always includes the execution data.');
        }
        const { events } = executionIn(executionArn, call);
        const { items, nextToken } = pageOf(reverseOrder ? events.toReversed() : events, page, 100);
        return { events: [...items], nextToken };
      },
    }),

    ListStateMachines: operation<ListStateMachinesInput, ListStateMachinesOutput>({
      permissions: () => on('ListStateMachines', '*'),
      run: (page, { region }) => {
        const { items, nextToken } = pageOf(machines.all(region), page, 100);
        return {
          stateMachines: items.map(({ arn, name, createdAt }) => ({
            stateMachineArn: arn,
            name,
            type: 'STANDARD',
            creationDate: new Date(createdAt),
          })),
          nextToken,
        };
      },
    }),

    DescribeStateMachine: operation<DescribeStateMachineInput, DescribeStateMachineOutput>({
      permissions: ({ stateMachineArn }) => on('DescribeStateMachine', stateMachineArn),
      run: ({ stateMachineArn }, call) => describeMachine(machineIn(stateMachineArn, call)),
    }),

    SendTaskSuccess: operation<SendTaskSuccessInput, Record<string, never>>({
      permissions: ({ taskToken }) => onTask('SendTaskSuccess', taskToken, answering),
      run: ({ taskToken, output }, { region }) => {
        const token = openToken(tokens, taskToken, region);
        tokens.succeed(token, outputOf(output ?? ''));
        return {};
      },
    }),

    SendTaskFailure: operation<SendTaskFailureInput, Record<string, never>>({
      permissions: ({ taskToken }) => onTask('SendTaskFailure', taskToken, answering),
      run: ({ taskToken, error, cause }, { region }) => {
        tokens.fail(openToken(tokens, taskToken, region), error, cause);
        return {};
      },
    }),

    SendTaskHeartbeat: operation<SendTaskHeartbeatInput, Record<string, never>>({
      permissions: ({ taskToken }) => onTask('SendTaskHeartbeat', taskToken, answering),
      run: ({ taskToken }, { region }) => {
        tokens.beat(openToken(tokens, taskToken, region));
        return {};
      },
    }),
  };
}

function on(action: string, resource: string | undefined): Permission[] {
  return [{ action: `states:${action}`, resource: resource ?? '*' }];
}

/** Permission to answer a task is permission on its machine. */
function onTask(
  action: string,
  token: string | undefined,
  { executions }: { readonly executions: Executions },
): Permission[] {
  const arn = executionOf(token ?? '');
  const machine = executions.all().find((view) => view.executionArn === arn)?.stateMachineArn;
  return on(action, machine);
}

/** The engine's tokens begin with the ARN of their execution. */
function executionOf(token: string): string {
  return Buffer.from(token, 'base64').toString().split('/')[0] ?? '';
}

function openToken(tokens: TaskTokens, token: string | undefined, region: string): string {
  const standing = tokens.standing(token ?? '');
  if (standing === 'unknown' || executionOf(token ?? '').split(':')[3] !== region) {
    throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  }
  if (standing === 'closed') {
    throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
  }
  return token ?? '';
}

function outputOf(text: string): Json {
  if (Buffer.byteLength(text) > payloadLimit) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'output' failed to satisfy constraint: Member must have length less than or equal to ${payloadLimit}`,
    );
  }
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new AwsError('InvalidOutput', `Invalid Output: '${(error as Error).message}'`);
  }
}

/** A page of a list; its token is where the next one begins. */
function pageOf<T>(
  all: readonly T[],
  { maxResults, nextToken }: { maxResults?: number | undefined; nextToken?: string | undefined },
  otherwise: number,
): { items: readonly T[]; nextToken?: string } {
  if (maxResults !== undefined && (maxResults < 0 || maxResults > 1_000)) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${maxResults}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000`,
    );
  }
  const from = Number(nextToken ?? 0);
  if (!Number.isInteger(from) || from < 0)
    throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  const to = from + (maxResults === undefined || maxResults === 0 ? otherwise : maxResults);
  return { items: all.slice(from, to), ...(to < all.length && { nextToken: String(to) }) };
}

function describe(view: ExecutionView): DescribeExecutionOutput {
  const redrive = redriveOf(view.status);
  return {
    executionArn: view.executionArn,
    stateMachineArn: view.stateMachineArn,
    name: view.name,
    status: view.status,
    startDate: new Date(view.startedAt),
    ...(view.stoppedAt !== undefined && { stopDate: new Date(view.stoppedAt) }),
    input: view.input,
    inputDetails: { included: true },
    ...(view.output !== undefined && { output: view.output, outputDetails: { included: true } }),
    ...(view.error !== undefined && { error: view.error }),
    ...(view.cause !== undefined && { cause: view.cause }),
    redriveCount: 0,
    redriveStatus: redrive.status as 'REDRIVABLE' | 'NOT_REDRIVABLE',
    redriveStatusReason: redrive.reason,
  };
}

function describeMachine(machine: StoredMachine): DescribeStateMachineOutput {
  const { Level, IncludeExecutionData, Destinations } = machine.logging ?? {};
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: 'ACTIVE',
    definition: machine.definition,
    roleArn: machine.roleArn,
    type: 'STANDARD',
    creationDate: new Date(machine.createdAt),
    loggingConfiguration: {
      level: Level ?? 'OFF',
      includeExecutionData: IncludeExecutionData ?? false,
      ...(Destinations && {
        destinations: Destinations.map(({ CloudWatchLogsLogGroup: { LogGroupArn } }) => ({
          cloudWatchLogsLogGroup: { logGroupArn: LogGroupArn },
        })),
      }),
    },
    tracingConfiguration: { enabled: machine.tracing },
  };
}
