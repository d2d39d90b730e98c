import type { Clock } from '../clock.ts';
import type { Invocation } from '../cloud/contract.ts';
import type { AddressBook } from '../world/network.ts';
import type { Credentials, InvocationRecord, LogLine, Sandbox, SandboxFunction } from './contract.ts';
import { ExecutionEnvironment, type FunctionError, type Outcome } from './execution-environment.ts';

interface SandboxOptions {
  readonly clock: Clock;
  /** `http://127.0.0.1:<port>`; asked when an environment starts. */
  readonly awsEndpoint: () => string;
  readonly credentialsFor: (roleArn: string) => Credentials;
  /** Asked at every invocation: sites come and go. */
  readonly addressBook: () => AddressBook;
  /** PEM file of the authority that signs the world's certificates. */
  readonly caFile?: string | undefined;
}

/** What Lambda can answer at most to a synchronous call: 6 MB and a little (lambda quotas). */
const MAX_ANSWER = 6_291_556;

interface Pooled {
  readonly environment: ExecutionEnvironment;
  requestId: string;
  busy: boolean;
}

/**
 * Start the place where functions run.
 *
 * Every environment is a process of its own with its function's variables and credentials and nothing of
 * this process's. While a function works, incident time passes at its own pace.
 */
export function startSandbox(options: SandboxOptions): Sandbox {
  const { clock } = options;
  const pools = new Map<string, Pooled[]>();
  const lines: LogLine[] = [];
  const records: InvocationRecord[] = [];
  let stopped = false;

  const everyEnvironment = () => [...pools.values()].flat().map(({ environment }) => environment);
  const killAll = () => everyEnvironment().forEach((environment) => environment.kill());
  process.once('exit', killAll);

  function open(fn: SandboxFunction): Pooled {
    const pooled: Pooled = {
      requestId: '',
      busy: false,
      environment: new ExecutionEnvironment({
        fn,
        credentials: options.credentialsFor(fn.roleArn),
        awsEndpoint: options.awsEndpoint(),
        caFile: options.caFile,
        onLine: (stream, line) =>
          lines.push({ at: clock.now(), function: fn.name, requestId: pooled.requestId, stream, line }),
      }),
    };
    return pooled;
  }

  async function run(fn: SandboxFunction, payload: string, requestId: string): Promise<Invocation> {
    const startedAt = clock.now();
    const pool = (pools.get(fn.arn) ?? []).filter(({ environment }) => !environment.spoilt);
    const warm = pool.find(({ busy }) => !busy);
    const pooled = warm ?? open(fn);
    pools.set(fn.arn, warm ? pool : [...pool, pooled]);
    pooled.busy = true;
    pooled.requestId = requestId;
    const call = { requestId, payload, now: startedAt, addressBook: options.addressBook() };
    const { outcome, initMs, runMs } = await pooled.environment.run(call);
    pooled.busy = false;
    const invocation = answer(outcome);
    records.push({
      function: fn.name,
      requestId,
      startedAt,
      endedAt: clock.now(),
      cold: !warm,
      initMs,
      runMs,
      ...(invocation.ok ? {} : { errorType: invocation.errorType }),
    });
    return invocation;
  }

  return {
    invoke(fn, payload, requestId) {
      if (stopped) return Promise.reject(new Error(`${fn.name}: the sandbox has stopped`));
      return clock.busy(() => run(fn, payload, requestId));
    },
    logs: () => lines,
    invocations: () => records,
    async recycle() {
      const idle = [...pools.values()].flat().filter(({ busy }) => !busy);
      for (const { environment } of idle) environment.kill();
      await Promise.all(idle.map(({ environment }) => environment.stopped()));
    },
    async stop() {
      stopped = true;
      process.off('exit', killAll);
      const running = everyEnvironment();
      killAll();
      await Promise.all(running.map((environment) => environment.stopped()));
    },
  };
}

function answer(outcome: Outcome): Invocation {
  if ('error' in outcome) return failed(outcome.error);
  const size = Buffer.byteLength(outcome.payload);
  if (size > MAX_ANSWER) {
    return failed({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_ANSWER} bytes).`,
    });
  }
  return { ok: true, payload: JSON.parse(outcome.payload) as unknown };
}

function failed(error: FunctionError): Invocation {
  return { ok: false, errorType: error.errorType, errorMessage: error.errorMessage, payload: error };
}
