/**
 * What stands there after a step has acted, for the record.
 *
 * The step has happened: a look that fails now must not throw away what it returned (an update's id, say), so
 * it is recorded as unknown, with the reason.
 */
export async function lookAgain<T>(look: () => Promise<T>): Promise<T | { readonly unknown: string }> {
  try {
    return await look();
  } catch (error) {
    return { unknown: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}
