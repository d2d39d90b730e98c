import { runRemote } from '../aws/remote-function.ts';
import { InvalidInput } from '../incident/errors.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';

/** Step Functions only calls functions of its own region: this one calls those of the primary's for it. */
export async function handler({ task, payload }: Input): Promise<Output> {
  const { region, functions } = settings<Settings>();
  const functionName = Object.hasOwn(functions, task) ? functions[task] : undefined;
  if (functionName === undefined) {
    throw new InvalidInput(`task: got ${task}, allowed: ${Object.keys(functions).join(', ')}`);
  }
  return runRemote({ region, functionName }, payload);
}
