import { describe, expect, it } from 'vitest';
import { begin, machineOf, newClock, run, start, typesOf, valueOf } from '../machines.ts';

describe('Pass', () => {
  it('hands on its input when it has no Output', async () => {
    const outcome = await run(machineOf({ Only: { Type: 'Pass', End: true } }), { input: { a: [1, null] } });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: { a: [1, null] } });
  });

  it('fills every expression of its Output, however deep, and leaves other strings alone', async () => {
    const Output = { a: [{ b: '{% $states.input.x + 1 %}' }, 'plain'], 'not-evaluated': '$x' };
    const outcome = await run(machineOf({ Only: { Type: 'Pass', Output, End: true } }), { input: { x: 1 } });
    expect(outcome).toMatchObject({ output: { a: [{ b: 2 }, 'plain'], 'not-evaluated': '$x' } });
  });

  it('computes all values of an Assign, and its Output, from the variables as on entry', async () => {
    const machine = machineOf({
      First: { Type: 'Pass', Assign: { x: 3, a: 6 }, Next: 'Swap' },
      Swap: {
        Type: 'Pass',
        Assign: { x: '{% $a %}', nextX: '{% $x %}' },
        Output: { x: '{% $x %}' },
        Next: 'Last',
      },
      Last: {
        Type: 'Pass',
        Output: { seen: '{% $states.input.x %}', x: '{% $x %}', nextX: '{% $nextX %}' },
        End: true,
      },
    });
    expect(await run(machine)).toMatchObject({ output: { seen: 3, x: 6, nextX: 3 } });
  });

  it('fails with States.QueryEvaluationError when an expression has no value', async () => {
    const execution = begin(
      machineOf({ Only: { Type: 'Pass', Output: { a: '{% $states.input.gone %}' }, End: true } }),
    );
    expect(await execution.ended).toMatchObject({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'Only' (entered at the event id #2). The JSONata " +
        "expression '$states.input.gone' specified for the field 'Output/a' returned nothing (undefined).",
    });
    expect(execution.events[2]).toMatchObject({
      type: 'EvaluationFailed',
      evaluationFailedEventDetails: { state: 'Only', location: 'Output/a' },
    });
  });

  it.each(['$sum', 'function($x) { $x }', '/a/'])('refuses %s as a value', async (expression) => {
    await expect(valueOf(expression)).rejects.toThrow('unsupported result type');
  });

  it('says what JSONata says when an expression throws', async () => {
    await expect(valueOf("1 + 'a'")).rejects.toThrow(/threw an error during evaluation\. T2002/);
  });

  it('leaves nothing of JSONata in a result', async () => {
    expect(await valueOf('$states.input.l[v > 1]', { l: [{ v: 1 }, { v: 2 }, { v: 3 }] })).toStrictEqual([
      { v: 2 },
      { v: 3 },
    ]);
  });
});

describe('Choice', () => {
  const machine = machineOf({
    Begin: { Type: 'Pass', Assign: { by: 'nobody' }, Next: 'Which' },
    Which: {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $states.input.n = 1 %}', Next: 'End', Assign: { by: 'one' } },
        { Condition: '{% $states.input.n < 3 %}', Next: 'End', Output: { n: 'few' } },
      ],
      Default: 'End',
      Assign: { by: 'default' },
      Output: { n: 'many' },
    },
    End: { Type: 'Succeed', Output: { by: '{% $by %}', n: '{% $states.input.n %}' } },
  });

  it.each([
    [1, { by: 'one', n: 1 }],
    [2, { by: 'nobody', n: 'few' }],
    [3, { by: 'default', n: 'many' }],
  ])('for %j takes the first true rule with its own Assign and Output: %j', async (n, output) => {
    expect(await run(machine, { input: { n } })).toMatchObject({ status: 'SUCCEEDED', output });
  });

  it('fails with States.NoChoiceMatched when no rule is true and there is no Default', async () => {
    const lone = machineOf({
      Which: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'End' }] },
      End: { Type: 'Succeed' },
    });
    expect(await run(lone)).toMatchObject({ status: 'FAILED', error: 'States.NoChoiceMatched' });
  });

  it('refuses a condition that is no boolean', async () => {
    const lone = machineOf({
      Which: { Type: 'Choice', Choices: [{ Condition: "{% 'yes' %}", Next: 'End' }], Default: 'End' },
      End: { Type: 'Succeed' },
    });
    expect(await run(lone)).toMatchObject({
      error: 'States.QueryEvaluationError',
      cause: expect.stringContaining("Expected 'boolean', but was 'string' for value: \"yes\""),
    });
  });
});

describe('Wait', () => {
  const waiting = (fields: Record<string, unknown>) =>
    machineOf({ Only: { Type: 'Wait', End: true, ...fields } });

  it.each([
    [{ Seconds: 30 }, 30],
    [{ Seconds: '{% $states.input.s %}' }, 90],
    [{ Seconds: 0 }, 0],
    [{ Timestamp: '2026-03-01T12:01:00Z' }, 60],
    [{ Timestamp: '2026-03-01T13:01:00.5+01:00' }, 60.5],
    [{ Timestamp: '{% $states.input.t %}' }, 120],
    [{ Timestamp: '2020-01-01T00:00:00Z' }, 0],
  ])('%j takes %d s of incident time', async (fields, seconds) => {
    const outcome = await run(waiting(fields), { input: { s: 90, t: '2026-03-01T12:02:00Z' } });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', at: start + seconds * 1_000 });
  });

  it.each([
    { Timestamp: '2026-03-01T12:01:00' },
    { Timestamp: '2026-03-01 12:01:00Z' },
    { Timestamp: '2026-13-01T12:01:00Z' },
    { Seconds: '{% -1 %}' },
    { Seconds: '{% 1.5 %}' },
    { Seconds: "{% 'soon' %}" },
  ])('refuses %j when it gets there', async (fields) => {
    expect(await run(waiting(fields))).toMatchObject({ error: 'States.QueryEvaluationError' });
  });
});

describe('Succeed and Fail', () => {
  it('Succeed ends the machine, though states follow', async () => {
    const execution = begin(machineOf({ A: { Type: 'Succeed', Output: { done: true } } }));
    expect(await execution.ended).toMatchObject({ status: 'SUCCEEDED', output: { done: true } });
    expect(typesOf(execution)).toEqual([
      'ExecutionStarted',
      'SucceedStateEntered',
      'SucceedStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('Fail ends it with the error and cause that its expressions give', async () => {
    const machine = machineOf({
      A: { Type: 'Fail', Error: 'Mine', Cause: "{% 'because ' & $states.input.why %}" },
    });
    const execution = begin(machine, { input: { why: 'I say so' } });
    expect(await execution.ended).toMatchObject({
      status: 'FAILED',
      error: 'Mine',
      cause: 'because I say so',
    });
    expect(typesOf(execution)).toEqual(['ExecutionStarted', 'FailStateEntered', 'ExecutionFailed']);
  });

  it('Fail needs no error and no cause', async () => {
    const outcome = await run(machineOf({ A: { Type: 'Fail' } }));
    expect(outcome).toEqual({ status: 'FAILED', at: start });
  });

  it('Fail refuses a cause that is no string', async () => {
    const outcome = await run(machineOf({ A: { Type: 'Fail', Cause: '{% 1 %}' } }));
    expect(outcome).toMatchObject({ error: 'States.QueryEvaluationError' });
  });
});

describe('the machine', () => {
  it('ends as TIMED_OUT when it runs longer than its TimeoutSeconds', async () => {
    const clock = newClock();
    const execution = begin(
      machineOf({ Only: { Type: 'Wait', Seconds: 100, End: true } }, { TimeoutSeconds: 10 }),
      { clock },
    );
    expect(await execution.ended).toEqual({ status: 'TIMED_OUT', at: start + 10_000 });
    await clock.sleep(1_000_000);
    expect(typesOf(execution)).toEqual(['ExecutionStarted', 'WaitStateEntered', 'ExecutionTimedOut']);
  });

  it('does not move time by a timeout it did not need', async () => {
    const clock = newClock();
    await begin(machineOf({ Only: { Type: 'Pass', End: true } }, { TimeoutSeconds: 7200 }), { clock }).ended;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(clock.now()).toBe(start);
  });

  it('ends as ABORTED when it is stopped, once', async () => {
    const clock = newClock();
    const execution = begin(machineOf({ Only: { Type: 'Wait', Seconds: 100, End: true } }), { clock });
    await clock.sleep(5_000);
    execution.stop('Enough', 'a person said so');
    execution.stop('Twice');
    expect(execution.outcome).toEqual({
      status: 'ABORTED',
      error: 'Enough',
      cause: 'a person said so',
      at: start + 5_000,
    });
    await clock.sleep(1_000);
    expect(typesOf(execution).at(-1)).toBe('ExecutionAborted');
  });

  it('stops at 25,000 events with States.Runtime', async () => {
    const execution = begin(
      machineOf({
        A: { Type: 'Pass', Next: 'B' },
        B: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'A' }], Default: 'C' },
        C: { Type: 'Succeed' },
      }),
    );
    expect(await execution.ended).toMatchObject({
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    expect(execution.events).toHaveLength(25_000);
    expect(typesOf(execution).at(-1)).toBe('ExecutionFailed');
  });

  it('fails with States.DataLimitExceeded when a state puts out more than 262,144 bytes', async () => {
    const output = (length: number) => ({
      Type: 'Pass',
      Output: { a: `{% $pad('', ${length}, 'ä') %}` },
      End: true,
    });
    expect(await run(machineOf({ Only: output(131_068) }))).toMatchObject({ status: 'SUCCEEDED' });
    expect(await run(machineOf({ Only: output(131_069) }))).toMatchObject({
      error: 'States.DataLimitExceeded',
      cause:
        "The state/task 'Only' returned a result with a size exceeding the maximum number of bytes service limit.",
    });
  });

  it('fails with States.DataLimitExceeded when one Assign holds more than 256 KiB', async () => {
    const half = `{% $pad('', 131072, 'x') %}`;
    const outcome = await run(machineOf({ Only: { Type: 'Pass', Assign: { a: half, b: half }, End: true } }));
    expect(outcome).toMatchObject({ error: 'States.DataLimitExceeded' });
  });

  it('gives expressions the context of execution, state and machine', async () => {
    const identity = { executionArn: 'arn:e', name: 'e', stateMachineArn: 'arn:m', stateMachineName: 'm' };
    const machine = machineOf({
      W: { Type: 'Wait', Seconds: 1, Next: 'Only' },
      Only: { Type: 'Pass', Output: '{% $states.context %}', End: true },
    });
    expect(await run(machine, { identity, input: { i: 1 } })).toMatchObject({
      output: {
        Execution: {
          Id: 'arn:e',
          Name: 'e',
          Input: { i: 1 },
          StartTime: '2026-03-01T12:00:00Z',
          RedriveCount: 0,
        },
        State: { Name: 'Only', EnteredTime: '2026-03-01T12:00:01Z', RetryCount: 0 },
        StateMachine: { Id: 'arn:m', Name: 'm' },
      },
    });
  });

  it('writes its history with the members of GetExecutionHistory', async () => {
    const execution = begin(machineOf({ A: { Type: 'Pass', Assign: { v: [1] }, End: true } }), {
      input: { x: 1 },
    });
    await execution.ended;
    const timestamp = new Date(start);
    const whole = { truncated: false };
    expect(execution.events).toEqual([
      {
        timestamp,
        type: 'ExecutionStarted',
        id: 1,
        previousEventId: 0,
        executionStartedEventDetails: {
          input: '{"x":1}',
          inputDetails: whole,
          roleArn: 'arn:aws:iam::111111111111:role/machine',
        },
      },
      {
        timestamp,
        type: 'PassStateEntered',
        id: 2,
        previousEventId: 0,
        stateEnteredEventDetails: { name: 'A', input: '{"x":1}', inputDetails: whole },
      },
      {
        timestamp,
        type: 'PassStateExited',
        id: 3,
        previousEventId: 2,
        stateExitedEventDetails: {
          name: 'A',
          output: '{"x":1}',
          outputDetails: whole,
          assignedVariables: { v: '[1]' },
          assignedVariablesDetails: whole,
        },
      },
      {
        timestamp,
        type: 'ExecutionSucceeded',
        id: 4,
        previousEventId: 3,
        executionSucceededEventDetails: { output: '{"x":1}', outputDetails: whole },
      },
    ]);
  });
});
