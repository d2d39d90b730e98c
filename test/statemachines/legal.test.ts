import validate from 'asl-validator';
import { describe, expect, it, test } from 'vitest';
import { resources } from '../../drill/cloud/states/integrations.ts';
import { loadMachine } from '../../drill/engine/load.ts';
import {
  deployed,
  innerTasksOf,
  machines,
  tasksOf,
  textOf,
  written,
  type WrittenMachine,
} from './definitions.ts';

describe.each(machines)('%s', (machine) => {
  it('is legal to asl-validator', () => {
    const verdict = validate(JSON.parse(deployed(machine)) as unknown, { checkPaths: true, checkArn: true });
    expect(verdict.isValid ? '' : verdict.errorsText('\n')).toBe('');
  });

  it('is legal to the engine, with the integrations that the local cloud has', () => {
    expect(() => loadMachine(deployed(machine), resources)).not.toThrow();
  });

  it('ends by a timeout at the latest', () => {
    expect(written(machine).TimeoutSeconds).toBeGreaterThan(0);
  });

  it.each(tasksOf(machine))(
    '%s has a timeout, is tried again, and has a way on when it fails',
    (_name, task) => {
      const { TimeoutSeconds: timeout = 0 } = task;
      if (typeof timeout === 'number') expect(timeout).toBeGreaterThan(0);
      else expect(timeout).toMatch(/^\{% \$\w+\.approvalSeconds %\}$/);
      expect(task.Retry?.length).toBeGreaterThan(0);
      expect(task.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    },
  );

  it('has a way on when a Map fails, of which every task has a timeout and is tried again', () => {
    const maps = Object.values(written(machine).States).filter(({ Type }) => Type === 'Map');
    for (const map of maps) expect(map.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    for (const [name, task] of innerTasksOf(machine)) {
      expect([name, task.TimeoutSeconds]).toEqual([name, expect.any(Number)]);
      expect([name, task.Retry?.length ?? 0]).not.toEqual([name, 0]);
    }
  });
});

test.each(machines)('no catcher of %s fails itself when a failure has no cause', (machine) => {
  // An expression without a value is States.QueryEvaluationError, and nothing catches that of a catcher.
  expect(textOf(machine)).not.toContain('"{% $states.errorOutput.Cause %}"');
});

test.each(machines.filter((machine) => machine !== 'status-updates'))(
  'every loop of %s passes a choice that counts; status updates end by the clock',
  (machine) => {
    const { States } = written(machine);
    const counts = (name: string) =>
      States[name]?.Choices?.some(({ Condition }) => /\$(asked|attempt|switched) (<|>=) \d+/.test(Condition));
    const endless = loopsOf(written(machine)).filter((loop) => !loop.some(counts));
    expect(endless).toEqual([]);
  },
);

test.each([
  ['site-failover', 'RunSiteFailover'],
  ['database-restore', 'RunDatabaseRestore'],
])('%s ends by its own timeout before the incident gives up waiting for it', (machine, state) => {
  const { TimeoutSeconds: runbook = 0 } = written(machine);
  const waiting = Number(written('incident').States[state]?.TimeoutSeconds ?? 0);
  const { TimeoutSeconds: incident = 0 } = written('incident');
  expect(runbook).toBeGreaterThan(0);
  expect(runbook).toBeLessThan(waiting);
  expect(waiting).toBeLessThan(incident);
  expect(incident).toBeLessThan(written('status-updates').TimeoutSeconds ?? 0);
});

/** The simple cycles of a machine, each once, as the names of its states. */
function loopsOf({ States }: WrittenMachine): readonly (readonly string[])[] {
  const next = (name: string) => {
    const state = States[name];
    const ways = [state?.Next, state?.Default, ...(state?.Choices ?? []), ...(state?.Catch ?? [])];
    return [...new Set(ways.map((way) => (typeof way === 'object' ? way.Next : way)))].filter(
      (way) => way !== undefined,
    );
  };
  const order = Object.keys(States);
  const loops: string[][] = [];
  const walk = (path: readonly string[], first: number) => {
    for (const to of next(path.at(-1) ?? '')) {
      if (to === path[0]) loops.push([...path]);
      else if (order.indexOf(to) > first && !path.includes(to)) walk([...path, to], first);
    }
  };
  order.forEach((name, index) => walk([name], index));
  return loops;
}
