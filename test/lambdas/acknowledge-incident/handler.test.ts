import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Input, Output } from '../../../lambdas/acknowledge-incident/contract.ts';
import { handler } from '../../../lambdas/acknowledge-incident/handler.ts';
import { aLock, anIncident, aRecord, duringAnIncident, startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';
import { fakeSendNotice, ofDev, type SendNotice } from './deployed.ts';

const { id } = anIncident;
const at = '2026-11-23T04:05:00.000Z';
const invoke = (input: Partial<Input> | Record<string, unknown>) =>
  handler({ incident: id, by: 'Ada', ...input }) as Promise<Output>;
let sendNotice: SendNotice;

beforeEach(() => {
  deploy(ofDev);
  sendNotice = fakeSendNotice();
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(at) });
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('on the command line', () => {
  it('takes the call, and starts send-notice without waiting for it', async () => {
    const bucket = startBucket(duringAnIncident());
    const acknowledged = { at, by: 'Ada', via: 'command line' };
    expect(await invoke({})).toEqual({ incident: id, acknowledged, note: null });
    expect(bucket.record(id).acknowledged).toEqual(acknowledged);
    expect(sendNotice.started).toEqual([
      {
        functionName: 'lifeboat-dev-send-notice',
        type: 'Event',
        input: { incident: anIncident, kind: 'acknowledged', detail: 'Ada (command line)' },
      },
    ]);
  });

  it('writes a note, which takes no call', async () => {
    const bucket = startBucket(duringAnIncident());
    const note = { at, by: 'Ada', via: 'command line', text: 'zone b is gone' };
    expect(await invoke({ note: 'zone b is gone' })).toEqual({ incident: id, acknowledged: null, note });
    expect(bucket.record(id)).toMatchObject({ notes: [note] });
    expect(bucket.record(id).acknowledged).toBeUndefined();
    expect(sendNotice.started.map(({ input }) => input)).toEqual([
      { incident: anIncident, kind: 'note', detail: 'Ada: zone b is gone' },
    ]);
  });

  it('does both when it is asked to', async () => {
    const bucket = startBucket(duringAnIncident());
    await invoke({ note: 'zone b is gone', acknowledge: true });
    expect(bucket.record(id)).toMatchObject({ acknowledged: { by: 'Ada' }, notes: [{ by: 'Ada' }] });
    expect(sendNotice.started).toHaveLength(1);
  });

  it('tried again says the same, and writes nothing twice', async () => {
    const bucket = startBucket(duringAnIncident());
    const input = { note: 'zone b is gone', acknowledge: true };
    const first = await invoke(input);
    vi.setSystemTime(Date.parse(at) + 60_000);
    expect(await invoke(input)).toEqual(first);
    expect(bucket.record(id).timeline).toHaveLength(2);
  });

  it('keeps the note of a second person, and says who has the call', async () => {
    const bucket = startBucket(duringAnIncident());
    await invoke({});
    await expect(invoke({ by: 'Grace', note: 'me too', acknowledge: true })).rejects.toMatchObject({
      name: 'AcknowledgementRefused',
      message: `Ada has the call of ${id} since ${at} (command line): ask them.`,
    });
    expect(bucket.record(id).notes).toMatchObject([{ by: 'Grace', text: 'me too' }]);
    expect(sendNotice.started.map(({ input }) => input.kind)).toEqual(['acknowledged', 'note']);
  });

  it('stands when nobody can be told', async () => {
    const bucket = startBucket(duringAnIncident());
    sendNotice.failure = awsError('TooManyRequestsException', 'slow down', 429);
    expect(await invoke({})).toMatchObject({ acknowledged: { by: 'Ada' } });
    expect(bucket.record(id).acknowledged).toMatchObject({ by: 'Ada' });
  });

  it('means the incident that is open, by the lock', async () => {
    startBucket(duringAnIncident());
    expect(await invoke({ incident: 'open' })).toMatchObject({ incident: id });
    startBucket({ 'lock.json': aLock({ state: 'free' }), [`incidents/${id}.json`]: aRecord() });
    await expect(invoke({ incident: 'open' })).rejects.toMatchObject({
      name: 'AcknowledgementRefused',
      message: expect.stringContaining('No incident is open in dev'),
    });
  });

  it('is refused for an incident that nobody knows', async () => {
    startBucket(duringAnIncident());
    await expect(invoke({ incident: 'dev-x' })).rejects.toMatchObject({ name: 'AcknowledgementRefused' });
    expect(sendNotice.started).toEqual([]);
  });
});

describe('an input that is wrong', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ incident: '../lock' }, 'incident: got "../lock", allowed: the id of an incident'],
    [{ incident: undefined }, 'incident: got nothing'],
    [{ by: ' ' }, 'by: got " ", allowed: one line of text, 1 to 200 characters'],
    [{ by: 'a\nb' }, 'by: got "a\\nb"'],
    [{ note: '' }, 'note: got "", allowed: 1 to 2000 characters'],
    [{ note: 'x'.repeat(2_001) }, 'note: got "xxx'],
    [{ note: 'a\u001b[31m' }, 'note: got'],
    [{ note: 7 }, 'note: got 7'],
    [{ acknowledge: 'yes' }, 'acknowledge: got "yes", allowed: true, false'],
    [{ acknowledge: false }, 'note: got nothing, allowed: a text when the call is not taken'],
  ])('%j is refused with what is allowed', async (input, message) => {
    const bucket = startBucket(duringAnIncident());
    await expect(invoke(input)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining(message),
    });
    expect(bucket.calls).toEqual([]);
  });

  it('of whatever shape is refused with a sentence', async () => {
    startBucket(duringAnIncident());
    await fc.assert(
      fc.asyncProperty(
        fc.anything().filter((event) => !Object.hasOwn(Object(event) as object, 'requestContext')),
        async (event) => {
          await expect(handler(event)).rejects.toMatchObject({ name: 'InvalidInput' });
        },
      ),
    );
  });

  it('takes a note of exactly the longest', async () => {
    const bucket = startBucket(duringAnIncident());
    await invoke({ note: 'x'.repeat(2_000) });
    expect(bucket.record(id).notes?.[0]?.text).toHaveLength(2_000);
  });
});
