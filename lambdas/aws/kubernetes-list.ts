import { TryAgain, UnsafePlan } from '../incident/errors.ts';
import { Refusal } from './kubernetes-request.ts';

/** Objects of one page: some are tens of KB, and a page comes within `KubernetesRequest.timeout`. */
const pageSize = 250;

/** A list that is longer is none that a function can hold. */
const mostPages = 100;

/**
 * All objects that a path lists, page by page.
 *
 * @param read one GET
 * @param query more of the list's query, such as a selector
 * @throws UnsafePlan when there are more than 25,000; TryAgain when the server twice lost its place, which it keeps
 *   for some minutes (410)
 */
export async function listAll<T>(
  read: (path: string) => Promise<unknown>,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<readonly T[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await pages<T>(read, path, query);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 410) throw error;
      if (tries === 2) throw new TryAgain(error.message, { cause: error });
    }
  }
}

async function pages<T>(
  read: (path: string) => Promise<unknown>,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<readonly T[]> {
  const found: T[] = [];
  let next = '';
  for (let page = 0; page < mostPages; page++) {
    const asked = new URLSearchParams({
      ...query,
      limit: String(pageSize),
      ...(next === '' ? {} : { continue: next }),
    });
    const answer = (await read(`${path}?${asked.toString()}`)) as {
      readonly items?: readonly T[] | null;
      readonly metadata?: { readonly continue?: string };
    };
    found.push(...(answer.items ?? []));
    next = answer.metadata?.continue ?? '';
    if (next === '') return found;
  }
  throw new UnsafePlan(
    `${path} lists more than ${mostPages * pageSize} objects: that is more than is looked at`,
  );
}
