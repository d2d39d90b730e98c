import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atMost } from '../../../lambdas/aws/at-most.ts';

describe('work of which so much may run at the same time', () => {
  it('is all done, never more than that at once, whatever fails', async () => {
    const limits = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(fc.boolean(), { maxLength: 30 }), async (limit, fates) => {
        const inTurn = atMost(limit);
        let running = 0;
        let most = 0;
        const ends = await Promise.allSettled(
          fates.map((succeeds, index) =>
            inTurn(async () => {
              running += 1;
              most = Math.max(most, running);
              for (let tick = 0; tick < index % 3; tick++) await Promise.resolve();
              running -= 1;
              if (!succeeds) throw new Error('no');
              return index;
            }),
          ),
        );
        expect(ends.map(({ status }) => status === 'fulfilled')).toEqual(fates);
        expect(most).toBeLessThanOrEqual(limit);
        expect(running).toBe(0);
      }),
    );
  });
});
