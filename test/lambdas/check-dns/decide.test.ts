import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../lambdas/aws/answer.ts';
import type { Expectation } from '../../../lambdas/aws/expected-answer.ts';
import { judgeDns, type Observations } from '../../../lambdas/check-dns/decide.ts';

const expectation: Expectation = {
  name: 'www.example.com',
  type: 'A',
  target: ['198.51.100.10'],
  origin: ['192.0.2.10'],
  match: 'equal',
};
const fresh = (server: string): Answer => ({ server, values: ['198.51.100.10'] });
const old = (server: string): Answer => ({ server, values: ['192.0.2.10'] });
const silent = (server: string): Answer => ({ server, values: null, silence: 'ETIMEOUT' });
const observed = (answers: Answer[], changes: Observations['changes'] = []): Observations => ({
  target: 'standby',
  changes,
  answers: [{ expectation, answers }],
});
const insync = { id: 'C1', status: 'INSYNC', evidence: 'Route 53 says INSYNC' } as const;

describe('the zone has moved', () => {
  it.each<[string, Answer[]]>([
    ['when every server answers the target', [fresh('a'), fresh('b'), fresh('c'), fresh('d')]],
    [
      'when two answer the target and the others are silent',
      [fresh('a'), fresh('b'), silent('c'), silent('d')],
    ],
  ])('%s', (_, answers) => {
    expect(judgeDns(observed(answers, [insync]), 'live').moved).toBe(true);
  });
});

describe('the zone has not moved', () => {
  it.each<[string, Observations, string]>([
    [
      'while one server answers the origin',
      observed([fresh('a'), fresh('b'), old('c')]),
      'c answers 192.0.2.10',
    ],
    [
      'when only one server answers',
      observed([fresh('a'), silent('b'), silent('c')]),
      'b does not answer (ETIMEOUT)',
    ],
    ['when nobody is asked', observed([]), 'nobody was asked'],
    [
      'while the change is pending, whatever is answered',
      observed(
        [fresh('a'), fresh('b')],
        [{ id: 'C1', status: 'PENDING', evidence: 'Route 53 says PENDING' }],
      ),
      'PENDING',
    ],
    [
      'while nobody can say how the change stands',
      observed([fresh('a'), fresh('b')], [{ id: 'C1', status: 'unknown', evidence: 'TimeoutError: slow' }]),
      'TimeoutError',
    ],
  ])('%s', (_, observations, reason) => {
    const output = judgeDns(observations, 'live');
    expect(output.moved).toBe(false);
    expect(output.summary).toContain(reason);
  });

  it('for an alias that does not resolve', () => {
    const alias = { ...expectation, target: [], match: 'within' } as const;
    const output = judgeDns(
      {
        target: 'standby',
        changes: [],
        answers: [{ expectation: alias, answers: [fresh('a'), fresh('b')] }],
      },
      'live',
    );
    expect(output.moved).toBe(false);
    expect(output.summary).toContain("the target's alias does not resolve");
  });

  it('unless at least two answer and none contradicts', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(fresh, old, silent), { minLength: 2, maxLength: 6 }), (kinds) => {
        const { moved } = judgeDns(observed(kinds.map((kind, index) => kind(`ns-${index}`))), 'live');
        expect(moved).toBe(!kinds.includes(old) && kinds.filter((kind) => kind === fresh).length >= 2);
      }),
    );
  });
});

it('in mode plan the origin is what a live run would wait to leave', () => {
  const output = judgeDns(observed([old('a'), old('b')]), 'plan');
  expect(output).toMatchObject({ moved: true, checks: [{ held: 'unknown' }] });
  expect(output.summary).toContain('would wait for dns/www.example.com A: a answers 192.0.2.10');
});
