import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/** An environment as it is deployed. */
export interface Deployed {
  readonly name: string;
  readonly account: string;
  /** Of the standby site, where the recovery runs. */
  readonly region: string;
}

export interface Access {
  /** Instead of AWS's own; default AWS_ENDPOINT_URL, as the SDK reads it. */
  readonly endpoint?: string | undefined;
  /** Default: as the SDK finds them. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

/** What a command runs. */
export interface Call {
  /** The function's name without the environment's: `answer-approval`. */
  readonly task: string;
  /** Made with the ARN of whoever the credentials belong to. */
  readonly input: (by: string) => unknown;
  /** Errors of the function that say no, rather than that it failed. */
  readonly refusals: readonly string[];
  /** What is not known when it failed, and what to do. */
  readonly unknown: string;
}

/** The function says no, or its input is wrong; the message says why and what to do. */
export class Refused extends Error {
  override readonly name = 'Refused';
  /** As the function called it: `ApprovalRefused`, `InvalidInput`. */
  readonly because: string;

  constructor(because: string, message: string) {
    super(message);
    this.because = because;
  }
}

/** AWS could not be asked: no credentials, the wrong account, no such function, no answer. */
export class NotReached extends Error {
  override readonly name = 'NotReached';
}

/**
 * Run a function of an environment as whoever the credentials belong to, and only in that environment's account.
 *
 * @throws Refused when the function refuses
 * @throws NotReached when nobody could be asked, or the function failed
 */
export async function invokeDeployed(
  environment: Deployed,
  call: Call,
  { endpoint, credentials }: Access,
): Promise<unknown> {
  const options = clientOptions(environment, { endpoint, credentials });
  const sts = new STSClient(options);
  const lambda = new LambdaClient(options);
  try {
    const by = await callerOf(sts, environment);
    return await invoke(lambda, `lifeboat-${environment.name}-${call.task}`, call.input(by), call);
  } finally {
    sts.destroy();
    lambda.destroy();
  }
}

/** What an SDK client of a command is made with. */
export function clientOptions({ region }: Deployed, { endpoint, credentials }: Access) {
  return {
    region,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

/**
 * The ARN of whoever the credentials belong to.
 *
 * @throws NotReached when they are of another account
 */
export async function callerOf(sts: STSClient, { name, account }: Deployed): Promise<string> {
  const caller = await asked('who you are', () => sts.send(new GetCallerIdentityCommand({})));
  if (caller.Account !== account) {
    throw new NotReached(
      `your credentials are of account ${caller.Account ?? 'unknown'}, and ${name} is in ${account}: use those of ${account}`,
    );
  }
  return caller.Arn ?? 'unknown';
}

async function invoke(
  lambda: LambdaClient,
  functionName: string,
  input: unknown,
  { refusals, unknown }: Call,
): Promise<unknown> {
  const { FunctionError, Payload } = await asked(functionName, () =>
    lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(input)) }),
    ),
  );
  const answer = JSON.parse(Buffer.from(Payload ?? []).toString('utf8') || 'null') as unknown;
  if (FunctionError === undefined) return answer;
  const { errorType = FunctionError, errorMessage = 'it did not say why' } = (answer ?? {}) as {
    readonly errorType?: string;
    readonly errorMessage?: string;
  };
  if (refusals.includes(errorType)) throw new Refused(errorType, errorMessage);
  throw new NotReached(`${functionName} failed (${errorType}: ${errorMessage}). ${unknown}`);
}

async function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    throw new NotReached(`AWS could not be asked about ${what} (${name}: ${message || 'no message'})`, {
      cause: error,
    });
  }
}
