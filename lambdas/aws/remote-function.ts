import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { RemoteFunction } from '../database/contract.ts';
import { TryAgain } from '../incident/errors.ts';
import { describeFailure, passesByItself } from './api-failure.ts';
import { clientOptions } from './client.ts';

/** A function that is asked may take so long, milliseconds: shorter than the 60 s of the states that wait for it. */
const patience = 45_000;

const clients = new Map<string, LambdaClient>();

/** What the other function threw, under its own name: `Catch` and `Retry` of a machine see no difference. */
class Rethrown extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
    this.stack = `${name}: ${message}`;
  }
}

/**
 * Run a function of another region, or of this one, and wait for what it answers.
 *
 * @throws what the function threw, under its own name
 * @throws TryAgain when Lambda throttles, fails or does not answer, and when the function died
 */
export async function runRemote(
  { region, functionName }: RemoteFunction,
  payload: unknown,
): Promise<unknown> {
  const client =
    clients.get(region) ??
    new LambdaClient({
      ...clientOptions(region),
      // Asked twice it would do everything twice; who calls knows whether that is wanted.
      maxAttempts: 1,
      requestHandler: { ...clientOptions(region).requestHandler, requestTimeout: patience },
    });
  clients.set(region, client);
  const answer = await client
    .send(new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(payload)) }))
    .catch((error: unknown) => {
      if (!passesByItself(error)) throw error;
      const what = `${functionName} in ${region}: ${describeFailure(error)}`;
      throw new TryAgain(what, { cause: error });
    });
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  if (answer.FunctionError === undefined) return text === '' ? null : (JSON.parse(text) as unknown);
  const { errorType, errorMessage } = parsed(text);
  // A function that was killed, or ran out of time or memory, says so in a type of Lambda's own, or in none.
  if (errorType === undefined || /^(Sandbox\.|Runtime\.|Function\.)/.test(errorType)) {
    throw new TryAgain(`${functionName} in ${region} died: ${errorMessage ?? text}`);
  }
  throw new Rethrown(errorType, errorMessage ?? `${functionName} in ${region} failed`);
}

function parsed(text: string): { readonly errorType?: string; readonly errorMessage?: string } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
