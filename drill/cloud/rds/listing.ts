import type { Filter } from '@aws-sdk/client-rds';
import { AwsError } from '../contract.ts';

/** What passes all filters; each passes what has any of its values. */
export function chosenBy<Item>(
  filters: readonly Filter[] | undefined,
  items: readonly Item[],
  known: Readonly<Record<string, (item: Item) => readonly string[]>>,
): Item[] {
  return (filters ?? []).reduce<Item[]>(
    (left, { Name = '', Values = [] }) => {
      const valuesOf = known[Name];
      if (!valuesOf) throw new AwsError('InvalidParameterValue', `Unrecognized filter name: ${Name}`);
      return left.filter((item) => valuesOf(item).some((value) => Values.includes(value)));
    },
    [...items],
  );
}

/** One page; RDS's hold 100 unless the caller asks for 20 to 100. */
export function pageOf<Item>(
  items: readonly Item[],
  {
    MaxRecords = 100,
    Marker,
  }: { readonly MaxRecords?: number | undefined; readonly Marker?: string | undefined },
): { readonly items: readonly Item[]; readonly Marker: string | undefined } {
  if (MaxRecords < 20 || MaxRecords > 100) {
    throw new AwsError('InvalidParameterValue', 'MaxRecords must be between 20 and 100.');
  }
  const from = Marker === undefined ? 0 : Number(Marker);
  if (!Number.isInteger(from) || from < 0) {
    throw new AwsError('InvalidParameterValue', 'The marker is not valid.');
  }
  const end = from + MaxRecords;
  return { items: items.slice(from, end), Marker: end < items.length ? String(end) : undefined };
}
