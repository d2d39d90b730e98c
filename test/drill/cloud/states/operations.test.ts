import { describe, expect, it } from 'vitest';
import type { CallContext } from '../../../../drill/cloud/contract.ts';
import { at, codeOf, machineArn, newStates, oneTask, roleArn, waitMachine } from './machines.ts';

const start = Date.parse('2026-11-23T04:00:00Z');
const arnOf = (name: string) => `${at}:execution:m:${name}`;

describe('AWS::StepFunctions::StateMachine', () => {
  it('is a machine whose Ref is its ARN, its placeholders filled', async () => {
    const { machine, call } = newStates();
    const definition = oneTask({
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: '${Fn}' },
    });
    const identity = machine('m', definition, {
      DefinitionSubstitutions: { Fn: 'arn:aws:lambda:eu-central-1:111111111111:function:f' },
      StateMachineType: 'STANDARD',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: {
        Level: 'ALL',
        IncludeExecutionData: true,
        Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: 'arn:aws:logs:x' } }],
      },
      Tags: [{ Key: 'a', Value: 'b' }],
    });
    expect(identity).toEqual({
      ref: machineArn('m'),
      attributes: { Arn: machineArn('m'), Name: 'm', StateMachineRevisionId: 'INITIAL' },
    });
    expect(await call('DescribeStateMachine', { stateMachineArn: machineArn('m') })).toMatchObject({
      name: 'm',
      status: 'ACTIVE',
      type: 'STANDARD',
      roleArn,
      definition: expect.stringContaining('function:f"'),
      tracingConfiguration: { enabled: true },
      loggingConfiguration: { level: 'ALL', includeExecutionData: true },
    });
    expect(await call('ListStateMachines', {})).toMatchObject({ stateMachines: [{ name: 'm' }] });
    expect(await call('ListStateMachines', {}, 'us-east-1')).toMatchObject({ stateMachines: [] });
  });

  it.each([
    ['a placeholder without a value', { DefinitionString: '{"a":"${B}"}' }, '${B} has no value'],
    ['a property that it does not know', { EncryptionConfiguration: {} }, 'EncryptionConfiguration'],
    ['an Express workflow', { StateMachineType: 'EXPRESS' }, 'only Standard workflows run here'],
    ['an invalid definition', { DefinitionString: '{"StartAt":"A"}' }, 'QueryLanguage'],
    [
      'an integration that it does not have',
      {
        DefinitionString: JSON.stringify(
          oneTask({ Resource: 'arn:aws:states:::sns:publish', Arguments: {} }),
        ),
      },
      'state "T": Resource arn:aws:states:::sns:publish is none of',
    ],
  ])('refuses %s', (_, properties, message) => {
    const { machine } = newStates();
    expect(() => machine('m', waitMachine(1), properties)).toThrow(message);
  });
});

describe('StartExecution', () => {
  it('starts an execution that can be described', async () => {
    const { machine, call, clock } = newStates();
    machine('m', waitMachine(60));
    const started = await call('StartExecution', {
      stateMachineArn: machineArn('m'),
      name: 'e',
      input: '{"a":1}',
    });
    expect(started).toEqual({ executionArn: arnOf('e'), startDate: new Date(start) });
    expect(await call('DescribeExecution', { executionArn: arnOf('e') })).toEqual({
      executionArn: arnOf('e'),
      stateMachineArn: machineArn('m'),
      name: 'e',
      status: 'RUNNING',
      startDate: new Date(start),
      input: '{"a":1}',
      inputDetails: { included: true },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution is RUNNING and cannot be redriven',
    });
    await clock.sleep(61_000);
    expect(await call('DescribeExecution', { executionArn: arnOf('e') })).toMatchObject({
      status: 'SUCCEEDED',
      stopDate: new Date(start + 60_000),
      output: '{"a":1}',
      outputDetails: { included: true },
    });
  });

  it('names an execution by itself, and gives it {} when there is no input', async () => {
    const { machine, call, states } = newStates();
    machine('m', waitMachine(1));
    await call('StartExecution', { stateMachineArn: machineArn('m') });
    expect(states.executions()).toMatchObject([
      { input: '{}', name: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) },
    ]);
  });

  it('with the same name finds the running one for the same input, and refuses otherwise', async () => {
    const { machine, call, clock, states } = newStates();
    machine('m', waitMachine(60));
    const request = { stateMachineArn: machineArn('m'), name: 'e', input: '{"a":1}' };
    await call('StartExecution', request);
    await clock.sleep(5_000);
    expect(await call('StartExecution', request)).toEqual({
      executionArn: arnOf('e'),
      startDate: new Date(start),
    });
    expect(await codeOf(call('StartExecution', { ...request, input: '{"a":2}' }))).toBe(
      'ExecutionAlreadyExists',
    );
    await clock.sleep(60_000);
    expect(await codeOf(call('StartExecution', request))).toBe('ExecutionAlreadyExists');
    expect(states.executions()).toHaveLength(1);
  });

  it.each([
    [{ name: 'white space' }, 'InvalidName'],
    [{ name: 'a'.repeat(81) }, 'InvalidName'],
    [{ name: 'a/b' }, 'InvalidName'],
    [{ name: '' }, 'InvalidName'],
    [{ input: 'not json' }, 'InvalidExecutionInput'],
    [{ input: '' }, 'InvalidExecutionInput'],
    [{ input: JSON.stringify('x'.repeat(262_144)) }, 'ValidationException'],
    [{ stateMachineArn: 'nonsense' }, 'InvalidArn'],
    [{ stateMachineArn: machineArn('other') }, 'StateMachineDoesNotExist'],
  ])('refuses %j with %s', async (request, code) => {
    const { machine, call, states } = newStates();
    machine('m', waitMachine(1));
    expect(await codeOf(call('StartExecution', { stateMachineArn: machineArn('m'), ...request }))).toBe(code);
    expect(states.executions()).toEqual([]);
  });

  it('does not reach into another region', async () => {
    const { machine, call } = newStates();
    machine('m', waitMachine(1));
    const code = await codeOf(call('StartExecution', { stateMachineArn: machineArn('m') }, 'us-east-1'));
    expect(code).toBe('StateMachineDoesNotExist');
  });
});

describe('ListExecutions', () => {
  it('lists the newest first, by status and page by page', async () => {
    const { machine, call, clock } = newStates();
    machine('m', waitMachine(60));
    for (const name of ['a', 'b', 'c']) {
      await call('StartExecution', { stateMachineArn: machineArn('m'), name });
      await clock.sleep(25_000);
    }
    const list = async (more: Record<string, unknown>) => {
      const page = await call('ListExecutions', { stateMachineArn: machineArn('m'), ...more });
      return [(page['executions'] as { name: string }[]).map(({ name }) => name), page['nextToken']];
    };
    expect(await list({})).toEqual([['c', 'b', 'a'], undefined]);
    expect(await list({ statusFilter: 'SUCCEEDED' })).toEqual([['a'], undefined]);
    expect(await list({ maxResults: 2 })).toEqual([['c', 'b'], '2']);
    expect(await list({ maxResults: 2, nextToken: '2' })).toEqual([['a'], undefined]);
    expect(await codeOf(list({ maxResults: 1_001 }))).toBe('ValidationException');
  });
});

describe('StopExecution', () => {
  it('ends an execution as ABORTED with the error and cause given, once', async () => {
    const { machine, call, clock } = newStates();
    machine('m', waitMachine(60));
    await call('StartExecution', { stateMachineArn: machineArn('m'), name: 'e' });
    await clock.sleep(10_000);
    const stop = { executionArn: arnOf('e'), error: 'Enough', cause: 'a person' };
    expect(await call('StopExecution', stop)).toEqual({ stopDate: new Date(start + 10_000) });
    await clock.sleep(10_000);
    expect(await call('StopExecution', { executionArn: arnOf('e') })).toEqual({
      stopDate: new Date(start + 10_000),
    });
    expect(await call('DescribeExecution', { executionArn: arnOf('e') })).toMatchObject({
      status: 'ABORTED',
      error: 'Enough',
      cause: 'a person',
    });
  });

  it.each([
    ['nonsense', 'InvalidArn'],
    [arnOf('other'), 'ExecutionDoesNotExist'],
  ])('refuses %s with %s', async (executionArn, code) => {
    const { machine, call } = newStates();
    machine('m', waitMachine(60));
    for (const name of ['StopExecution', 'DescribeExecution', 'GetExecutionHistory']) {
      expect(await codeOf(call(name, { executionArn }))).toBe(code);
    }
  });
});

describe('GetExecutionHistory', () => {
  it('answers the events, forwards or backwards, page by page', async () => {
    const { machine, call, ended } = newStates();
    machine('m', waitMachine(1));
    await call('StartExecution', { stateMachineArn: machineArn('m'), name: 'e' });
    await ended('e');
    const history = async (more: Record<string, unknown> = {}) => {
      const page = await call('GetExecutionHistory', { executionArn: arnOf('e'), ...more });
      return [(page['events'] as { id: number }[]).map(({ id }) => id), page['nextToken']];
    };
    expect(await history()).toEqual([[1, 2, 3, 4], undefined]);
    expect(await history({ reverseOrder: true, maxResults: 3 })).toEqual([[4, 3, 2], '3']);
    expect(await history({ reverseOrder: true, nextToken: '3' })).toEqual([[1], undefined]);
  });
});

describe('task tokens', () => {
  const waiting = async () => {
    let token = '';
    const world = newStates({
      functions: async (_, payload) => {
        token = (payload as { token: string }).token;
        return { ok: true, payload: null };
      },
    });
    world.machine(
      'm',
      oneTask({
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
        TimeoutSeconds: 3600,
        HeartbeatSeconds: 600,
      }),
    );
    await world.call('StartExecution', { stateMachineArn: machineArn('m'), name: 'e' });
    await world.clock.sleep(500_000);
    return { ...world, taskToken: token };
  };

  it('SendTaskSuccess ends the task with its output; afterwards the token has timed out', async () => {
    const { call, ended, taskToken } = await waiting();
    expect(await codeOf(call('SendTaskSuccess', { taskToken, output: '{' }))).toBe('InvalidOutput');
    await call('SendTaskSuccess', { taskToken, output: '{"approved":true}' });
    expect(await ended('e')).toMatchObject({ status: 'SUCCEEDED', output: '{"approved":true}' });
    expect(await codeOf(call('SendTaskSuccess', { taskToken, output: '{}' }))).toBe('TaskTimedOut');
    expect(await codeOf(call('SendTaskHeartbeat', { taskToken }))).toBe('TaskTimedOut');
  });

  it('SendTaskFailure ends it with an error', async () => {
    const { call, ended, taskToken } = await waiting();
    await call('SendTaskFailure', { taskToken, error: 'Refused', cause: 'no' });
    expect(await ended('e')).toMatchObject({ status: 'FAILED', error: 'Refused', cause: 'no' });
  });

  it('SendTaskHeartbeat keeps it waiting', async () => {
    const { call, ended, taskToken } = await waiting();
    await call('SendTaskHeartbeat', { taskToken });
    expect(await ended('e')).toMatchObject({
      status: 'FAILED',
      error: 'States.Timeout',
      stoppedAt: start + 1_100_000,
    });
  });

  it('are good in their own region only', async () => {
    const { call, taskToken } = await waiting();
    expect(await codeOf(call('SendTaskHeartbeat', { taskToken }, 'us-east-1'))).toBe('InvalidToken');
    expect(await codeOf(call('SendTaskHeartbeat', { taskToken: 'made up' }))).toBe('InvalidToken');
  });

  it('need permission on the machine whose task it is', async () => {
    const { states, taskToken } = await waiting();
    const permissions = states.service.operations['SendTaskSuccess']?.permissions(
      { taskToken, output: '{}' } as never,
      {} as CallContext,
    );
    expect(permissions).toEqual([{ action: 'states:SendTaskSuccess', resource: machineArn('m') }]);
  });
});

describe('permissions', () => {
  it.each([
    ['StartExecution', { stateMachineArn: machineArn('m') }, machineArn('m')],
    ['ListExecutions', { stateMachineArn: machineArn('m') }, machineArn('m')],
    ['DescribeStateMachine', { stateMachineArn: machineArn('m') }, machineArn('m')],
    ['ListStateMachines', {}, '*'],
    ['DescribeExecution', { executionArn: arnOf('e') }, arnOf('e')],
    ['StopExecution', { executionArn: arnOf('e') }, arnOf('e')],
    ['GetExecutionHistory', { executionArn: arnOf('e') }, arnOf('e')],
  ])('%s is asked for on what %j names', (name, input, resource) => {
    const { states } = newStates();
    const permissions = states.service.operations[name]?.permissions(input as never, {} as CallContext);
    expect(permissions).toEqual([{ action: `states:${name}`, resource }]);
  });
});
