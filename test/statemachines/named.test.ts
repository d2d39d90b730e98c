import { describe, expect, it } from 'vitest';
import * as errors from '../../lambdas/incident/errors.ts';
import { innerTasksOf, machines, tasksOf as outerTasksOf } from './definitions.ts';

/** Errors of Step Functions, of Lambda and its sandbox, and of Step Functions as a service. */
const foreign = /^(States|Lambda|Sandbox|StepFunctions)\./;
const family = Object.keys(errors);
const tasksOf = (machine: string) => [...outerTasksOf(machine), ...innerTasksOf(machine)];

function namesOf(machine: string): readonly string[] {
  return tasksOf(machine).flatMap(([, { Retry = [], Catch = [] }]) =>
    [...Retry, ...Catch].flatMap(({ ErrorEquals }) => ErrorEquals),
  );
}

describe('error names', () => {
  it.each(machines)('in %s are those of classes, or of AWS', (machine) => {
    const own = namesOf(machine).filter((name) => !foreign.test(name));
    expect(own.filter((name) => !family.includes(name))).toEqual([]);
  });

  it.each(family)('has %s, which a machine tells apart', (name) => {
    expect(machines.flatMap(namesOf)).toContain(name);
  });

  it.each(Object.entries(errors))('%s is what its instances say', (name, error) => {
    expect(new error('a sentence').name).toBe(name);
  });

  it.each(
    machines.flatMap((machine) => tasksOf(machine).map(([name, task]) => [machine, name, task] as const)),
  )(
    'in %s %s tells every class apart, or invokes no function',
    (_machine, _name, { Resource, Retry = [] }) => {
      if (!Resource?.includes('lambda')) return;
      const told = Retry.flatMap(({ ErrorEquals }) => ErrorEquals);
      expect(told).toEqual(expect.arrayContaining(family));
    },
  );
});
