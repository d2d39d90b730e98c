import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..');
const ending = '.asl.json';

export const at = 'arn:aws:states:eu-central-1:111111111111';

/** A state as it is written, as far as the tests read it. */
export interface WrittenState {
  readonly Type: string;
  readonly Resource?: string;
  /** A number, or an expression that gives one. */
  readonly TimeoutSeconds?: number | string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Condition: string; readonly Next: string }[];
  readonly Retry?: readonly Handler[];
  readonly Catch?: readonly (Handler & { readonly Next: string })[];
  readonly ItemProcessor?: Workflow;
}

interface Workflow {
  readonly States: Readonly<Record<string, WrittenState>>;
}

interface Handler {
  readonly ErrorEquals: readonly string[];
}

export interface WrittenMachine {
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<string, WrittenState>>;
}

/** Files of `statemachines/` without their ending: `incident`. */
export const machines: readonly string[] = readdirSync(path.join(root, 'statemachines'))
  .filter((file) => file.endsWith(ending))
  .map((file) => file.slice(0, -ending.length));

/** Folders of `lambdas/` that are a function: `open-incident`. */
export const functions: readonly string[] = readdirSync(path.join(root, 'lambdas')).filter((folder) =>
  existsSync(path.join(root, 'lambdas', folder, 'handler.ts')),
);

export function textOf(machine: string): string {
  return readFileSync(path.join(root, 'statemachines', `${machine}${ending}`), 'utf8');
}

export function written(machine: string): WrittenMachine {
  return JSON.parse(textOf(machine)) as WrittenMachine;
}

type Named = readonly [name: string, state: WrittenState];

export function tasksOf(machine: string): readonly Named[] {
  return Object.entries(written(machine).States).filter(([, { Type }]) => Type === 'Task');
}

/** Those within the Map states of a machine, however deep. */
export function innerTasksOf(machine: string): readonly Named[] {
  const within = (workflow: Workflow): readonly Named[] =>
    Object.entries(workflow.States).flatMap((entry) => [
      ...(entry[1].Type === 'Task' ? [entry] : []),
      ...(entry[1].ItemProcessor ? within(entry[1].ItemProcessor) : []),
    ]);
  return Object.values(written(machine).States).flatMap(({ ItemProcessor }) =>
    ItemProcessor ? within(ItemProcessor) : [],
  );
}

/** What stands as `${Name}` in a machine. */
export function placeholdersOf(machine: string): readonly string[] {
  return [...new Set([...textOf(machine).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => String(name)))];
}

/** `OpenIncident` for `open-incident`. */
export function pascal(name: string): string {
  return name.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}

export function functionArn(name: string): string {
  return `arn:aws:lambda:eu-central-1:111111111111:function:${name}`;
}

export function machineArn(name: string): string {
  return `${at}:stateMachine:${name}`;
}

/** The machine with an ARN for every placeholder, as it is deployed. */
export function deployed(machine: string): string {
  const arns = new Map([
    ...functions.map((name) => [pascal(name), functionArn(name)] as const),
    ...machines.map((name) => [pascal(name), machineArn(name)] as const),
  ]);
  return textOf(machine).replace(
    /\$\{(\w+)\}/g,
    (placeholder, name: string) => arns.get(name) ?? placeholder,
  );
}
