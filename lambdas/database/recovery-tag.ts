import type { DescribedDatabase } from '../aws/rds.ts';

/** What tells a copy, or a damaged original, of one recovery from any other database of the same name. Pure. */

/** On a copy: the identifier that it was restored under, whatever it is called by now. */
export const recoveryTag = 'lifeboat:recovery';
/** On a damaged original: the copy that has taken its place. */
export const replacedTag = 'lifeboat:replaced-by';

export function isCopy({ tags }: Pick<DescribedDatabase, 'tags'>, target: string): boolean {
  return tags[recoveryTag] === target;
}

export function isReplaced({ tags }: Pick<DescribedDatabase, 'tags'>, target: string): boolean {
  return tags[replacedTag] === target;
}
