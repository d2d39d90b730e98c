import { expect, test } from 'vitest';
import { faults, recoverWith } from './faults.ts';

/** `npm run sweep` strikes one call at a time; this strikes all of them in one recovery, which is harder. */
test.concurrent.each(faults)(
  'a recovery survives a %s of the first call of every kind that every function makes',
  async (fault) => {
    const { outcome, struck, wrong, story } = await recoverWith(fault, () => true);

    expect(wrong, `${outcome}\n${story}`).toEqual([]);
    expect(struck.length).toBeGreaterThan(25);
  },
);
