import { describe, expect, it } from 'vitest';
import { StateFailure } from '../../../../drill/engine/failure.ts';
import type { Json } from '../../../../drill/engine/json.ts';
import { TaskTokens } from '../../../../drill/engine/task-tokens.ts';
import type { Integration } from '../../../../drill/engine/visit.ts';
import { begin, machineOf, newClock, run, start, taskWith, typesOf } from '../machines.ts';

const invoke = 'arn:aws:states:::lambda:invoke';
const callback = `${invoke}.waitForTaskToken`;
const withToken = { t: '{% $states.context.Task.Token %}' };
const task = (fields: Record<string, unknown>) => machineOf({ Only: taskWith(fields) });
const done = { Type: 'Succeed' };

/** An integration that fails with these errors, one a call, and then answers. */
function failing(...errors: string[]): { integrations: Record<string, Integration>; calls: number[] } {
  const calls: number[] = [];
  const integration: Integration = async () => {
    const error = errors[calls.push(calls.length) - 1];
    if (error) throw new StateFailure(error, `${error} happened`);
    return { ok: true };
  };
  return { integrations: { [invoke]: integration }, calls };
}

describe('Task', () => {
  it('hands its Arguments to the integration and puts out the result', async () => {
    const seen: Json[] = [];
    const execution = begin(task({ Arguments: { id: '{% $states.input.id %}' } }), {
      input: { id: 7 },
      integrations: {
        [invoke]: async ({ arguments: given }) => {
          seen.push(given);
          return { Payload: 'hello' };
        },
      },
    });
    expect(await execution.ended).toMatchObject({ output: { Payload: 'hello' } });
    expect(seen).toEqual([{ id: 7 }]);
    const of = { resource: 'invoke', resourceType: 'lambda' };
    expect(execution.events.slice(2, 5)).toMatchObject([
      {
        type: 'TaskScheduled',
        taskScheduledEventDetails: { ...of, parameters: '{"id":7}', region: 'us-east-1' },
      },
      { type: 'TaskStarted', taskStartedEventDetails: of },
      { type: 'TaskSucceeded', taskSucceededEventDetails: { ...of, output: '{"Payload":"hello"}' } },
    ]);
  });

  it('gives Output and Assign the result, and both the variables as on entry', async () => {
    const machine = machineOf({
      Begin: { Type: 'Pass', Assign: { n: 1 }, Next: 'T' },
      T: taskWith({
        Assign: { n: '{% $states.result.n %}' },
        Output: { old: '{% $n %}', got: '{% $states.result.n %}' },
        End: undefined,
        Next: 'E',
      }),
      E: { Type: 'Succeed', Output: { was: '{% $states.input %}', n: '{% $n %}' } },
    });
    const outcome = await run(machine, { integrations: { [invoke]: async () => ({ n: 2 }) } });
    expect(outcome).toMatchObject({ output: { was: { old: 1, got: 2 }, n: 2 } });
  });

  it('ends the machine with the error and cause of the integration when nothing catches it', async () => {
    const execution = begin(task({}), failing('Boom'));
    expect(await execution.ended).toMatchObject({ status: 'FAILED', error: 'Boom', cause: 'Boom happened' });
    expect(typesOf(execution)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'ExecutionFailed',
    ]);
  });

  it('times out by the clock, and tells the integration that nobody waits', async () => {
    const clock = newClock();
    let aborted = false;
    const execution = begin(task({ TimeoutSeconds: '{% 60 %}' }), {
      clock,
      integrations: {
        [invoke]: async ({ signal }) => {
          signal.addEventListener('abort', () => (aborted = true));
          await clock.sleep(3_600_000);
          return 'too late';
        },
      },
    });
    expect(await execution.ended).toEqual({ status: 'FAILED', error: 'States.Timeout', at: start + 60_000 });
    expect(aborted).toBe(true);
    expect(execution.events.at(-2)).toMatchObject({
      type: 'TaskTimedOut',
      taskTimedOutEventDetails: { error: 'States.Timeout', resource: 'invoke', resourceType: 'lambda' },
    });
    await clock.sleep(7_200_000);
    expect(typesOf(execution).at(-1)).toBe('ExecutionFailed');
  });

  it('refuses a timeout that is no positive whole number', async () => {
    const outcome = await run(task({ TimeoutSeconds: '{% 0 %}' }), failing());
    expect(outcome).toMatchObject({ error: 'States.QueryEvaluationError' });
  });

  it('fails with States.DataLimitExceeded on a result that is too large', async () => {
    const outcome = await run(task({}), { integrations: { [invoke]: async () => 'x'.repeat(262_143) } });
    expect(outcome).toMatchObject({
      error: 'States.DataLimitExceeded',
      cause: expect.stringContaining("'lambda'"),
    });
  });

  it('ends the machine with States.Runtime when the integration itself is broken', async () => {
    const broken: Integration = async () => {
      throw new TypeError('a fault of the local cloud');
    };
    const machine = task({
      Retry: [{ ErrorEquals: ['States.ALL'] }],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Only' }],
    });
    const outcome = await run(machine, { integrations: { [invoke]: broken } });
    expect(outcome).toMatchObject({
      error: 'States.Runtime',
      cause: 'TypeError: a fault of the local cloud',
    });
  });
});

describe('Retry', () => {
  it('waits IntervalSeconds times BackoffRate to the number of earlier tries, at most MaxDelaySeconds', async () => {
    const retrier = {
      ErrorEquals: ['E'],
      IntervalSeconds: 2,
      BackoffRate: 3,
      MaxAttempts: 4,
      MaxDelaySeconds: 20,
    };
    const outcome = await run(task({ Retry: [retrier] }), failing('E', 'E', 'E', 'E'));
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', at: start + (2 + 6 + 18 + 20) * 1_000 });
  });

  it('waits 1, 2 and 4 s when it says nothing else, and then gives up', async () => {
    const world = failing('E', 'E', 'E', 'E', 'E');
    const outcome = await run(task({ Retry: [{ ErrorEquals: ['States.ALL'] }] }), world);
    expect(outcome).toMatchObject({ status: 'FAILED', error: 'E', at: start + 7_000 });
    expect(world.calls).toHaveLength(4);
  });

  it('with full jitter waits the share of it that the dice say', async () => {
    const retrier = { ErrorEquals: ['E'], IntervalSeconds: 8, JitterStrategy: 'FULL' };
    const outcome = await run(task({ Retry: [retrier] }), { ...failing('E'), random: () => 0.25 });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', at: start + 2_000 });
  });

  it('counts each retrier by itself; one that is used up is not made up for by a later one', async () => {
    const Retry = [
      { ErrorEquals: ['A', 'B'], IntervalSeconds: 1, MaxAttempts: 2 },
      { ErrorEquals: ['C'], IntervalSeconds: 5 },
      { ErrorEquals: ['States.ALL'], IntervalSeconds: 60 },
    ];
    const world = failing('A', 'B', 'C', 'B', 'B');
    expect(await run(task({ Retry }), world)).toMatchObject({ error: 'B', at: start + 8_000 });
    expect(world.calls).toHaveLength(4);
  });

  it('with MaxAttempts 0 is how an error is never retried', async () => {
    const Retry = [{ ErrorEquals: ['Fatal'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }];
    const world = failing('Fatal', 'Fatal');
    await run(task({ Retry }), world);
    expect(world.calls).toHaveLength(1);
  });

  it('tells the state how often it was retried', async () => {
    const seen: Json[] = [];
    const integration: Integration = async ({ arguments: given }) => {
      if (seen.push(given) < 3) throw new StateFailure('E');
      return null;
    };
    const fields = {
      Arguments: { n: '{% $states.context.State.RetryCount %}' },
      Retry: [{ ErrorEquals: ['E'] }],
    };
    await run(task(fields), { integrations: { [invoke]: integration } });
    expect(seen).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  });
});

describe('Catch', () => {
  it('leads on with the error output when it has no Output', async () => {
    const machine = machineOf({
      T: taskWith({ Catch: [{ ErrorEquals: ['Boom'], Next: 'E' }] }),
      E: done,
    });
    expect(await run(machine, failing('Boom'))).toMatchObject({
      status: 'SUCCEEDED',
      output: { Error: 'Boom', Cause: 'Boom happened' },
    });
  });

  it('has Assign and Output that see $states.errorOutput and the input', async () => {
    const machine = machineOf({
      T: taskWith({
        Catch: [
          { ErrorEquals: ['Other'], Next: 'E' },
          {
            ErrorEquals: ['States.ALL'],
            Assign: { why: '{% $states.errorOutput.Error %}' },
            Output: { from: '{% $states.input.a & $states.errorOutput.Cause %}' },
            Next: 'E',
          },
        ],
        Assign: { why: 'success' },
      }),
      E: { Type: 'Succeed', Output: { why: '{% $why %}', in: '{% $states.input %}' } },
    });
    expect(await run(machine, { ...failing('Boom'), input: { a: 1 } })).toMatchObject({
      output: { why: 'Boom', in: { from: '1Boom happened' } },
    });
  });

  it.each([
    ['Boom', 'Boom', true],
    ['Boom', 'States.TaskFailed', true],
    ['Boom', 'States.ALL', true],
    ['Boom', 'boom', false],
    ['States.Timeout', 'States.TaskFailed', false],
    ['States.Timeout', 'States.ALL', true],
    ['States.QueryEvaluationError', 'States.TaskFailed', true],
    ['States.DataLimitExceeded', 'States.ALL', false],
    ['States.DataLimitExceeded', 'States.TaskFailed', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['States.Runtime', 'States.ALL', false],
    ['States.Runtime', 'States.Runtime', false],
  ])('of %s by %s: %s', async (error, name, caught) => {
    const machine = machineOf({ T: taskWith({ Catch: [{ ErrorEquals: [name], Next: 'E' }] }), E: done });
    expect((await run(machine, failing(error))).status).toBe(caught ? 'SUCCEEDED' : 'FAILED');
  });

  it('takes what retries could not mend', async () => {
    const machine = machineOf({
      T: taskWith({
        Retry: [{ ErrorEquals: ['E'], MaxAttempts: 1 }],
        Catch: [{ ErrorEquals: ['E'], Next: 'E' }],
      }),
      E: done,
    });
    const world = failing('E', 'E', 'E');
    expect(await run(machine, world)).toMatchObject({ status: 'SUCCEEDED', at: start + 1_000 });
    expect(world.calls).toHaveLength(2);
  });

  it('takes a failed expression of its own state', async () => {
    const machine = machineOf({
      T: taskWith({
        Output: '{% $states.result.gone %}',
        Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'E' }],
      }),
      E: done,
    });
    expect(await run(machine, failing())).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('a task that waits for its token', () => {
  const waiting = (
    fields: Record<string, unknown> = {},
    answer: Integration = async () => ({ StatusCode: 200 }),
  ) => {
    const clock = newClock();
    const tokens = new TaskTokens();
    let token = '';
    const integration: Integration = (call) => {
      token = (call.arguments as { t: string }).t;
      return answer(call);
    };
    const execution = begin(
      task({ Resource: callback, Arguments: withToken, TimeoutSeconds: 3600, ...fields }),
      { clock, tokens, integrations: { [invoke]: integration } },
    );
    return { clock, tokens, execution, token: () => token };
  };

  it('succeeds with the output that somebody sends', async () => {
    const { clock, tokens, execution, token } = waiting();
    await clock.sleep(600_000);
    expect(tokens.standing(token())).toBe('open');
    tokens.succeed(token(), { approved: true });
    expect(await execution.ended).toEqual({
      status: 'SUCCEEDED',
      output: { approved: true },
      at: start + 600_000,
    });
    expect(tokens.standing(token())).toBe('closed');
    expect(typesOf(execution).slice(2, 6)).toEqual([
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
    ]);
    expect(execution.events[2]).toMatchObject({
      taskScheduledEventDetails: { resource: 'invoke.waitForTaskToken', timeoutInSeconds: 3600 },
    });
  });

  it('fails with the error that somebody sends', async () => {
    const { clock, tokens, execution, token } = waiting();
    await clock.sleep(1_000);
    tokens.fail(token(), 'Refused', 'no');
    expect(await execution.ended).toMatchObject({ status: 'FAILED', error: 'Refused', cause: 'no' });
  });

  it('may be answered before its function has returned', async () => {
    const { clock, tokens, execution, token } = waiting({}, async () => {
      await clock.sleep(10_000);
      return null;
    });
    await clock.sleep(1_000);
    tokens.succeed(token(), 'early');
    expect(await execution.ended).toMatchObject({ output: 'early', at: start + 1_000 });
  });

  it('times out, and a later answer finds the token closed', async () => {
    const { tokens, execution, token } = waiting();
    expect(await execution.ended).toMatchObject({ error: 'States.Timeout', at: start + 3_600_000 });
    tokens.succeed(token(), 'late');
    expect(tokens.standing(token())).toBe('closed');
    expect(tokens.standing('never issued')).toBe('unknown');
  });

  it('times out when heartbeats stop, counted from when its function has returned', async () => {
    const { clock, tokens, execution, token } = waiting({ HeartbeatSeconds: 60 }, async () => {
      await clock.sleep(300_000);
      return null;
    });
    await clock.sleep(350_000);
    tokens.beat(token());
    await clock.sleep(50_000);
    tokens.beat(token());
    expect(await execution.ended).toMatchObject({ error: 'States.Timeout', at: start + 460_000 });
  });

  it.each(['States.Timeout', 'States.HeartbeatTimeout'])('lets %s catch missing heartbeats', async (name) => {
    const machine = machineOf({
      T: taskWith({
        Resource: callback,
        Arguments: withToken,
        HeartbeatSeconds: 10,
        Catch: [{ ErrorEquals: [name], Next: 'E' }],
      }),
      E: done,
    });
    expect(await run(machine, failing())).toMatchObject({ status: 'SUCCEEDED', at: start + 10_000 });
  });

  it('gets a new token at each try', async () => {
    const tokens: string[] = [];
    let dice = 0;
    await run(
      task({
        Resource: callback,
        Arguments: withToken,
        TimeoutSeconds: 5,
        Retry: [{ ErrorEquals: ['States.Timeout'], MaxAttempts: 1 }],
      }),
      {
        random: () => (dice = (dice + 0.37) % 1),
        integrations: {
          [invoke]: async ({ arguments: given }) => {
            tokens.push((given as { t: string }).t);
            return null;
          },
        },
      },
    );
    expect(new Set(tokens).size).toBe(2);
  });
});

describe('a job (.sync)', () => {
  it('records that it was submitted and ends with the job', async () => {
    const resource = 'arn:aws:states:::states:startExecution.sync:2';
    const clock = newClock();
    const execution = begin(task({ Resource: resource }), {
      clock,
      integrations: {
        [resource]: async ({ submitted }) => {
          submitted({ ExecutionArn: 'child' });
          await clock.sleep(60_000);
          return { Output: 1 };
        },
      },
    });
    expect(await execution.ended).toMatchObject({ output: { Output: 1 }, at: start + 60_000 });
    expect(execution.events[4]).toMatchObject({
      type: 'TaskSubmitted',
      taskSubmittedEventDetails: {
        resource: 'startExecution.sync:2',
        resourceType: 'states',
        output: '{"ExecutionArn":"child"}',
      },
    });
  });
});
