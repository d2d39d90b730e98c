import { afterEach } from 'vitest';
import { WorldClock } from '../../../drill/clock.ts';
import type { Json } from '../../../drill/engine/json.ts';
import { readMachine } from '../../../drill/engine/load.ts';
import { runMachine, type Execution, type Outcome, type RunOptions } from '../../../drill/engine/run.ts';

export const start = Date.parse('2026-03-01T12:00:00Z');
const clocks: WorldClock[] = [];
afterEach(() => {
  for (const clock of clocks.splice(0)) clock.stop();
});

export function newClock(): WorldClock {
  const clock = new WorldClock({ start, speed: Infinity, whileBusy: 'not-at-all' });
  clocks.push(clock);
  return clock;
}

/** A machine of these states that begins with the first of them. */
export function machineOf(states: Record<string, unknown>, more: Record<string, unknown> = {}): unknown {
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...more };
}

/** One Task with a made-up integration, `arn:aws:states:::lambda:invoke`, and these fields. */
export function taskWith(fields: Record<string, unknown>): Record<string, unknown> {
  return { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments: {}, End: true, ...fields };
}

export function begin(definition: unknown, options: Partial<RunOptions> = {}): Execution {
  return runMachine(readMachine(definition), { clock: newClock(), random: () => 0.5, ...options });
}

export function run(definition: unknown, options: Partial<RunOptions> = {}): Promise<Outcome> {
  return begin(definition, options).ended;
}

/** Output of one Pass state whose Output is `{ value: <expression> }`. */
export async function valueOf(expression: string, input: unknown = {}): Promise<Json | undefined> {
  const state = { Type: 'Pass', Output: { value: `{% ${expression} %}` }, End: true };
  const outcome = await run(machineOf({ Only: state }), { input });
  if (outcome.status !== 'SUCCEEDED') throw new Error(`${outcome.error}: ${outcome.cause}`);
  return (outcome.output as { value: Json }).value;
}

export function typesOf(execution: Execution): string[] {
  return execution.events.map(({ type }) => String(type));
}
