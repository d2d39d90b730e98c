import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeFailure, failureName, passesByItself } from '../../../lambdas/aws/api-failure.ts';
import { awsError } from '../memory-ledger.ts';

describe('a failure', () => {
  it.each([
    ['Throttling', awsError('Throttling')],
    ['ThrottlingException', awsError('ThrottlingException')],
    ['PriorRequestNotComplete', awsError('PriorRequestNotComplete')],
    ['a 503', awsError('SlowDown', 'SlowDown', 503)],
    ['a 429', awsError('Odd', 'Odd', 429)],
    ['a timeout of the SDK', Object.assign(new Error('slow'), { name: 'TimeoutError' })],
    ['a refused connection', Object.assign(new Error('no'), { code: 'ECONNREFUSED' })],
  ])('that is %s passes by itself', (_, error) => {
    expect(passesByItself(error)).toBe(true);
  });

  it.each([
    ['denied', awsError('AccessDeniedException', 'no', 403)],
    ['not found', awsError('ResourceNotFoundException', 'no', 404)],
    ['invalid', awsError('InvalidChangeBatch')],
    ['a mistake of ours', new TypeError('x is not a function')],
    ['nothing at all', undefined],
  ])('that is %s does not', (_, error) => {
    expect(passesByItself(error)).toBe(false);
  });

  it('of any kind has a name and a sentence', () => {
    fc.assert(
      fc.property(fc.anything(), (error) => {
        expect(typeof failureName(error)).toBe('string');
        expect(describeFailure(error)).toContain(': ');
        expect(typeof passesByItself(error)).toBe('boolean');
      }),
    );
  });
});
