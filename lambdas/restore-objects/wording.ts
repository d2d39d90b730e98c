import type { ClusterTotals } from '../configuration/contract.ts';

/** Names that a sentence holds; the ledger has all of them. */
const most = 5;

const words = {
  would: ['to bring back', 'to overwrite', 'to delete', 'unchanged'],
  'still would': ['still to bring back', 'still to overwrite', 'still to delete', 'as wanted'],
  did: ['brought back', 'overwritten', 'deleted', 'unchanged'],
  holds: ['missing', 'different', 'too many', 'as wanted'],
} as const;

/** One sentence for an operator: numbers, and the names of what is not as it was wanted. */
export function summaryOf(
  tense: keyof typeof words,
  totals: ClusterTotals,
  conflicts: readonly string[],
): string {
  const { bringBack, overwrite, remove, unchanged, problems } = totals;
  const [first, second, third, last] = words[tense];
  const numbers =
    `ConfigMaps and Secrets: ${bringBack.length} ${first}, ${overwrite.length} ${second}, ` +
    `${remove.length} ${third}, ${unchanged} ${last}`;
  return [
    numbers,
    ...(conflicts.length === 0
      ? []
      : [`written by somebody since the snapshot, and left as they are: ${listed(conflicts)}`]),
    ...(problems.length === 0
      ? []
      : [`not restored: ${listed(problems.map(({ key, problem }) => `${key} (${problem})`))}`]),
  ].join('; ');
}

/** What goes on the record of the incident; names are on the ledger's plan. */
export function counts({ bringBack, overwrite, remove, unchanged, problems }: ClusterTotals): unknown {
  return {
    bringBack: bringBack.length,
    overwrite: overwrite.length,
    remove: remove.length,
    unchanged,
    problems: problems.length,
  };
}

function listed(names: readonly string[]): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
