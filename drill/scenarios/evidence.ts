import { servedWords } from '../report/plain.ts';
import type { Sample } from '../report/progress.ts';
import type { World } from '../world/world.ts';

/** Executions of one of the environment's machines. */
export function executionsOf({ cloud, environment }: World, machine: string) {
  const name = `lifeboat-${environment.name}-${machine}`;
  return cloud.states.executions().filter(({ stateMachineName }) => stateMachineName === name);
}

export function served({ servedBy }: Sample): string {
  return `the client ${servedWords(servedBy)}`;
}

export function time(at: number | undefined): string {
  return at === undefined ? 'never' : new Date(at).toISOString();
}
