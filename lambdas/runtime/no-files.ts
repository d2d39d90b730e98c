/**
 * In the place of `node:fs/promises`: a function has no `~/.aws` to read. Bundling puts this where the SDK looks
 * for such files at its first call; loading the real module for that takes 6 ms of a cold start.
 */
export function readFile(path: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(`ENOENT: a function keeps no ${path}`), { code: 'ENOENT' }));
}
