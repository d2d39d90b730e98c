import { expect, it } from 'vitest';
import { wavesOf } from '../../../lambdas/incident/waves.ts';

const database = (name: string, ...after: string[]) => ({ name, after });
const names = (waves: readonly (readonly { name: string }[])[]) =>
  waves.map((wave) => wave.map(({ name }) => name));

it('databases that wait for nothing are one wave, and those that wait come after', () => {
  const waves = wavesOf([database('c', 'b'), database('a'), database('b', 'a'), database('d')]);
  expect(names(waves)).toEqual([['a', 'd'], ['b'], ['c']]);
});

it('a name that is not among them is not waited for', () => {
  expect(names(wavesOf([database('a', 'promoted-before')]))).toEqual([['a']]);
  expect(wavesOf([])).toEqual([]);
});

it('databases that wait for each other are refused by name', () => {
  expect(() => wavesOf([database('a', 'b'), database('b', 'a'), database('c')])).toThrow(
    'these wait for each other: a, b',
  );
});
