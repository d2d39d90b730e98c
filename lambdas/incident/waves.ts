import { UnsafePlan } from './errors.ts';

/**
 * Databases or deployments in the order in which they must be back: within a wave all at once, a wave when the one
 * before it is over. Names that are not among the given ones need no waiting for. Pure.
 *
 * @throws UnsafePlan when some of them wait for each other
 */
export function wavesOf<T extends { readonly name: string; readonly after: readonly string[] }>(
  items: readonly T[],
): readonly (readonly T[])[] {
  const waves: T[][] = [];
  let left = [...items];
  while (left.length > 0) {
    const waiting = new Set(left.map(({ name }) => name));
    const wave = left.filter(({ after }) => !after.some((name) => waiting.has(name)));
    if (wave.length === 0) {
      throw new UnsafePlan(`these wait for each other: ${[...waiting].join(', ')}`);
    }
    waves.push(wave);
    left = left.filter((item) => !wave.includes(item));
  }
  return waves;
}
