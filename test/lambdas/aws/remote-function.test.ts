import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { runRemote } from '../../../lambdas/aws/remote-function.ts';
import { handler } from '../../../lambdas/call-site/handler.ts';
import { deploy, memoryLedger } from '../memory-ledger.ts';

const lambda = mockClient(LambdaClient);
const at = { region: 'eu-west-1', functionName: 'lifeboat-dev-set-writers' };
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value)) as never;

beforeEach(() => lambda.reset());

test('the answer of another function is handed on', async () => {
  lambda.on(InvokeCommand).resolves({ Payload: bytes({ done: true }) });
  expect(await runRemote(at, { want: 'stopped' })).toEqual({ done: true });
});

test('what it threw is thrown under its own name', async () => {
  lambda.on(InvokeCommand).resolves({
    FunctionError: 'Unhandled',
    Payload: bytes({ errorType: 'LockLost', errorMessage: 'it is held by another' }),
  });
  await expect(runRemote(at, {})).rejects.toMatchObject({
    name: 'LockLost',
    message: 'it is held by another',
  });
});

test.each([
  { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out' },
  { errorMessage: 'out of memory' },
])('a function that died may be asked again: %o', async (payload) => {
  lambda.on(InvokeCommand).resolves({ FunctionError: 'Unhandled', Payload: bytes(payload) });
  await expect(runRemote(at, {})).rejects.toMatchObject({ name: 'TryAgain' });
});

test('a region that does not answer passes by itself; a refusal does not', async () => {
  lambda.on(InvokeCommand).rejects(Object.assign(new Error('late'), { name: 'TimeoutError' }));
  await expect(runRemote(at, {})).rejects.toMatchObject({ name: 'TryAgain' });
  lambda.on(InvokeCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
  await expect(runRemote(at, {})).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

describe('call-site', () => {
  const functions = { 'set-writers': 'lifeboat-dev-set-writers' };
  beforeEach(() => {
    memoryLedger();
    deploy({
      environment: 'dev',
      ledgerBucket: 'ledger',
      sites: {
        primary: { region: 'eu-west-1', functions },
        standby: { region: 'eu-central-1', functions: {} },
      },
    });
    lambda.on(InvokeCommand).resolves({ Payload: bytes('ran') });
  });

  test('runs what its deployment names, and nothing else', async () => {
    expect(await handler({ site: 'primary', task: 'set-writers', payload: { a: 1 } })).toBe('ran');
    expect(lambda.commandCalls(InvokeCommand)[0]?.args[0].input.FunctionName).toBe(
      'lifeboat-dev-set-writers',
    );
    for (const task of ['query-database', 'constructor', '']) {
      await expect(handler({ site: 'primary', task, payload: {} })).rejects.toMatchObject({
        name: 'InvalidInput',
      });
    }
    await expect(handler({ site: 'standby', task: 'set-writers', payload: {} })).rejects.toMatchObject({
      name: 'InvalidInput',
    });
  });

  test('asks the site that users are on when it is to ask the active one', async () => {
    expect(await handler({ site: 'active', task: 'set-writers', payload: {} })).toBe('ran');
    memoryLedger().write('switch.json', { site: 'standby', epoch: 1, incidentId: 'inc-1', changedAt: '' });
    await expect(handler({ site: 'active', task: 'set-writers', payload: {} })).rejects.toMatchObject({
      name: 'InvalidInput',
    });
  });

  test('refuses a site that does not exist', async () => {
    await expect(
      handler({ site: 'elsewhere' as 'primary', task: 'set-writers', payload: {} }),
    ).rejects.toMatchObject({ message: 'site: got elsewhere, allowed: primary, standby, active' });
  });
});
