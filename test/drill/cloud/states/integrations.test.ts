import { describe, expect, it } from 'vitest';
import { AwsError } from '../../../../drill/cloud/contract.ts';
import { at, machineArn, newStates, oneTask, waitMachine } from './machines.ts';

const start = Date.parse('2026-11-23T04:00:00Z');
const fn = 'arn:aws:lambda:eu-central-1:111111111111:function:f';
const invoking = oneTask({
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: fn, Payload: '{% $states.input %}' },
});
const starting = (suffix: string, more: Record<string, unknown> = {}) =>
  oneTask({
    Resource: `arn:aws:states:::states:startExecution${suffix}`,
    Arguments: { StateMachineArn: machineArn('child'), Name: 'c', Input: '{% $states.input %}' },
    ...more,
  });

type World = ReturnType<typeof newStates>;

async function runParent(world: World, definition: unknown, input: unknown = { a: 1 }) {
  world.machine('parent', definition);
  await world.call('StartExecution', {
    stateMachineArn: machineArn('parent'),
    name: 'p',
    input: JSON.stringify(input),
  });
  return world.ended('p');
}

describe('lambda:invoke', () => {
  it('calls the function with the machine role and answers as Lambda does', async () => {
    const calls: unknown[] = [];
    const world = newStates({
      functions: async (arn, payload) => {
        calls.push([arn, payload]);
        return { ok: true, payload: { n: 1 } };
      },
    });
    const view = await runParent(world, invoking);
    expect(JSON.parse(view.output ?? '')).toEqual({
      ExecutedVersion: '$LATEST',
      Payload: { n: 1 },
      StatusCode: 200,
    });
    expect(calls).toEqual([[fn, { a: 1 }]]);
    expect(world.authorized).toEqual([`machine-role lambda:InvokeFunction ${fn}`]);
  });

  it('answers null for a function that returns nothing', async () => {
    const world = newStates({ functions: async () => ({ ok: true, payload: undefined }) });
    expect(await runParent(world, invoking)).toMatchObject({
      output: expect.stringContaining('"Payload":null'),
    });
  });

  it('fails with the error type of a function that throws, and its payload as the cause', async () => {
    const payload = { errorType: 'UnsafePlan', errorMessage: '12 of 14 records', trace: [] };
    const world = newStates({
      functions: async () => ({
        ok: false,
        errorType: 'UnsafePlan',
        errorMessage: '12 of 14 records',
        payload,
      }),
    });
    const view = await runParent(world, invoking);
    expect(view).toMatchObject({ status: 'FAILED', error: 'UnsafePlan' });
    expect(JSON.parse(view.cause ?? '')).toEqual(payload);
  });

  it('fails with Lambda.AWSLambdaException, and calls nothing, when the role may not', async () => {
    let called = false;
    const world = newStates({
      denied: ['lambda:InvokeFunction'],
      functions: async () => {
        called = true;
        return { ok: true, payload: null };
      },
    });
    expect(await runParent(world, invoking)).toMatchObject({
      error: 'Lambda.AWSLambdaException',
      cause: expect.stringContaining('Status Code: 403; Error Code: AccessDeniedException'),
    });
    expect(called).toBe(false);
  });

  it.each([
    ['ResourceNotFoundException', 'Lambda.ResourceNotFoundException'],
    ['TooManyRequestsException', 'Lambda.TooManyRequestsException'],
    ['ServiceException', 'Lambda.ServiceException'],
  ])('reports %s of Lambda as %s', async (code, error) => {
    const world = newStates({
      functions: async () => {
        throw new AwsError(code, 'no', 404);
      },
    });
    expect(await runParent(world, invoking)).toMatchObject({ error });
  });

  it('refuses arguments that it does not know with States.Runtime', async () => {
    const definition = oneTask({
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: fn, LogType: 'Tail' },
    });
    expect(await runParent(newStates(), definition)).toMatchObject({
      error: 'States.Runtime',
      cause: expect.stringContaining('LogType'),
    });
  });

  it('is timed out by the clock while the function still works', async () => {
    const world = newStates({
      functions: async () => {
        await world.clock.sleep(600_000);
        return { ok: true, payload: null };
      },
    });
    const definition = oneTask({
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: fn },
      TimeoutSeconds: 60,
    });
    expect(await runParent(world, definition)).toMatchObject({
      error: 'States.Timeout',
      stoppedAt: start + 60_000,
    });
  });
});

describe('states:startExecution', () => {
  it('starts the child and goes on at once', async () => {
    const world = newStates();
    world.machine('child', waitMachine(600));
    const view = await runParent(world, starting(''));
    expect(JSON.parse(view.output ?? '')).toEqual({
      ExecutionArn: `${at}:execution:child:c`,
      StartDate: start,
    });
    expect(world.states.executions()).toMatchObject([
      { name: 'p', status: 'SUCCEEDED' },
      { name: 'c', status: 'RUNNING', input: '{"a":1}' },
    ]);
    expect(world.authorized).toEqual([`machine-role states:StartExecution ${machineArn('child')}`]);
  });

  it.each([
    [[], {}, 'StepFunctions.StateMachineDoesNotExistException'],
    [['states:StartExecution'], { child: true }, 'StepFunctions.AWSStepFunctionsException'],
    [[], { child: true, taken: true }, 'StepFunctions.ExecutionAlreadyExistsException'],
  ])('with %j denied and %j there fails with %s', async (denied, world, error) => {
    const here = newStates({ denied });
    if ('child' in world) here.machine('child', waitMachine(600));
    if ('taken' in world) {
      await here.call('StartExecution', {
        stateMachineArn: machineArn('child'),
        name: 'c',
        input: '"other"',
      });
    }
    expect(await runParent(here, starting(''))).toMatchObject({ status: 'FAILED', error });
  });
});

describe('states:startExecution.sync:2', () => {
  it('waits for the child, asks how it ended, and parses its output', async () => {
    const world = newStates();
    world.machine('child', waitMachine(600));
    const view = await runParent(world, starting('.sync:2'));
    expect(JSON.parse(view.output ?? '')).toEqual({
      ExecutionArn: `${at}:execution:child:c`,
      Input: { a: 1 },
      InputDetails: { Included: true },
      Name: 'c',
      Output: { a: 1 },
      OutputDetails: { Included: true },
      StartDate: start,
      StateMachineArn: machineArn('child'),
      Status: 'SUCCEEDED',
      StopDate: start + 600_000,
    });
    expect(view.stoppedAt).toBe(start + 600_500);
    expect(view.events.map(({ type }) => type)).toContain('TaskSubmitted');
    expect(world.authorized).toEqual([
      `machine-role states:StartExecution ${machineArn('child')}`,
      `machine-role states:DescribeExecution ${at}:execution:child:c`,
    ]);
  });

  it('fails with States.TaskFailed and a cause that describes the child when that fails', async () => {
    const world = newStates();
    world.machine('child', {
      QueryLanguage: 'JSONata',
      StartAt: 'F',
      States: { F: { Type: 'Fail', Error: 'Escalated', Cause: 'step check-dns failed' } },
    });
    const view = await runParent(world, starting('.sync:2'));
    expect(view).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
    expect(JSON.parse(view.cause ?? '')).toMatchObject({
      Error: 'Escalated',
      Cause: 'step check-dns failed',
      Status: 'FAILED',
      Name: 'c',
    });
  });

  it('reports a child that timed out as States.TaskFailed, not as a timeout of its own', async () => {
    const world = newStates();
    world.machine('child', { ...waitMachine(600), TimeoutSeconds: 10 });
    const view = await runParent(world, starting('.sync:2'));
    expect(view.error).toBe('States.TaskFailed');
    expect(JSON.parse(view.cause ?? '')).toMatchObject({ Status: 'TIMED_OUT' });
  });

  it('needs permission to describe the child', async () => {
    const world = newStates({ denied: ['states:DescribeExecution'] });
    world.machine('child', waitMachine(5));
    expect(await runParent(world, starting('.sync:2'))).toMatchObject({
      error: 'StepFunctions.AWSStepFunctionsException',
    });
  });

  it('stops the child when its own execution is stopped', async () => {
    const world = newStates();
    world.machine('child', waitMachine(600));
    world.machine('parent', starting('.sync:2'));
    await world.call('StartExecution', { stateMachineArn: machineArn('parent'), name: 'p' });
    await world.clock.sleep(10_000);
    await world.call('StopExecution', { executionArn: `${at}:execution:parent:p` });
    expect(world.states.executions()).toMatchObject([
      { name: 'p', status: 'ABORTED' },
      { name: 'c', status: 'ABORTED', stoppedAt: start + 10_000 },
    ]);
    expect(world.authorized).toContain(`machine-role states:StopExecution ${at}:execution:child:c`);
  });

  it('stops the child when its task times out', async () => {
    const world = newStates();
    world.machine('child', waitMachine(600));
    expect(await runParent(world, starting('.sync:2', { TimeoutSeconds: 30 }))).toMatchObject({
      error: 'States.Timeout',
    });
    expect(await world.ended('c')).toMatchObject({ status: 'ABORTED', stoppedAt: start + 30_000 });
  });

  it('leaves the child running when the role may not stop it', async () => {
    const world = newStates({ denied: ['states:StopExecution'] });
    world.machine('child', waitMachine(600));
    await runParent(world, starting('.sync:2', { TimeoutSeconds: 30 }));
    expect(await world.ended('c')).toMatchObject({ status: 'SUCCEEDED' });
  });
});
