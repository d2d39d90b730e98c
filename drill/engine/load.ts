import validate from 'asl-validator';
import type * as z from 'zod';
import { machineSchema, type Definition, type Workflow } from './language.ts';
import { faultsOf } from './validate.ts';

/** A definition that is outside the subset or broken; the message has a line for each fault. */
export class InvalidDefinition extends Error {
  override readonly name = 'InvalidDefinition';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/** A definition that the engine will run as it stands. */
export interface Machine {
  readonly definition: Definition;
}

/** Definitions that asl-validator has accepted in this process. */
const accepted = new Set<string>();

/**
 * Load a definition, or say why not.
 *
 * Whatever the engine would have to ignore is refused here: a machine that runs differently on the laptop
 * than in AWS proves nothing. After our own reading, asl-validator is the independent gate (0.1 to 0.2 s).
 *
 * @param source the JSON text, as DefinitionString has it, or the object
 * @param resources integrations that exist; without it any name of the right form
 * @throws InvalidDefinition naming every fault's state and field
 */
export function loadMachine(source: unknown, resources?: readonly string[]): Machine {
  const machine = readMachine(source, resources);
  const text = typeof source === 'string' ? source : JSON.stringify(source);
  if (!accepted.has(text)) {
    // A copy of its own: asl-validator writes defaults into what it is given.
    const verdict = validate(parse(text));
    if (!verdict.isValid) throw new InvalidDefinition(verdict.errorsText('\n').split('\n'));
    accepted.add(text);
  }
  return machine;
}

/**
 * Our own reading of a definition: the subset's schema, then the rules on expressions and error handling.
 * It leaves what asl-validator knows better, such as transitions that lead nowhere.
 *
 * @throws InvalidDefinition as loadMachine does
 */
export function readMachine(source: unknown, resources?: readonly string[]): Machine {
  const read = machineSchema.safeParse(typeof source === 'string' ? parse(source) : source);
  if (!read.success) throw new InvalidDefinition(read.error.issues.flatMap(describe));
  const faults = [...faultsOf(read.data), ...(resources ? unknownResources(read.data, resources) : [])];
  if (faults.length > 0) throw new InvalidDefinition(faults);
  return { definition: read.data };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidDefinition([`the definition is not JSON: ${(error as Error).message}`]);
  }
}

function unknownResources(definition: Definition, resources: readonly string[]): string[] {
  const faults: string[] = [];
  const visit = (states: Workflow['States']) => {
    for (const [name, state] of Object.entries(states)) {
      if (state.Type === 'Task' && !resources.includes(state.Resource)) {
        faults.push(`state "${name}": Resource ${state.Resource} is none of ${resources.join(', ')}`);
      }
      if (state.Type === 'Parallel') for (const branch of state.Branches) visit(branch.States);
      if (state.Type === 'Map') visit(state.ItemProcessor.States);
    }
  };
  visit(definition.States);
  return faults;
}

/** A fault of the schema in the words of the language: the innermost state, then the field. */
function describe(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  const at = path.lastIndexOf('States');
  const state = at >= 0 ? path[at + 1] : undefined;
  const field = (state === undefined ? path : path.slice(at + 2)).join('/');
  const who = state === undefined ? 'the machine' : `state "${state}"`;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) =>
        `${who}: ${field ? `${field}/` : ''}${key} is outside the subset that the engine runs (docs/asl-subset.md)`,
    );
  }
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'Type') {
    return [`${who}: Type is none of Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map`];
  }
  return [`${who}: ${field ? `${field} ` : ''}${issue.message}`];
}
