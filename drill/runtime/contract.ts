import type { Invocation } from '../cloud/contract.ts';

/** What a sandbox needs to know of a function. */
export interface SandboxFunction {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  /** Where its code is: LAMBDA_TASK_ROOT. */
  readonly directory: string;
  /** `index.handler` */
  readonly handler: string;
  /** MB; told to the function, not enforced. */
  readonly memorySize: number;
  /** Seconds. */
  readonly timeout: number;
  /** The template's variables. */
  readonly environment: Readonly<Record<string, string>>;
  readonly roleArn: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A line that a function printed. */
export interface LogLine {
  /** Incident time, milliseconds since the epoch. */
  readonly at: number;
  /** Name of the function. */
  readonly function: string;
  readonly requestId: string;
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

/** An invocation that has ended. */
export interface InvocationRecord {
  readonly function: string;
  readonly requestId: string;
  /** Incident time, milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** It had to wait for a new process. */
  readonly cold: boolean;
  /** Real milliseconds, from the call until the handler ran, and from there to its answer. */
  readonly initMs: number;
  readonly runMs: number;
  /** Name of the error, when it failed. */
  readonly errorType?: string;
}

/** Runs functions as Lambda does: one process per execution environment, kept warm. */
export interface Sandbox {
  /** @param payload JSON text */
  invoke(fn: SandboxFunction, payload: string, requestId: string): Promise<Invocation>;
  logs(): readonly LogLine[];
  invocations(): readonly InvocationRecord[];
  /** End the processes that wait for work, as Lambda does after a while: the next invocations start cold. */
  recycle(): Promise<void>;
  /** End every process; invocations under way fail. */
  stop(): Promise<void>;
}
