import { expect, test } from 'vitest';
import { faults, recoverWith } from './faults.ts';

/**
 * `npm run sweep` strikes one call at a time; this strikes all of them in one recovery, which is harder. The many
 * calls to the ledger are left out of throttling, which an SDK waits out in real time.
 */
test.concurrent.each(faults)(
  'a recovery survives the first call of every kind that every function makes meeting this: %s',
  async (fault) => {
    const ordeal = await recoverWith(fault, (name) => fault !== 'throttle' || !name.includes(' s3:'));

    expect(ordeal.wrong, `${ordeal.outcome}\n${ordeal.story}`).toEqual([]);
    expect(ordeal.struck.length).toBeGreaterThan(10);
  },
);
