import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Input, Output } from '../../../lambdas/answer-approval/contract.ts';
import { handler } from '../../../lambdas/answer-approval/handler.ts';
import type { Approval } from '../../../lambdas/request-approval/contract.ts';
import { anIncident, aRecord, startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';
import { approvalKey, asked, expiresAt, newWaiting, ofDev, whileAsked, type Waiting } from './waiting.ts';

const yes: Input = {
  incident: anIncident.id,
  gate: 'promotion',
  decision: 'approve',
  reason: 'the primary is lost for good',
  by: 'arn:aws:iam::111111111111:user/ada',
};
const answer = (changes: Partial<Input> = {}) => handler({ ...yes, ...changes }) as Promise<Output>;
let waiting: Waiting;
let logged: string;

beforeEach(() => {
  deploy(ofDev);
  waiting = newWaiting();
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T04:20:00.000Z') });
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

describe('an answer', () => {
  it.each([
    ['approve', 'approved'],
    ['reject', 'rejected'],
  ] as const)(
    'to %s is kept, noted on the incident, and heard by the state that waits',
    async (decision, state) => {
      const bucket = startBucket(whileAsked());
      const output = await answer({ decision });
      expect(output).toMatchObject({ state, by: yes.by, reason: yes.reason, via: 'command line' });
      expect(bucket.read(approvalKey)).toMatchObject({ ...output, taskToken: 'token-1' });
      expect(bucket.record(anIncident.id)).toMatchObject({
        pending: [],
        timeline: [{ actor: yes.by, event: `${state} the promotion (command line)`, detail: yes.reason }],
        acknowledged: { by: yes.by, via: 'command line' },
      });
      expect(waiting.heard).toEqual([
        { decision, by: yes.by, reason: yes.reason, decidedAt: '2026-11-23T04:20:00.000Z' },
      ]);
    },
  );

  it('needs no gate when one asks', async () => {
    startBucket(whileAsked());
    expect(await handler({ ...yes, gate: undefined })).toMatchObject({
      gate: 'promotion',
      state: 'approved',
    });
  });

  it('tells neither the token nor lets it out in a log', async () => {
    startBucket(whileAsked());
    const output = await answer();
    await answer({ by: 'mallory' }).catch((error: unknown) => (logged += String(error)));
    expect(JSON.stringify(output) + logged).not.toContain('token-1');
  });
});

describe('the same answer again', () => {
  it('changes nothing and is told what was decided', async () => {
    const bucket = startBucket(whileAsked());
    const first = await answer();
    const [record, approval] = [bucket.record(anIncident.id), bucket.read(approvalKey)];
    vi.setSystemTime('2026-11-23T04:25:00.000Z');
    expect(await answer()).toEqual({ ...first, deliveredAt: '2026-11-23T04:20:00.000Z' });
    expect([bucket.record(anIncident.id), bucket.read(approvalKey)]).toEqual([record, approval]);
    expect(waiting.heard).toHaveLength(1);
  });

  it.each([
    ['the waiting state could not be told', () => waiting.fail(awsError('ServiceUnavailable', 'x', 503), 3)],
    ['only its answer was lost', () => waiting.fail(awsError('ServiceUnavailable', 'x', 503), 3, true)],
  ])('finishes what was begun when %s', async (_, trouble) => {
    const bucket = startBucket(whileAsked());
    trouble();
    await expect(answer()).rejects.toMatchObject({ name: 'TryAgain' });
    expect(bucket.read<Approval>(approvalKey).deliveredAt).toBeUndefined();
    expect(await answer()).toMatchObject({ state: 'approved', deliveredAt: expect.any(String) });
    expect(waiting.heard).toHaveLength(1);
    expect(bucket.record(anIncident.id).timeline).toHaveLength(1);
  });

  it.each(['put approvals', 'put incidents'])('decides once when the answer to %s was lost', async (call) => {
    const bucket = startBucket(whileAsked());
    bucket.fail('put', call.slice(4), awsError('InternalError', 'x', 500), { after: true });
    await answer().catch(() => answer());
    expect(waiting.heard).toHaveLength(1);
    expect(bucket.record(anIncident.id).timeline).toHaveLength(1);
  });

  it('by two at the same time decides once', async () => {
    const bucket = startBucket(whileAsked());
    const outputs = await Promise.all([answer(), answer()]);
    expect(outputs.map(({ state }) => state)).toEqual(['approved', 'approved']);
    expect(waiting.heard).toHaveLength(1);
    expect(bucket.record(anIncident.id).timeline).toHaveLength(1);
  });
});

it('of two people who disagree the first one counts, and the other one hears of it', async () => {
  for (let round = 0; round < 10; round++) {
    waiting = newWaiting();
    const bucket = startBucket(whileAsked());
    const results = await Promise.allSettled([answer(), answer({ decision: 'reject', by: 'grace' })]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const refused = results.find((result) => result.status === 'rejected');
    expect(refused?.reason).toMatchObject({
      name: 'ApprovalRefused',
      message: expect.stringMatching(/was (approved|rejected) already, by .* an answer counts once/),
    });
    expect(waiting.heard).toHaveLength(1);
    const { state } = bucket.read<Approval>(approvalKey);
    expect(waiting.heard[0]?.decision).toBe(state === 'approved' ? 'approve' : 'reject');
  }
});

describe('an answer that does not count', () => {
  it('after its time is refused, nothing hears of it, and the question is closed', async () => {
    const bucket = startBucket(whileAsked());
    vi.setSystemTime(expiresAt);
    for (let time = 0; time < 2; time++) {
      await expect(answer()).rejects.toMatchObject({
        name: 'ApprovalRefused',
        message: expect.stringMatching(/nothing was done.*start lifeboat-dev-incident again/),
      });
    }
    expect(bucket.read(approvalKey)).toMatchObject({ state: 'expired' });
    expect(bucket.record(anIncident.id).pending).toEqual([]);
    expect(waiting.heard).toEqual([]);
  });

  it('is one that nobody waits for any more, although its time is not over', async () => {
    const bucket = startBucket(whileAsked());
    waiting.close();
    await expect(answer()).rejects.toMatchObject({ name: 'ApprovalRefused' });
    expect(bucket.read(approvalKey)).toMatchObject({ state: 'expired' });
    expect(bucket.record(anIncident.id).timeline.at(-1)).toMatchObject({
      event: 'the question about the promotion was answered too late',
    });
  });

  it('is one of an incident that is over', async () => {
    const bucket = startBucket({
      [approvalKey]: asked(),
      [`incidents/${anIncident.id}.json`]: aRecord({ state: 'escalated' }),
    });
    await expect(answer()).rejects.toThrow(/is over \(escalated\)/);
    expect(bucket.read(approvalKey)).toEqual(asked());
  });

  it.each([
    ['another incident', { incident: 'dev-1' }, 'Nobody asked about the promotion in dev-1'],
    ['another gate', { gate: 'restore' }, 'Nobody asked about the restore in'],
  ] as const)('is one to %s', async (_, changes, why) => {
    startBucket(whileAsked());
    await expect(answer(changes)).rejects.toMatchObject({
      name: 'ApprovalRefused',
      message: expect.stringContaining(why),
    });
    expect(waiting.heard).toEqual([]);
  });
});

it.each<[string, unknown, string]>([
  ['an incident', { ...yes, incident: '../lock' }, 'incident: got "../lock", allowed: the id of an incident'],
  [
    'a gate',
    { ...yes, gate: 'toll' },
    'gate: got "toll", allowed: promotion, restore, configuration, hardware',
  ],
  ['a decision', { ...yes, decision: 'maybe' }, 'decision: got "maybe", allowed: approve, reject'],
  ['a reason', { ...yes, reason: ' ' }, 'reason: got " ", allowed: one line of text, 1 to 500 characters'],
  ['who', { ...yes, by: 7 }, 'by: got 7, allowed: one line of text, 1 to 200 characters'],
])('is refused with what is allowed: %s', async (_, input, message) => {
  startBucket(whileAsked());
  await expect(handler(input)).rejects.toMatchObject({ name: 'InvalidInput', message });
});

it('hears of everything that is wrong at once', async () => {
  startBucket();
  await expect(handler(null)).rejects.toThrow(/incident: .*; decision: .*; by: .*; reason: /);
  expect(waiting.heard).toEqual([]);
});
