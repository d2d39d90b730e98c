import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { AddressBook } from '../world/network.ts';
import type { Credentials, SandboxFunction } from './contract.ts';

const bootstrap = fileURLToPath(new URL('./child/bootstrap.mjs', import.meta.url));

/** Lambda gives a function ten seconds to initialise before its own timeout starts. */
const INIT_TIMEOUT = 10_000;

/** What a function answers when it fails, as Lambda's runtime words it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type Outcome = { readonly payload: string } | { readonly error: FunctionError };

interface Call {
  readonly requestId: string;
  /** JSON text. */
  readonly payload: string;
  /** Incident time, milliseconds since the epoch. */
  readonly now: number;
  readonly addressBook: AddressBook;
}

interface Ran {
  readonly outcome: Outcome;
  /** Real milliseconds. */
  readonly initMs: number;
  readonly runMs: number;
}

interface Reply {
  readonly requestId?: string;
  readonly started?: true;
  readonly payload?: string;
  readonly error?: FunctionError;
  readonly spoilt?: true;
}

interface EnvironmentOptions {
  readonly fn: SandboxFunction;
  readonly credentials: Credentials;
  readonly awsEndpoint: string;
  /** PEM file of the world's authority. */
  readonly caFile?: string | undefined;
  readonly onLine: (stream: 'stdout' | 'stderr', line: string) => void;
}

/** One process that runs one function, one invocation at a time. */
export class ExecutionEnvironment {
  readonly #fn: SandboxFunction;
  readonly #child: ChildProcess;
  #spoilt = false;

  constructor({ fn, credentials, awsEndpoint, caFile, onLine }: EnvironmentOptions) {
    this.#fn = fn;
    this.#child = fork(bootstrap, [], {
      cwd: fn.directory,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...fn.environment,
        AWS_REGION: fn.region,
        AWS_DEFAULT_REGION: fn.region,
        AWS_LAMBDA_FUNCTION_NAME: fn.name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memorySize),
        _HANDLER: fn.handler,
        LAMBDA_TASK_ROOT: fn.directory,
        TZ: 'UTC',
        // The SDK reads ~/.aws: not that of the person at the keyboard.
        HOME: fn.directory,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
        AWS_ENDPOINT_URL: awsEndpoint,
        ...(caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: caFile }),
      },
    });
    this.#child.once('exit', () => (this.#spoilt = true));
    this.#child.once('error', () => (this.#spoilt = true));
    for (const stream of ['stdout', 'stderr'] as const) {
      const input = this.#child[stream];
      if (input) createInterface({ input }).on('line', (line) => onLine(stream, line));
    }
  }

  /** It may not run another invocation. */
  get spoilt(): boolean {
    return this.#spoilt;
  }

  /** Run the function; it is killed when it takes longer than its timeout. Never rejects. */
  run(call: Call): Promise<Ran> {
    const child = this.#child;
    const called = performance.now();
    const timeout = this.#fn.timeout * 1_000;
    let started = 0;

    return new Promise((resolve) => {
      const finish = (outcome: Outcome) => {
        clearTimeout(timer);
        child.off('message', listen);
        child.off('exit', exited);
        child.off('error', failed);
        const now = performance.now();
        resolve({ outcome, initMs: (started || now) - called, runMs: started ? now - started : 0 });
      };
      const fail = (errorType: string, errorMessage: string) =>
        finish({ error: { errorType, errorMessage } });
      const timedOut = (seconds: number) => {
        this.kill();
        const message = `RequestId: ${call.requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`;
        fail('Sandbox.Timedout', message);
      };
      const exited = (code: number | null, signal: string | null) => {
        const how = signal ? `signal: ${signal}` : `exit status ${code ?? 0}`;
        const reason = code === 0 ? 'exited without providing a reason' : `exited with error: ${how}`;
        fail('Runtime.ExitError', `RequestId: ${call.requestId} Error: Runtime ${reason}`);
      };
      const failed = (error: Error) => fail('Runtime.InvalidEntrypoint', error.message);
      const listen = (message: unknown) => {
        const reply = message as Reply;
        if (reply.requestId !== call.requestId) return;
        if (reply.spoilt) this.#spoilt = true;
        if (reply.error) finish({ error: reply.error });
        else if (reply.payload !== undefined) finish({ payload: reply.payload });
        else if (reply.started) {
          started = performance.now();
          clearTimeout(timer);
          timer = setTimeout(timedOut, timeout, this.#fn.timeout);
        }
      };
      let timer = setTimeout(timedOut, INIT_TIMEOUT + timeout, this.#fn.timeout);
      child.on('message', listen);
      child.once('exit', exited);
      child.once('error', failed);
      const { name, arn, memorySize } = this.#fn;
      const context = {
        functionName: name,
        functionVersion: '$LATEST',
        invokedFunctionArn: arn,
        memoryLimitInMB: String(memorySize),
        logGroupName: `/aws/lambda/${name}`,
        logStreamName: `[$LATEST]${call.requestId}`,
      };
      child.send({ ...call, context, timeout }, (error) => {
        if (error && !this.#spoilt) failed(error);
      });
    });
  }

  kill(): void {
    this.#spoilt = true;
    this.#child.kill('SIGKILL');
  }

  async stopped(): Promise<void> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
      await once(child, 'exit');
  }
}
