import type { Site } from '../incident/contract.ts';
import type { RecordPlan, RecordTarget } from '../switch-dns/contract.ts';
import { normalise } from './answer.ts';

/** What DNS should answer for one name and type once the traffic is where it should be. Pure. */
export interface Expectation {
  readonly name: string;
  readonly type: RecordPlan['type'];
  /** Normalised values of the site that the traffic should go to. */
  readonly target: readonly string[];
  /** Values of the other site only. */
  readonly origin: readonly string[];
  /**
   * `equal`: exactly the target's values. `within`: at least one of the target's values and none of the other
   * site's, for an alias: a load balancer of many nodes answers each asker with other addresses, and has new
   * ones while it scales, so that two lookups seldom name the same. `none-of-origin`: for a listed member of a
   * weighted set, whose other members also answer.
   */
  readonly match: 'equal' | 'within' | 'none-of-origin';
}

/** Where an alias points: its name, to be resolved by the type of its record. */
export interface AliasName {
  readonly dnsName: string;
  readonly type: RecordPlan['type'];
}

/** The aliases that must be resolved before `expectations` can tell their answers apart. */
export function aliasesOf(records: readonly RecordPlan[]): readonly AliasName[] {
  const aliases = records.flatMap(({ type, primary, standby }) =>
    [primary, standby].flatMap((target) =>
      'alias' in target ? [{ dnsName: target.alias.dnsName, type }] : [],
    ),
  );
  return [...new Map(aliases.map((alias) => [aliasKey(alias), alias])).values()];
}

export function aliasKey({ dnsName, type }: AliasName): string {
  return `${type} ${dnsName.toLowerCase().replace(/\.$/, '')}`;
}

/**
 * One expectation per name and type, so that the members of a weighted set are judged together.
 *
 * @param aliases what each alias resolves to now, by `aliasKey`
 */
export function expectations(
  records: readonly RecordPlan[],
  target: Site,
  aliases: ReadonlyMap<string, readonly string[]>,
): readonly Expectation[] {
  const groups = Map.groupBy(records, ({ name, type }) => `${type} ${name.toLowerCase()}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const valuesAt = (site: Site) => [
      ...new Set(group.flatMap((record) => valuesOf(record.type, record[site], aliases))),
    ];
    const here = valuesAt(target);
    const there = valuesAt(target === 'primary' ? 'standby' : 'primary');
    return [
      {
        name: first.name,
        type: first.type,
        target: here.toSorted(),
        origin: there.filter((value) => !here.includes(value)),
        match: group.some(({ setIdentifier }) => setIdentifier !== undefined)
          ? 'none-of-origin'
          : group.some((record) => 'alias' in record[target])
            ? 'within'
            : 'equal',
      } as const,
    ];
  });
}

function valuesOf(
  type: RecordPlan['type'],
  target: RecordTarget,
  aliases: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  if ('alias' in target) return aliases.get(aliasKey({ dnsName: target.alias.dnsName, type })) ?? [];
  return normalise(type, target.values);
}

/** Whether an answer is the expected one. An alias that did not resolve expects nothing, and nothing meets it. */
export function meets(expectation: Expectation, values: readonly string[]): boolean {
  const { target, origin, match } = expectation;
  if (values.length === 0 || target.length === 0) return false;
  switch (match) {
    case 'equal':
      return values.length === target.length && values.every((value) => target.includes(value));
    case 'within':
      return (
        values.some((value) => target.includes(value)) && !values.some((value) => origin.includes(value))
      );
    case 'none-of-origin':
      return !values.some((value) => origin.includes(value));
  }
}
