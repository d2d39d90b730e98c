import { canonical } from '../configuration/cluster-objects.ts';
import type { ClusterExport, ExportedObject } from '../configuration/contract.ts';
import type { Drift, Output } from './contract.ts';

export type Difference = Drift['differences'][number];

export const onlyAt = (site: 'primary' | 'standby') => `only at the ${site}`;

/** Members that a sentence names. */
const mostMembers = 20;

/** Differences that a sentence names; the ledger has all of them. */
const mostNamed = 5;

type Members = Readonly<Record<string, string>>;

/**
 * Where the clusters of two sites differ: ConfigMaps and Secrets in any member of theirs, deployments in what they
 * run. Names and members only; labels and annotations are of the tools of a site.
 */
export function compareExports(
  primary: ClusterExport,
  standby: ClusterExport,
  differs: readonly string[],
): readonly Difference[] {
  const compare = (
    kind: string,
    one: readonly ExportedObject[],
    other: readonly ExportedObject[],
    view: (object: ExportedObject) => Members,
  ) => compareKind(kind, one, other, view).filter(({ name }) => !differs.includes(name));
  return [
    ...compare('ConfigMap', primary.configMaps, standby.configMaps, membersOf),
    ...compare('Secret', primary.secrets, standby.secrets, membersOf),
    ...compare('Deployment', primary.deployments, standby.deployments, runs),
  ].map(({ what, how }) => ({ what, how }));
}

function compareKind(
  kind: string,
  primary: readonly ExportedObject[],
  standby: readonly ExportedObject[],
  view: (object: ExportedObject) => Members,
): readonly (Difference & { readonly name: string })[] {
  const [one, other] = [byName(primary), byName(standby)];
  const names = [...new Set([...one.keys(), ...other.keys()])].toSorted();
  return names.flatMap((name) => {
    const [here, there] = [one.get(name), other.get(name)];
    const what = `${kind} ${name}`;
    if (!here) return [{ name, what, how: onlyAt('standby') }];
    if (!there) return [{ name, what, how: onlyAt('primary') }];
    const members = differing(view(here), view(there));
    return members.length === 0 ? [] : [{ name, what, how: `differs in ${listed(members, mostMembers)}` }];
  });
}

function byName(objects: readonly ExportedObject[]): ReadonlyMap<string, ExportedObject> {
  return new Map(objects.map((object) => [object.metadata.name, object]));
}

function differing(one: Members, other: Members): readonly string[] {
  const members = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...members].filter((member) => one[member] !== other[member]).toSorted();
}

/** `data.pool`, `type`. */
function membersOf({ content }: ExportedObject): Members {
  return Object.fromEntries(
    Object.entries(content).flatMap(([member, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([key, each]) => [`${member}.${key}`, canonical(each)])
        : [[member, canonical(value)]],
    ),
  );
}

interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly env?: readonly { readonly name?: string }[];
  readonly envFrom?: unknown;
  readonly resources?: unknown;
}

/** Images, names of variables and resources; how many replicas run, and the variables' values, are of a site. */
function runs({ content }: ExportedObject): Members {
  const { spec } = content as {
    readonly spec?: { readonly template?: { readonly spec?: Readonly<Record<string, unknown>> } };
  };
  const pod = spec?.template?.spec ?? {};
  return Object.fromEntries(
    ['initContainers', 'containers'].flatMap((member) =>
      ((pod[member] ?? []) as readonly Container[]).flatMap(({ name = '', ...container }) => {
        const at = `${member}.${name}`;
        return [
          [`${at}.image`, container.image ?? ''],
          [`${at}.envFrom`, canonical(container.envFrom ?? [])],
          [`${at}.resources`, canonical(container.resources ?? {})],
          ...(container.env ?? []).map((each) => [`${at}.env.${each.name ?? ''}`, 'set']),
        ] as const;
      }),
    ),
  ) as Members;
}

/** One sentence for an operator. What is known to differ counts, whatever else could not be looked at. */
export function verdictOf({ differences, unknown }: Pick<Drift, 'differences' | 'unknown'>): Output {
  const blind = unknown.length === 0 ? '' : `; not compared: ${unknown.join('; ')}`;
  if (differences.length > 0) {
    const named = differences.map(({ what, how }) => `${what} (${how})`);
    const count = `${differences.length} ${differences.length === 1 ? 'difference' : 'differences'}`;
    return { alike: false, summary: `${count} between the sites: ${listed(named, mostNamed)}${blind}` };
  }
  if (unknown.length > 0) return { alike: 'unknown', summary: `not compared: ${unknown.join('; ')}` };
  return { alike: true, summary: 'the standby has what the primary has' };
}

function listed(names: readonly string[], most: number): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
