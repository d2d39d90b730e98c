import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import type { Settings } from '../../../lambdas/acknowledge-incident/contract.ts';
import type { Input as Notify } from '../../../lambdas/send-notice/contract.ts';

export const ofDev: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  application: 'erlmcp',
  signingSecret: 'lifeboat/dev/approvals',
  sendNotice: { region: 'eu-central-1', functionName: 'lifeboat-dev-send-notice' },
};

export interface Started {
  readonly functionName: string;
  readonly type: string;
  readonly input: Notify;
}

export interface SendNotice {
  readonly started: readonly Started[];
  failure: Error | null;
}

/** send-notice, as far as others start it. */
export function fakeSendNotice(): SendNotice {
  const started: Started[] = [];
  const fake: SendNotice = { started, failure: null };
  mockClient(LambdaClient)
    .on(InvokeCommand)
    .callsFake(
      (invoke: {
        readonly FunctionName: string;
        readonly InvocationType?: string;
        readonly Payload: Uint8Array;
      }) => {
        if (fake.failure) throw fake.failure;
        started.push({
          functionName: invoke.FunctionName,
          type: invoke.InvocationType ?? 'RequestResponse',
          input: JSON.parse(Buffer.from(invoke.Payload).toString('utf8')) as Notify,
        });
        return { StatusCode: 202 };
      },
    );
  return fake;
}
