import { InvalidInput } from '../incident/errors.ts';

/**
 * The databases of these names, in the environment's order; all of them when no names are given.
 *
 * @throws InvalidInput for a name that the environment does not have: a database left out by a slip of the
 *   keyboard would stay damaged
 */
export function selectByName<T extends { readonly name: string }>(
  databases: readonly T[],
  names: readonly string[] | undefined,
): readonly T[] {
  if (names === undefined || names.length === 0) return databases;
  const unknown = names.filter((wanted) => !databases.some(({ name }) => name === wanted));
  if (unknown.length > 0) {
    const allowed = databases.map(({ name }) => name).join(', ');
    throw new InvalidInput(
      `databases: got ${unknown.join(', ')}, allowed: ${allowed === '' ? 'none, the environment has none' : allowed}`,
    );
  }
  return databases.filter(({ name }) => names.includes(name));
}
