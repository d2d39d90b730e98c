import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidDefinition, readMachine } from '../../../drill/engine/load.ts';
import { begin, machineOf, newClock, taskWith, typesOf } from './machines.ts';

const terminal = /^Execution(Succeeded|Failed|TimedOut|Aborted)$/;
const pass = (Output: unknown) => ({ Type: 'Pass', Output, End: true });

/** A machine with every state type, each reading what the input may or may not hold. */
const everything = machineOf(
  {
    Begin: { Type: 'Pass', Assign: { in: '{% $states.input %}' }, Next: 'Which' },
    Which: {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $states.input.wait = true %}', Next: 'Wait' },
        { Condition: "{% $type($states.input) = 'array' %}", Next: 'Map' },
        { Condition: '{% $exists($states.input.a) %}', Next: 'Task' },
      ],
      Default: 'Parallel',
    },
    Wait: { Type: 'Wait', Seconds: '{% $in.seconds %}', Next: 'Task' },
    Map: {
      Type: 'Map',
      Items: '{% $states.input %}',
      ItemSelector: { v: '{% $states.context.Map.Item.Value %}', in: '{% $in %}' },
      ItemProcessor: {
        StartAt: 'Item',
        States: { Item: pass({ twice: '{% [$states.input.v, $states.input.v] %}' }) },
      },
      Next: 'Task',
    },
    Parallel: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Left', States: { Left: pass({ s: '{% $string($in) %}' }) } },
        { StartAt: 'Right', States: { Right: pass({ n: '{% $in.a.b * 2 %}' }) } },
      ],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Task' }],
      Next: 'Task',
    },
    Task: taskWith({
      Arguments: { Payload: '{% $in %}', deep: ['{% $keys($in) ? $keys($in) : "none" %}'] },
      Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }],
      Catch: [{ ErrorEquals: ['States.ALL'], Output: { why: '{% $states.errorOutput %}' }, Next: 'Done' }],
      Output: { same: '{% $states.result %}' },
      End: undefined,
      Next: 'Done',
    }),
    Done: { Type: 'Succeed' },
  },
  { TimeoutSeconds: 1000 },
);

describe('any JSON', () => {
  it('as an input leads to an answer or to an error by name, and the history ends once', async () => {
    const clock = newClock();
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (input) => {
        const execution = begin(everything, {
          clock,
          input,
          integrations: { 'arn:aws:states:::lambda:invoke': async ({ arguments: given }) => given },
        });
        const outcome = await execution.ended;
        if (outcome.status === 'FAILED') expect(outcome.error).toBe('States.QueryEvaluationError');
        else expect(outcome.status).toMatch(/^(SUCCEEDED|TIMED_OUT)$/);
        const types = typesOf(execution);
        expect(types.filter((type) => terminal.test(type))).toEqual([types.at(-1)]);
        expect(execution.events.map(({ id }) => id)).toEqual(types.map((_, n) => n + 1));
      }),
      { numRuns: 300 },
    );
  });

  it('survives a machine that only hands it on', async () => {
    const clock = newClock();
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (input) => {
        const outcome = await begin(machineOf({ P: pass('{% $states.input %}') }), { clock, input }).ended;
        const plain: unknown = JSON.parse(JSON.stringify(input));
        expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
        expect((outcome as { output: unknown }).output).toEqual(plain);
      }),
      { numRuns: 200 },
    );
  });

  it('as a definition is loaded or refused with a sentence for each fault', () => {
    const state = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.record(
        {
          Type: fc.constantFrom('Pass', 'Task', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map'),
          Resource: fc.constant('arn:aws:states:::lambda:invoke'),
          Arguments: fc.jsonValue({ maxDepth: 2 }),
          Output: fc.oneof(
            fc.jsonValue({ maxDepth: 2 }),
            fc.string().map((text) => `{% ${text} %}`),
          ),
          Assign: fc.jsonValue({ maxDepth: 2 }),
          Seconds: fc.oneof(fc.integer(), fc.string()),
          Choices: fc.jsonValue({ maxDepth: 3 }),
          Retry: fc.jsonValue({ maxDepth: 3 }),
          Next: fc.constant('A'),
          End: fc.constant(true),
        },
        { requiredKeys: ['Type'] },
      ),
    );
    const definition = fc.oneof(
      fc.jsonValue(),
      state.map((A) => ({ QueryLanguage: 'JSONata', StartAt: 'A', States: { A } })),
    );
    fc.assert(
      fc.property(definition, (source) => {
        try {
          expect(readMachine(source).definition.QueryLanguage).toBe('JSONata');
        } catch (error) {
          if (!(error instanceof InvalidDefinition)) throw error;
          expect(error.faults.length).toBeGreaterThan(0);
          for (const fault of error.faults)
            expect(fault).toMatch(/^(the machine|state "|the definition|variable)/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
