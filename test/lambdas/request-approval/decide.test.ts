import { describe, expect, it } from 'vitest';
import type { Approval, Input } from '../../../lambdas/request-approval/contract.ts';
import { ask } from '../../../lambdas/request-approval/decide.ts';
import { anIncident } from '../bucket.ts';

const now = Date.UTC(2026, 10, 23, 4, 10);
const input: Input = {
  incident: anIncident,
  gate: 'promotion',
  question: 'Shall the standby take over?',
  evidence: 'it would lose 4 s',
  taskToken: 'token-2',
  timeoutSeconds: 1_800,
};
const before = (changes: Partial<Approval> = {}): Approval => ({
  incidentId: anIncident.id,
  gate: 'promotion',
  question: input.question,
  evidence: input.evidence,
  askedAt: '2026-11-23T04:09:00.000Z',
  expiresAt: '2026-11-23T04:39:00.000Z',
  state: 'asked',
  taskToken: 'token-1',
  ...changes,
});

describe('a question', () => {
  it('is asked until its deadline', () => {
    expect(ask(null, input, now)).toEqual({
      incidentId: anIncident.id,
      gate: 'promotion',
      question: input.question,
      evidence: input.evidence,
      askedAt: '2026-11-23T04:10:00.000Z',
      expiresAt: '2026-11-23T04:40:00.000Z',
      state: 'asked',
      taskToken: 'token-2',
    });
  });

  it('gets the token of the state that was tried again, and is the same question', () => {
    expect(ask(before(), input, now)).toEqual(
      before({ taskToken: 'token-2', expiresAt: '2026-11-23T04:40:00.000Z' }),
    );
  });

  it.each<[string, Approval]>([
    ['it is another one', before({ question: 'Shall it take over and lose 9 s?' })],
    ['somebody runs the machine again, later', before({ askedAt: '2026-11-23T04:05:00.000Z' })],
    ['the one before has run out', before({ state: 'expired' })],
    ['the one before was answered', before({ state: 'approved', by: 'ada', reason: 'yes' })],
  ])('is asked anew when %s', (_, current) => {
    expect(ask(current, input, now)).toEqual(ask(null, input, now));
  });

  it.each(['asked', 'approved', 'rejected', 'expired'] as const)(
    'is left as it is by a try that comes again when it is %s',
    (state) => {
      expect(ask(before({ state, taskToken: 'token-2' }), input, now)).toBeUndefined();
    },
  );
});
