import type { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { TaskFunction, type TaskNetwork } from './task-function.ts';

interface TaskOptions {
  /** Seconds. */
  readonly timeout?: number;
  readonly vpc?: TaskNetwork | undefined;
  readonly roleName?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

export type MakeTask = <Settings>(
  folder: string,
  settings: Settings,
  options?: TaskOptions,
) => TaskFunction<Settings>;

/** Makes the tasks of one construct, each under its folder's name as a state machine spells it. */
export function taskMaker(scope: Construct, { name }: Environment): MakeTask {
  return (folder, settings, { timeout, vpc, roleName, variables } = {}) =>
    new TaskFunction(scope, pascal(folder), {
      task: folder,
      environmentName: name,
      settings,
      ...(timeout === undefined ? {} : { timeout }),
      ...(vpc ? { vpc } : {}),
      ...(roleName === undefined ? {} : { roleName }),
      ...(variables ? { variables } : {}),
    });
}

/** `switch-dns` as it stands in a state machine: `SwitchDns`. */
function pascal(folder: string): string {
  return folder.replaceAll(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}
