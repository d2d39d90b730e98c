import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Approval, Input, Settings } from '../../../lambdas/request-approval/contract.ts';
import { handler } from '../../../lambdas/request-approval/handler.ts';
import type { Input as Notify } from '../../../lambdas/send-notice/contract.ts';
import { anIncident, duringAnIncident, startBucket, type Bucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const functions = mockClient(LambdaClient);
const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  sendNotice: { region: 'eu-central-1', functionName: 'lifeboat-dev-send-notice' },
};
const key = `approvals/${anIncident.id}/promotion.json`;
const input = (changes: Partial<Input> = {}): Input => ({
  incident: anIncident,
  gate: 'promotion',
  question: 'Shall the standby take over?\n- erlmcp: 4 s of writes would be lost.',
  evidence: 'replica lag 4 s <at 04:05>',
  taskToken: 'token-of-the-waiting-state',
  timeoutSeconds: 1_800,
  ...changes,
});
let bucket: Bucket;
let logged: string;
const approval = () => bucket.read<Approval>(key);
/** What send-notice was asked to tell. */
const asked = () =>
  functions
    .commandCalls(InvokeCommand)
    .map(({ args }) => JSON.parse(Buffer.from(args[0].input.Payload as Uint8Array).toString()) as Notify);

/** send-notice, as far as the question goes: it keeps on the record by which channel it was taken. */
function sendNotice(taken: Readonly<Record<string, boolean>>) {
  functions.on(InvokeCommand).callsFake(() => {
    const record = bucket.record(anIncident.id);
    const { gate = '', askedAt = '' } = record.pending?.at(-1) ?? {};
    const notices = Object.entries(taken).map(([channel, delivered]) => ({
      at: new Date().toISOString(),
      kind: 'approval',
      channel,
      audience: 'oncall',
      subject: 'a person must decide',
      key: `approval ${gate} ${askedAt}`,
      delivered,
      ...(delivered ? {} : { failure: 'HTTP 503' }),
    }));
    bucket.write(`incidents/${anIncident.id}.json`, {
      ...record,
      notices: [...record.notices, ...notices],
    });
    return Promise.resolve({ Payload: Buffer.from('{"sent":1,"failed":1,"open":true,"nextAt":null}') });
  });
}

beforeEach(() => {
  deploy(settings);
  bucket = startBucket(duringAnIncident());
  functions.reset();
  sendNotice({ email: true, slack: false });
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T04:10:00.000Z') });
  logged = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    logged += String(text);
    return true;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('keeps the question, notes it on the incident, and has on-call asked', async () => {
  expect(await handler(input())).toBeNull();
  expect(approval()).toMatchObject({
    state: 'asked',
    taskToken: 'token-of-the-waiting-state',
    expiresAt: '2026-11-23T04:40:00.000Z',
  });
  expect(bucket.record(anIncident.id)).toMatchObject({
    pending: [{ gate: 'promotion', expiresAt: '2026-11-23T04:40:00.000Z' }],
    timeline: [{ actor: 'request-approval', event: 'asks a person about the promotion' }],
  });
  expect(asked()).toEqual([{ incident: anIncident, kind: 'approval' }]);
});

it('tells nobody the token', async () => {
  await handler(input());
  const said = [logged, JSON.stringify(asked()), JSON.stringify(bucket.record(anIncident.id))];
  expect(said.join()).not.toContain('token-of-the-waiting-state');
});

it('asks nothing anew when its state is tried again, and keeps the new token', async () => {
  await handler(input());
  await handler(input({ taskToken: 'second' }));
  await handler(input({ taskToken: 'second' }));
  expect(approval().taskToken).toBe('second');
  expect(bucket.record(anIncident.id).timeline).toHaveLength(1);
});

it('is content with one way that reaches somebody, and fails when none does', async () => {
  expect(await handler(input())).toBeNull();
  sendNotice({ email: false, slack: false });
  await expect(handler(input({ gate: 'restore' }))).rejects.toMatchObject({
    name: 'TryAgain',
    message: 'nobody could be asked about the restore: email: HTTP 503; slack: HTTP 503',
  });
  sendNotice({});
  await expect(handler(input({ gate: 'hardware' }))).rejects.toMatchObject({
    message: 'nobody could be asked about the hardware: no channel was tried',
  });
});

it('wants to be tried again when send-notice does not answer', async () => {
  functions.on(InvokeCommand).rejects(awsError('ServiceException', 'dark', 500));
  await expect(handler(input())).rejects.toMatchObject({ name: 'TryAgain' });
});

it('leaves a question that was answered meanwhile alone', async () => {
  await handler(input());
  const answered = { ...approval(), state: 'approved' };
  bucket.write(key, answered);
  await handler(input());
  expect(approval()).toEqual(answered);
  expect(asked()).toHaveLength(1);
});
