import { describe, expect, it } from 'vitest';
import { StateFailure } from '../../../../drill/engine/failure.ts';
import type { Integration } from '../../../../drill/engine/visit.ts';
import { begin, machineOf, newClock, run, start, taskWith, typesOf } from '../machines.ts';

const invoke = 'arn:aws:states:::lambda:invoke';
const branchOf = (states: Record<string, unknown>) => ({ StartAt: Object.keys(states)[0], States: states });
const waitOf = (name: string, seconds: number) =>
  branchOf({ [name]: { Type: 'Wait', Seconds: seconds, Output: { name }, End: true } });
const failOf = (name: string, Error: string, after = 0) =>
  branchOf({
    [`${name} waits`]: { Type: 'Wait', Seconds: after, Next: name },
    [name]: { Type: 'Fail', Error },
  });

describe('Parallel', () => {
  it('runs its branches beside each other and puts out their outputs in order', async () => {
    const machine = machineOf({
      P: { Type: 'Parallel', Branches: [waitOf('a', 50), waitOf('b', 20), waitOf('c', 30)], End: true },
    });
    expect(await run(machine)).toEqual({
      status: 'SUCCEEDED',
      output: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
      at: start + 50_000,
    });
  });

  it('gives each branch its Arguments, or its own input', async () => {
    const echo = (name: string) => branchOf({ [name]: { Type: 'Pass', End: true } });
    const parallel = { Type: 'Parallel', Branches: [echo('a'), echo('b')], End: true };
    expect(await run(machineOf({ P: parallel }), { input: { x: 1 } })).toMatchObject({
      output: [{ x: 1 }, { x: 1 }],
    });
    const chosen = { ...parallel, Arguments: { y: '{% $states.input.x + 1 %}' } };
    expect(await run(machineOf({ P: chosen }), { input: { x: 1 } })).toMatchObject({
      output: [{ y: 2 }, { y: 2 }],
    });
  });

  it('fails with the error of the first branch that fails, and ends the others', async () => {
    const clock = newClock();
    const machine = machineOf({
      P: { Type: 'Parallel', Branches: [waitOf('slow', 100), failOf('bad', 'Bad', 10)], End: true },
    });
    const execution = begin(machine, { clock });
    expect(await execution.ended).toEqual({ status: 'FAILED', error: 'Bad', at: start + 10_000 });
    const types = typesOf(execution);
    expect(types).toContain('WaitStateAborted');
    expect(types.slice(-2)).toEqual(['ParallelStateFailed', 'ExecutionFailed']);
  });

  it('is retried as a whole', async () => {
    let calls = 0;
    const flaky: Integration = async () => {
      if (++calls < 3) throw new StateFailure('Flaky');
      return calls;
    };
    const machine = machineOf({
      P: {
        Type: 'Parallel',
        Branches: [branchOf({ T: taskWith({}) }), branchOf({ O: { Type: 'Pass', End: true } })],
        Retry: [{ ErrorEquals: ['Flaky'] }],
        Output: { first: '{% $states.result[0] %}' },
        End: true,
      },
    });
    const execution = begin(machine, { integrations: { [invoke]: flaky } });
    expect(await execution.ended).toMatchObject({ output: { first: 3 }, at: start + 3_000 });
    expect(typesOf(execution).filter((type) => type === 'ParallelStateStarted')).toHaveLength(3);
    expect(typesOf(execution)).not.toContain('ParallelStateFailed');
  });

  it('has a Catch whose Assign reaches the scope around it', async () => {
    const machine = machineOf({
      P: {
        Type: 'Parallel',
        Branches: [failOf('bad', 'Bad')],
        Catch: [{ ErrorEquals: ['Bad'], Assign: { why: '{% $states.errorOutput.Error %}' }, Next: 'E' }],
        End: true,
      },
      E: { Type: 'Succeed', Output: { why: '{% $why %}' } },
    });
    expect(await run(machine)).toMatchObject({ output: { why: 'Bad' } });
  });

  it('lets branches read outer variables and keep their own', async () => {
    const setter = (name: string) =>
      branchOf({
        [`set ${name}`]: {
          Type: 'Pass',
          Assign: { mine: '{% $outer & $states.input.x %}' },
          Next: `get ${name}`,
        },
        [`get ${name}`]: { Type: 'Pass', Output: { mine: '{% $mine %}' }, End: true },
      });
    const machine = machineOf({
      B: { Type: 'Pass', Assign: { outer: 'o' }, Next: 'P' },
      P: { Type: 'Parallel', Branches: [setter('a'), setter('b')], End: true },
    });
    expect(await run(machine, { input: { x: 1 } })).toMatchObject({
      output: [{ mine: 'o1' }, { mine: 'o1' }],
    });
  });

  it('ends with its machine when that is stopped', async () => {
    const clock = newClock();
    const machine = machineOf({
      P: { Type: 'Parallel', Branches: [waitOf('a', 50), waitOf('b', 60)], End: true },
    });
    const execution = begin(machine, { clock });
    await clock.sleep(1_000);
    execution.stop();
    await clock.sleep(100_000);
    expect(typesOf(execution).at(-1)).toBe('ExecutionAborted');
  });
});

describe('Map', () => {
  const mapOf = (fields: Record<string, unknown>, states: Record<string, unknown>) =>
    machineOf({ M: { Type: 'Map', ItemProcessor: branchOf(states), End: true, ...fields } });
  const double = { D: { Type: 'Pass', Output: { n: '{% $states.input * 2 %}' }, End: true } };

  it.each([
    [{ Items: '{% $states.input.list %}' }, { list: [1, 2, 3] }],
    [{ Items: [1, '{% 1 + 1 %}', 3] }, {}],
    [{}, [1, 2, 3]],
  ])('runs once for each item of %j', async (fields, input) => {
    expect(await run(mapOf(fields, double), { input })).toMatchObject({
      output: [{ n: 2 }, { n: 4 }, { n: 6 }],
    });
  });

  it('of no items puts out none', async () => {
    expect(await run(mapOf({ Items: [] }, double))).toMatchObject({ status: 'SUCCEEDED', output: [] });
  });

  it.each(["{% 'text' %}", '{% 1 %}', "{% {'a': 1} %}", '{% null %}'])(
    'refuses %s for its items',
    async (Items) => {
      const execution = begin(mapOf({ Items }, double));
      expect(await execution.ended).toMatchObject({
        error: 'States.QueryEvaluationError',
        cause: expect.stringContaining("Expected 'array', but was"),
      });
      expect(typesOf(execution).slice(-3)).toEqual(['EvaluationFailed', 'MapStateFailed', 'ExecutionFailed']);
    },
  );

  it('refuses an input that is no array when it has no Items', async () => {
    expect(await run(mapOf({}, double), { input: 1 })).toMatchObject({
      cause:
        "An error occurred while executing the state 'M' (entered at the event id #2). " +
        'Map state input must be an array but was: 1',
    });
  });

  it('gives each iteration what its ItemSelector makes of item, index, input and variables', async () => {
    const ItemSelector = {
      i: '{% $states.context.Map.Item.Index %}',
      v: '{% $states.context.Map.Item.Value %}',
      all: '{% $count($states.input) %}',
    };
    const machine = mapOf({ ItemSelector }, { D: { Type: 'Pass', End: true } });
    expect(await run(machine, { input: ['a', 'b'] })).toMatchObject({
      output: [
        { i: 0, v: 'a', all: 2 },
        { i: 1, v: 'b', all: 2 },
      ],
    });
  });

  it.each([
    [{ MaxConcurrency: 1 }, 60],
    [{ MaxConcurrency: '{% 2 %}' }, 30],
    [{}, 10],
  ])('with %j takes %d s for six items of 10 s', async (fields, seconds) => {
    const machine = mapOf(
      { Items: '{% [1..6] %}', ...fields },
      { W: { Type: 'Wait', Seconds: 10, End: true } },
    );
    expect(await run(machine)).toMatchObject({ status: 'SUCCEEDED', at: start + seconds * 1_000 });
  });

  it('runs at most 40 iterations at once', async () => {
    const machine = mapOf({ Items: '{% [1..41] %}' }, { W: { Type: 'Wait', Seconds: 10, End: true } });
    expect(await run(machine)).toMatchObject({ at: start + 20_000 });
  });

  it('fails with the error of the iteration that fails, and ends and skips the others', async () => {
    const states = {
      Bad: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input = 2 %}', Next: 'Fail' }],
        Default: 'Wait',
      },
      Fail: { Type: 'Fail', Error: 'Two' },
      Wait: { Type: 'Wait', Seconds: 10, End: true },
    };
    const execution = begin(mapOf({ Items: [1, 2, 3], MaxConcurrency: 2 }, states));
    expect(await execution.ended).toEqual({ status: 'FAILED', error: 'Two', at: start });
    const types = typesOf(execution);
    expect(types.filter((type) => type === 'MapIterationStarted')).toHaveLength(2);
    expect(types).toContain('MapIterationFailed');
    expect(types).toContain('MapIterationAborted');
    expect(types.slice(-2)).toEqual(['MapStateFailed', 'ExecutionFailed']);
  });

  it('writes the events of a single iteration as AWS does', async () => {
    const execution = begin(mapOf({ Items: [1] }, double));
    await execution.ended;
    expect(execution.events.map(({ id, previousEventId, type }) => [id, previousEventId, type])).toEqual([
      [1, 0, 'ExecutionStarted'],
      [2, 0, 'MapStateEntered'],
      [3, 2, 'MapStateStarted'],
      [4, 3, 'MapIterationStarted'],
      [5, 4, 'PassStateEntered'],
      [6, 5, 'PassStateExited'],
      [7, 6, 'MapIterationSucceeded'],
      [8, 7, 'MapStateSucceeded'],
      [9, 8, 'MapStateExited'],
      [10, 9, 'ExecutionSucceeded'],
    ]);
  });

  it('gives two runs with the same dice the same history', async () => {
    const machine = mapOf(
      { Items: '{% [1..5] %}' },
      { D: { Type: 'Pass', Output: { u: '{% $uuid() %}' }, End: true } },
    );
    const histories = await Promise.all(
      [1, 2].map(async () => {
        let dice = 0;
        const execution = begin(machine, { random: () => (dice = (dice + 0.37) % 1) });
        await execution.ended;
        return execution.events;
      }),
    );
    expect(histories[0]).toEqual(histories[1]);
  });
});
