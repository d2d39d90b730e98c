import { expect, test } from 'vitest';
import type { QueryAnswer, Recovery } from '../../../lambdas/database/contract.ts';
import { resultOf, turnOf } from '../../../lambdas/watch-data/decide.ts';

const recovery = (kind: Recovery['kind'], phase: Recovery['phase']): Recovery => ({
  kind,
  database: 'erlmcp',
  site: kind === 'promotion' ? 'standby' : 'primary',
  incidents: ['one'],
  startedAt: '2026-11-23T10:00:00.000Z',
  phase,
  source: { region: 'eu-west-1', identifier: 'a' },
  target: { region: 'eu-west-1', identifier: 'b' },
  updatedAt: '2026-11-23T10:00:00.000Z',
});

test('a database is asked where it lives', () => {
  expect(turnOf(null)).toEqual({ ask: 'primary' });
  expect(turnOf(recovery('restore', 'finished'))).toEqual({ ask: 'primary' });
  expect(turnOf(recovery('restore', 'abandoned'))).toEqual({ ask: 'primary' });
  expect(turnOf(recovery('promotion', 'finished'))).toEqual({ ask: 'standby' });
});

test.each(['planned', 'restoring', 'restored', 'validated', 'swapping', 'swapped'] as const)(
  'a database whose restore is %s is not asked: good and bad would mean nothing',
  (phase) => expect(turnOf(recovery('restore', phase))).toEqual({ skip: `a restore is ${phase}` }),
);

const answer = (held: readonly (boolean | 'unknown')[]): QueryAnswer => ({
  reachable: true,
  evidence: 'there',
  at: '2026-11-23T10:00:00.000Z',
  consistency: held.map((each, index) => ({ name: `q${index}`, held: each, evidence: String(each) })),
});

test('it held only when every query held', () => {
  expect(resultOf(answer([true, true]))).toMatchObject({ held: true, failing: [] });
  expect(resultOf(answer([true, false]))).toMatchObject({ held: false, failing: ['q1: false'] });
  expect(resultOf(answer([true, 'unknown']))).toMatchObject({ held: 'unknown' });
  expect(resultOf(answer(['unknown', false]))).toMatchObject({ held: false });
  expect(resultOf(answer([]))).toMatchObject({ held: 'unknown' });
});

test('what does not answer is unknown, and says why', () => {
  expect(resultOf({ reachable: false, evidence: 'refused', at: 'now' })).toEqual({
    at: 'now',
    held: 'unknown',
    failing: ['refused'],
  });
});
