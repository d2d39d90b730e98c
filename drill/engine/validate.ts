import { added, builtIn } from './functions.ts';
import { isObject } from './json.ts';
import { expressionIn, type Definition, type State, type Workflow } from './language.ts';
import { referencesOf } from './references.ts';

/** The names that a machine may catch or retry beside the errors of its own tasks. */
const reservedErrors: ReadonlySet<string> = new Set([
  'States.ALL',
  'States.TaskFailed',
  'States.Timeout',
  'States.HeartbeatTimeout',
  'States.Permissions',
  'States.Runtime',
  'States.DataLimitExceeded',
  'States.QueryEvaluationError',
  'States.NoChoiceMatched',
  'States.BranchFailed',
]);
const contextParts: ReadonlySet<string> = new Set(['Execution', 'State', 'StateMachine']);

/** Where an expression stands, and so which parts of `$states` it may read. */
interface Place {
  readonly state: string;
  readonly field: string;
  readonly known: ReadonlySet<string>;
  readonly result?: boolean;
  readonly errorOutput?: boolean;
  readonly token?: boolean;
  readonly item?: boolean;
}

/**
 * Check what the schema and asl-validator do not: the expressions, the variables they read, the order of
 * catchers, and tokens and heartbeats of callbacks.
 *
 * @returns one sentence for each fault, naming the state and the field; none when the machine is sound
 */
export function faultsOf(definition: Definition): string[] {
  const faults: string[] = [];
  checkWorkflow(definition, new Set(), faults);
  return faults;
}

function checkWorkflow(workflow: Workflow, outer: ReadonlySet<string>, faults: string[]): void {
  const states = Object.entries(workflow.States);
  const own = new Set(states.flatMap(([, state]) => assignments(state).flatMap((a) => Object.keys(a))));
  for (const name of own) {
    if (outer.has(name))
      faults.push(`variable "${name}" is assigned in an outer scope and again in an inner one`);
  }
  const known = new Set([...outer, ...own]);
  for (const [name, state] of states) {
    checkState(name, state, known, faults);
    if (state.Type === 'Parallel') for (const inner of state.Branches) checkWorkflow(inner, known, faults);
    if (state.Type === 'Map') checkWorkflow(state.ItemProcessor, known, faults);
  }
}

function assignments(state: State): Record<string, unknown>[] {
  const places: { Assign?: Record<string, unknown> | undefined }[] = [];
  if (state.Type !== 'Succeed' && state.Type !== 'Fail') places.push(state);
  if (state.Type === 'Choice') places.push(...state.Choices);
  if ('Catch' in state) places.push(...(state.Catch ?? []));
  return places.flatMap(({ Assign }) => (Assign ? [Assign] : []));
}

function checkState(name: string, state: State, known: ReadonlySet<string>, faults: string[]): void {
  const check = (field: string, value: unknown, more: Partial<Place> = {}) =>
    checkTemplate(value, { state: name, field, known, ...more }, faults);
  const fault = (field: string, problem: string) => faults.push(`state "${name}": ${field} ${problem}`);

  for (const assign of assignments(state)) {
    for (const variable of Object.keys(assign)) {
      if (variable === 'states') fault('Assign', 'uses the reserved name "states"');
      else if (!/^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u.test(variable)) {
        fault('Assign', `has "${variable}", which is no name of a variable`);
      }
    }
  }
  switch (state.Type) {
    case 'Pass':
      break;
    case 'Task': {
      const callback = state.Resource.endsWith('.waitForTaskToken');
      check('Arguments', state.Arguments, { token: callback });
      for (const key of keysOf(state.Arguments)) {
        if (key.endsWith('.$')) fault('Arguments', `has "${key}": that is JSONPath, JSONata needs no .$`);
      }
      if (callback && !JSON.stringify(state.Arguments).includes('$states.context.Task.Token')) {
        fault('Arguments', 'must pass on $states.context.Task.Token, or nobody can answer');
      }
      if (state.HeartbeatSeconds !== undefined && !callback) {
        fault('HeartbeatSeconds', 'is for .waitForTaskToken only: nothing else sends heartbeats');
      }
      if (
        typeof state.HeartbeatSeconds === 'number' &&
        typeof state.TimeoutSeconds === 'number' &&
        state.HeartbeatSeconds >= state.TimeoutSeconds
      ) {
        fault(
          'HeartbeatSeconds',
          `(${state.HeartbeatSeconds}) must be less than TimeoutSeconds (${state.TimeoutSeconds})`,
        );
      }
      check('TimeoutSeconds', state.TimeoutSeconds);
      check('HeartbeatSeconds', state.HeartbeatSeconds);
      break;
    }
    case 'Choice':
      for (const [n, rule] of state.Choices.entries()) {
        check(`Choices[${n}]/Condition`, rule.Condition);
        check(`Choices[${n}]/Assign`, rule.Assign);
        check(`Choices[${n}]/Output`, rule.Output);
      }
      break;
    case 'Wait':
      check('Seconds', state.Seconds);
      check('Timestamp', state.Timestamp);
      break;
    case 'Succeed':
      break;
    case 'Fail':
      check('Error', state.Error);
      check('Cause', state.Cause);
      return;
    case 'Parallel':
      check('Arguments', state.Arguments);
      break;
    case 'Map':
      check('Items', state.Items);
      check('ItemSelector', state.ItemSelector, { item: true });
      check('MaxConcurrency', state.MaxConcurrency);
      break;
  }
  const result = state.Type === 'Task' || state.Type === 'Parallel' || state.Type === 'Map';
  check('Output', state.Output, { result });
  if (state.Type !== 'Succeed') check('Assign', state.Assign, { result });
  if (!result) return;
  for (const [n, catcher] of (state.Catch ?? []).entries()) {
    check(`Catch[${n}]/Output`, catcher.Output, { errorOutput: true });
    check(`Catch[${n}]/Assign`, catcher.Assign, { errorOutput: true });
  }
  for (const [field, handlers] of [
    ['Retry', state.Retry ?? []],
    ['Catch', state.Catch ?? []],
  ] as const) {
    for (const [n, { ErrorEquals }] of handlers.entries()) {
      if (ErrorEquals.includes('States.ALL') && (ErrorEquals.length > 1 || n < handlers.length - 1)) {
        fault(`${field}[${n}]`, 'has States.ALL, which must stand alone and last');
      }
      for (const error of ErrorEquals) {
        if (error.startsWith('States.') && !reservedErrors.has(error)) {
          fault(`${field}[${n}]`, `has ${error}, which no state of the engine reports`);
        }
      }
    }
  }
}

function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  return isObject(value) ? Object.entries(value).flatMap(([key, item]) => [key, ...keysOf(item)]) : [];
}

function checkTemplate(value: unknown, place: Place, faults: string[]): void {
  if (Array.isArray(value)) {
    for (const [n, item] of value.entries()) {
      checkTemplate(item, { ...place, field: `${place.field}[${n}]` }, faults);
    }
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      checkTemplate(item, { ...place, field: `${place.field}/${key}` }, faults);
    }
  } else if (typeof value === 'string') {
    const problems = /^\s*\{%|%\}\s*$/.test(value) ? problemsOf(value, place) : [];
    for (const problem of problems) faults.push(`state "${place.state}": ${place.field} ${problem}`);
  }
}

function problemsOf(text: string, place: Place): string[] {
  const source = expressionIn(text);
  if (source === undefined) return ['is marked as an expression on one side only; it must be {% ... %}'];
  let references;
  try {
    references = referencesOf(source);
  } catch (error) {
    return [`does not parse: ${isObject(error) ? String(error['message']) : String(error)}`];
  }
  const problems = [...references.refusals];
  for (const name of references.names) {
    if (name === 'eval') problems.push('uses $eval, which Step Functions does not have; use $parse');
    else if (!place.known.has(name) && !builtIn.has(name) && !added.has(name)) {
      problems.push(`reads $${name}, which no state assigns and JSONata does not have`);
    }
  }
  return [...problems, ...references.states.flatMap((path) => misplaced(path, place))];
}

function misplaced([part, ...rest]: readonly string[], place: Place): string[] {
  switch (part) {
    case 'input':
      return [];
    case 'result':
      return place.result
        ? []
        : ['reads $states.result, which only Output and Assign of Task, Parallel and Map have'];
    case 'errorOutput':
      return place.errorOutput ? [] : ['reads $states.errorOutput, which only a Catch has'];
    case 'context': {
      const [member] = rest;
      if (member === undefined || contextParts.has(member)) return [];
      if (member === 'Task')
        return place.token
          ? []
          : ['reads $states.context.Task, which only Arguments of .waitForTaskToken have'];
      if (member === 'Map')
        return place.item ? [] : ['reads $states.context.Map, which only an ItemSelector has'];
      return [`reads $states.context.${member}, which the engine does not have`];
    }
    default:
      return [
        `reads $states${part === undefined ? '' : `.${part}`}; it has input, result, errorOutput and context`,
      ];
  }
}
