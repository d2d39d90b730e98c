import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Input, Output } from '../lambdas/answer-approval/contract.ts';
import type { Gate } from '../lambdas/request-approval/contract.ts';

/** What somebody answers to a gate, and where. */
interface Approval {
  readonly environment: {
    readonly name: string;
    readonly account: string;
    /** Of the standby site, where the recovery runs. */
    readonly region: string;
  };
  readonly incident: string;
  /** Default: the one that asks. */
  readonly gate?: Gate;
  readonly decision: 'approve' | 'reject';
  readonly reason: string;
  /** Instead of AWS's own; default AWS_ENDPOINT_URL, as the SDK reads it. */
  readonly endpoint?: string;
  /** Default: as the SDK finds them. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The answer does not count, or its input is wrong; the message says why and what to do. */
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

const refusals: ReadonlySet<string> = new Set(['ApprovalRefused', 'InvalidInput']);

/**
 * Answer a gate as whoever the credentials belong to. It may be called again when it is not known what became of
 * it: the same answer decides once.
 *
 * @throws Refused when the answer does not count
 * @throws NotReached when nobody could be asked
 */
export async function approve(approval: Approval): Promise<Output> {
  const { environment, incident, gate, decision, reason, endpoint, credentials } = approval;
  const options = {
    region: environment.region,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const sts = new STSClient(options);
  const lambda = new LambdaClient(options);
  try {
    const by = await callerOf(sts, environment);
    const input: Input = { incident, decision, reason, by, ...(gate === undefined ? {} : { gate }) };
    return await invoke(lambda, `lifeboat-${environment.name}-answer-approval`, input);
  } finally {
    sts.destroy();
    lambda.destroy();
  }
}

async function callerOf(sts: STSClient, { name, account }: Approval['environment']): Promise<string> {
  const caller = await asked('who you are', () => sts.send(new GetCallerIdentityCommand({})));
  if (caller.Account !== account) {
    throw new NotReached(
      `your credentials are of account ${caller.Account ?? 'unknown'}, and ${name} is in ${account}: use those of ${account}`,
    );
  }
  return caller.Arn ?? 'unknown';
}

async function invoke(lambda: LambdaClient, functionName: string, input: Input): Promise<Output> {
  const { FunctionError, Payload } = await asked(functionName, () =>
    lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(input)) }),
    ),
  );
  const answer = JSON.parse(Buffer.from(Payload ?? []).toString('utf8') || 'null') as unknown;
  if (FunctionError === undefined) return answer as Output;
  const { errorType = FunctionError, errorMessage = 'it did not say why' } = (answer ?? {}) as {
    readonly errorType?: string;
    readonly errorMessage?: string;
  };
  if (refusals.has(errorType)) throw new Refused(errorType, errorMessage);
  throw new NotReached(
    `${functionName} failed (${errorType}: ${errorMessage}). It is not known whether your answer was kept: run the ` +
      'same command again, it decides once',
  );
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
