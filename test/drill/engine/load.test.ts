import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidDefinition, loadMachine, readMachine } from '../../../drill/engine/load.ts';
import { machineOf, taskWith } from './machines.ts';

function faultsOf(definition: unknown, load = readMachine): readonly string[] {
  try {
    load(definition);
  } catch (error) {
    if (error instanceof InvalidDefinition) return error.faults;
    throw error;
  }
  return [];
}

const outputs = (expression: string, more: Record<string, unknown> = {}) =>
  machineOf({ A: { Type: 'Pass', Output: { v: `{% ${expression} %}` }, End: true, ...more } });
const end = { Type: 'Succeed' };
const branch = (states: Record<string, unknown>) => ({ StartAt: Object.keys(states)[0], States: states });

describe('the machines of this product', () => {
  const folder = join(import.meta.dirname, '../../../statemachines');
  it.each(readdirSync(folder).filter((name) => name.endsWith('.asl.json')))(
    '%s is within the subset',
    (name) => {
      expect(faultsOf(readFileSync(join(folder, name), 'utf8'), loadMachine)).toEqual([]);
    },
  );
});

describe('outside the subset is refused, naming state and field:', () => {
  const subset = 'is outside the subset that the engine runs (docs/asl-subset.md)';
  it.each([
    ['no JSON', '{', /^the definition is not JSON/],
    ['no object', 5, /^the machine: .*expected object/],
    [
      'a JSONPath machine',
      { StartAt: 'A', States: { A: end } },
      /^the machine: QueryLanguage must be "JSONata"/,
    ],
    [
      'a JSONPath state',
      machineOf({ A: { ...end, QueryLanguage: 'JSONPath' } }),
      /^state "A": QueryLanguage/,
    ],
    ['Result', machineOf({ A: { Type: 'Pass', Result: 1, End: true } }), `state "A": Result ${subset}`],
    [
      'a misspelt field',
      machineOf({ A: taskWith({ TimeoutSecond: 1 }) }),
      `state "A": TimeoutSecond ${subset}`,
    ],
    ['Credentials', machineOf({ A: taskWith({ Credentials: {} }) }), `state "A": Credentials ${subset}`],
    [
      'a misspelt field of a retrier',
      machineOf({ A: taskWith({ Retry: [{ ErrorEquals: ['E'], MaxAttempt: 1 }] }) }),
      `state "A": Retry/0/MaxAttempt ${subset}`,
    ],
    ['an unknown type', machineOf({ A: { Type: 'Loop' } }), /^state "A": Type is none of Pass, Task/],
    [
      'a function ARN for a Resource',
      machineOf({ A: taskWith({ Resource: 'arn:aws:lambda:eu-west-1:111111111111:function:f' }) }),
      /^state "A": Resource must be an integration/,
    ],
    [
      '.sync without :2',
      machineOf({ A: taskWith({ Resource: 'arn:aws:states:::states:startExecution.sync' }) }),
      /^state "A": Resource must be an integration/,
    ],
    [
      'a distributed map',
      machineOf({
        A: {
          Type: 'Map',
          ItemProcessor: { ...branch({ B: end }), ProcessorConfig: { Mode: 'DISTRIBUTED' } },
          End: true,
        },
      }),
      'state "A": ItemProcessor/ProcessorConfig/Mode the engine runs inline maps only',
    ],
    [
      'a field of a state inside a map',
      machineOf({ A: { Type: 'Map', ItemProcessor: branch({ B: { ...end, ResultPath: '$' } }), End: true } }),
      `state "B": ResultPath ${subset}`,
    ],
    [
      'ToleratedFailureCount',
      machineOf({
        A: { Type: 'Map', ItemProcessor: branch({ B: end }), ToleratedFailureCount: 1, End: true },
      }),
      `state "A": ToleratedFailureCount ${subset}`,
    ],
    [
      'BackoffRate below 1',
      machineOf({ A: taskWith({ Retry: [{ ErrorEquals: ['E'], BackoffRate: 0.5 }] }) }),
      /^state "A": Retry\/0\/BackoffRate/,
    ],
    [
      'Next and End',
      machineOf({ A: { Type: 'Pass', Next: 'B', End: true }, B: end }),
      'state "A": needs either Next or End',
    ],
    ['neither Next nor End', machineOf({ A: { Type: 'Pass' } }), 'state "A": needs either Next or End'],
    [
      'two kinds of wait',
      machineOf({ A: { Type: 'Wait', Seconds: 1, Timestamp: 't', End: true } }),
      'state "A": needs either Seconds or Timestamp',
    ],
    ['a negative wait', machineOf({ A: { Type: 'Wait', Seconds: -1, End: true } }), /^state "A": Seconds/],
    [
      'a condition that is no expression',
      machineOf({ A: { Type: 'Choice', Choices: [{ Condition: 'x', Next: 'B' }], Default: 'B' }, B: end }),
      /^state "A": Choices\/0\/Condition must be a JSONata expression/,
    ],
  ])('%s', (_, definition, fault) => {
    const [first] = faultsOf(definition);
    if (fault instanceof RegExp) expect(first).toMatch(fault);
    else expect(first).toBe(fault);
  });

  it('every fault at once', () => {
    const faults = faultsOf(machineOf({ A: { Type: 'Pass', X: 1, Y: 2 }, B: { Type: 'Nap' } }));
    expect(faults).toHaveLength(4);
  });
});

describe('what asl-validator sees is refused:', () => {
  it.each([
    ['a transition to nowhere', machineOf({ A: { Type: 'Pass', Next: 'B' } })],
    [
      'a catcher that leads nowhere',
      machineOf({ A: taskWith({ Catch: [{ ErrorEquals: ['E'], Next: 'B' }] }) }),
    ],
    ['a state that is never reached', machineOf({ A: end, B: end })],
    ['a start that does not exist', { ...(machineOf({ A: end }) as object), StartAt: 'B' }],
    [
      'a way out of a branch',
      machineOf({
        A: { Type: 'Parallel', Branches: [branch({ B: { Type: 'Pass', Next: 'A' } })], End: true },
      }),
    ],
    ['an empty string in a template', machineOf({ A: { Type: 'Pass', Assign: { a: '' }, End: true } })],
  ])('%s', (_, definition) => {
    expect(faultsOf(definition)).toEqual([]);
    expect(faultsOf(definition, loadMachine)).not.toEqual([]);
  });
});

describe('our own rules refuse', () => {
  const caught = (errors: string[], ...more: string[][]) =>
    machineOf({
      A: taskWith({ Catch: [errors, ...more].map((ErrorEquals) => ({ ErrorEquals, Next: 'B' })) }),
      B: end,
    });
  const callback = (fields: Record<string, unknown>) =>
    machineOf({
      A: taskWith({
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Arguments: { t: '{% $states.context.Task.Token %}' },
        ...fields,
      }),
    });

  it.each([
    ['a syntax error', outputs('1 +'), 'Output/v does not parse'],
    [
      'an expression open on one side',
      machineOf({ A: { Type: 'Pass', Output: { v: '{% 1' }, End: true } }),
      'on one side only',
    ],
    [
      'white space before the marks',
      machineOf({ A: { Type: 'Pass', Output: { v: ' {% 1 %}' }, End: true } }),
      'on one side only',
    ],
    ['an undefined variable', outputs('$nobody'), 'reads $nobody, which no state assigns'],
    ['an unknown function', outputs('$exec(1)'), 'reads $exec'],
    ['$eval', outputs("$eval('1')"), 'uses $eval'],
    ['operators newer than Step Functions', outputs('$states.input.a ?? 1'), 'uses ?? or ?:'],
    ['the elvis operator', outputs('$states.input.a ?: 1'), 'uses ?? or ?:'],
    ['$ at the top', outputs('$.a'), 'uses $ at the top'],
    ['$$ at the top', outputs('$$.a'), 'uses $$ at the top'],
    ['a bare field at the top', outputs('a.b'), 'reads a of nothing'],
    ['an unknown part of $states', outputs('$states.output'), 'reads $states.output'],
    ['$states as a whole', outputs('$string($states)'), 'reads $states;'],
    ['$states by wildcard', outputs('$states.*'), 'reads $states;'],
    ['an unknown part of the context', outputs('$states.context.Machine'), 'reads $states.context.Machine'],
    ['$states.result in a Pass', outputs('$states.result'), 'reads $states.result'],
    [
      '$states.result in Arguments',
      machineOf({ A: taskWith({ Arguments: { a: '{% $states.result %}' } }) }),
      'reads $states.result',
    ],
    [
      '$states.errorOutput outside a Catch',
      machineOf({ A: taskWith({ Output: '{% $states.errorOutput %}' }) }),
      'reads $states.errorOutput',
    ],
    [
      '$states.result in a Catch',
      machineOf({
        A: taskWith({ Catch: [{ ErrorEquals: ['E'], Output: '{% $states.result %}', Next: 'B' }] }),
        B: end,
      }),
      'Catch[0]/Output reads $states.result',
    ],
    ['a task token without a callback', outputs('$states.context.Task.Token'), 'reads $states.context.Task'],
    [
      'a map item outside ItemSelector',
      outputs('$states.context.Map.Item.Index'),
      'reads $states.context.Map',
    ],
    [
      'a callback that passes on no token',
      callback({ Arguments: { t: 1 } }),
      'must pass on $states.context.Task.Token',
    ],
    [
      'a heartbeat that is not shorter than the timeout',
      callback({ TimeoutSeconds: 60, HeartbeatSeconds: 60 }),
      'HeartbeatSeconds (60) must be less than TimeoutSeconds (60)',
    ],
    [
      'a heartbeat of what sends none',
      machineOf({ A: taskWith({ HeartbeatSeconds: 5 }) }),
      'HeartbeatSeconds is for .waitForTaskToken only',
    ],
    ['a JSONPath key', machineOf({ A: taskWith({ Arguments: { Payload: { 'x.$': '$.x' } } }) }), 'has "x.$"'],
    [
      'the reserved variable',
      machineOf({ A: { Type: 'Pass', Assign: { states: 1 }, End: true } }),
      'reserved name "states"',
    ],
    ['part of a variable', machineOf({ A: { Type: 'Pass', Assign: { 'x.y': 1 }, End: true } }), 'has "x.y"'],
    ['States.ALL that is not last', caught(['States.ALL'], ['E']), 'must stand alone and last'],
    ['States.ALL among others', caught(['States.ALL', 'E']), 'must stand alone and last'],
    ['a reserved error that nothing reports', caught(['States.Nonsense']), 'has States.Nonsense'],
    [
      'one name in two scopes',
      machineOf({
        A: {
          Type: 'Parallel',
          Assign: { x: 1 },
          Branches: [branch({ B: { Type: 'Pass', Assign: { x: 2 }, End: true } })],
          End: true,
        },
      }),
      'variable "x" is assigned in an outer scope and again in an inner one',
    ],
    [
      "a branch's variable outside the branch",
      machineOf({
        A: {
          Type: 'Parallel',
          Branches: [branch({ B: { Type: 'Pass', Assign: { x: 2 }, End: true } })],
          Output: '{% $x %}',
          End: true,
        },
      }),
      'reads $x, which no state assigns',
    ],
  ])('%s', (_, definition, fault) => {
    const faults = faultsOf(definition);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
  });

  it.each([
    '($x := $states.input.a; $x.b & $uppercase($x.c))',
    '$map($states.input.l, function($v, $i) { $v.n + $i })',
    '$states.input.l[price > 3 and $exists(name)].{"n": name, "all": $}',
    '$states.input.l@$e#$i[$i > 0].x',
    '$states.input.l^(>price, name).name',
    '$states.input.flag ? $states.input.a : $states.context.Execution.Name',
    '$states.input ~> |l|{"x": 1}|',
    '$states.context.State.RetryCount',
    '$states.input.l{kind: $sum(price)}',
    '$states.input[0].a',
  ])('not: %s', (expression) => {
    expect(faultsOf(outputs(expression))).toEqual([]);
  });
});
