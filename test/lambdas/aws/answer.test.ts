import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkersView, normalise, type Answer } from '../../../lambdas/aws/answer.ts';

const said = (server: string, ...values: string[]): Answer => ({ server, values });
const silent = (server: string): Answer => ({ server, values: null, silence: 'ETIMEOUT' });

describe('values of an answer', () => {
  it.each([
    ['A', ['198.51.100.11', '198.51.100.10'], ['198.51.100.10', '198.51.100.11']],
    ['CNAME', ['Standby.Example.COM.'], ['standby.example.com']],
    ['AAAA', ['2001:DB8:0:0:0:0:0:1'], ['2001:db8::1']],
    ['AAAA', ['not an address'], ['not an address']],
    ['TXT', ['Healthy'], ['Healthy']],
  ] as const)('of type %s compare whatever their spelling and order', (type, values, normal) => {
    expect(normalise(type, values)).toEqual(normal);
  });

  it('are the same in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.ipV4()), (values) => {
        expect(normalise('A', values.toReversed())).toEqual(normalise('A', values));
      }),
    );
  });
});

describe("the view of Route 53's checkers", () => {
  it.each([
    ['all say unhealthy', [said('a', 'unhealthy'), said('b', 'unhealthy')], 'unhealthy'],
    ['all say healthy', [said('a', 'healthy'), said('b', 'healthy')], 'healthy'],
    ['one says it and the others are silent', [said('a', 'unhealthy'), silent('b')], 'unhealthy'],
    ['they contradict each other', [said('a', 'unhealthy'), said('b', 'healthy')], 'unknown'],
    ['nobody answers', [silent('a'), silent('b')], 'unknown'],
    ['nobody is asked', [], 'unknown'],
    ['there is no such record', [said('a'), said('b')], 'unknown'],
    ['the word is another', [said('a', 'Unhealthy!')], 'unknown'],
    ['one server has lost the record', [said('a', 'unhealthy'), said('b')], 'unknown'],
  ] as const)('when %s', (_, answers, health) => {
    expect(checkersView('_lifeboat-primary.example.com', answers).health).toBe(health);
  });

  it('names every server and what it said', () => {
    expect(checkersView('name', [said('a', 'unhealthy'), silent('b'), said('c')]).evidence).toBe(
      'TXT name: a answers unhealthy; b does not answer (ETIMEOUT); c answers with no record',
    );
  });
});
