import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { RemoteFunction } from '../database/contract.ts';
import { clientOptions } from './client.ts';

const clients = new Map<string, LambdaClient>();

/**
 * Have a function run, and do not wait for it: a person waits for whoever asks. Lambda queues the event, and tries it
 * twice again when the function fails.
 *
 * One try of 2.5 s at most, because Slack gives a button 3 s.
 *
 * @throws what the SDK throws when the event was not taken
 */
export async function startRemote({ region, functionName }: RemoteFunction, payload: unknown): Promise<void> {
  const client =
    clients.get(region) ??
    new LambdaClient({
      ...clientOptions(region),
      maxAttempts: 1,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 1_500, throwOnRequestTimeout: true },
    });
  clients.set(region, client);
  await client.send(
    new InvokeCommand({
      FunctionName: functionName,
      InvocationType: 'Event',
      Payload: Buffer.from(JSON.stringify(payload)),
    }),
  );
}
