import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withBackoff } from '../../../lambdas/aws/backoff.ts';

const fails = (times: number) => {
  let calls = 0;
  return () => ((calls += 1) <= times ? Promise.reject(new Error(`call ${calls}`)) : Promise.resolve(calls));
};

describe('calling again', () => {
  it('ends with the first success', async () => {
    const waits: number[] = [];
    const options = { attempts: 4, baseMs: 500, capMs: 2_000, again: () => true, random: () => 0.5 };
    const sleep = async (ms: number) => waits.push(ms);
    expect(await withBackoff(fails(2), { ...options, sleep })).toBe(3);
    expect(waits).toEqual([250, 500]);
  });

  it('ends with the last error when the attempts are used up', async () => {
    const options = { attempts: 3, baseMs: 1, capMs: 1, again: () => true, sleep: async () => undefined };
    await expect(withBackoff(fails(9), options)).rejects.toThrow('call 3');
  });

  it('does not happen for an error that is not worth it', async () => {
    const options = { attempts: 3, baseMs: 1, capMs: 1, again: () => false, sleep: async () => undefined };
    await expect(withBackoff(fails(9), options)).rejects.toThrow('call 1');
  });

  it('waits no longer than the bound of each try', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        async (attempts, random) => {
          const waits: number[] = [];
          await withBackoff(fails(99), {
            attempts,
            baseMs: 100,
            capMs: 1_000,
            again: () => true,
            random: () => random,
            sleep: async (ms) => waits.push(ms),
          }).catch(() => undefined);
          expect(waits).toHaveLength(attempts - 1);
          waits.forEach((ms, index) => expect(ms).toBeLessThanOrEqual(Math.min(1_000, 100 * 2 ** index)));
        },
      ),
    );
  });
});
