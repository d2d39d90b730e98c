import { isDeepStrictEqual } from 'node:util';
import type { Setting } from '../database/setting.ts';
import type { Difference } from './contract.ts';

/** A difference with what RDS would be asked for; without that, why nothing can be done. Pure. */
export type Found =
  | (Difference & { readonly ask: Readonly<Record<string, unknown>> })
  | (Difference & { readonly why: string });

export interface Compared<Raw> {
  readonly source: Raw;
  readonly target: Raw;
  /** Whether both are in one region; what names something of another one is told, and left. */
  readonly sameRegion: boolean;
}

/**
 * Every difference between a source and its copy: those of the table, and those of members that the table does not
 * know, because RDS learns new ones.
 *
 * @param own members that no two databases have in common
 */
export function differences<Raw, Modify>(
  table: readonly Setting<Raw, unknown, Modify>[],
  own: ReadonlySet<string>,
  { source, target, sameRegion }: Compared<Raw>,
): readonly Found[] {
  const known = new Set([...own, ...table.flatMap(({ name, covers = [] }) => [name, ...covers])]);
  const members = new Set([...Object.keys(plain(source)), ...Object.keys(plain(target))]);
  return [
    ...table.flatMap((setting): readonly Found[] => {
      const { name, of, modify, regional, why } = setting;
      const difference = { setting: name, source: of(source) ?? null, target: of(target) ?? null };
      if (isDeepStrictEqual(difference.source, difference.target)) return [];
      if (regional && !sameRegion) {
        return [{ ...difference, why: 'it belongs to a region, and this is another one: see that it suits' }];
      }
      if (!modify) return [{ ...difference, why: why ?? 'RDS cannot change it' }];
      if (difference.source === null) {
        return [{ ...difference, why: 'the source has none, and RDS takes no request for none' }];
      }
      return [{ ...difference, ask: modify(difference.source, difference.target) }];
    }),
    ...[...members]
      .filter((name) => !known.has(name))
      .flatMap((name): readonly Found[] => {
        const difference = {
          setting: name,
          source: plain(source)[name] ?? null,
          target: plain(target)[name] ?? null,
        };
        if (isDeepStrictEqual(difference.source, difference.target)) return [];
        return [{ ...difference, why: 'Lifeboat does not know it: compare it by hand' }];
      }),
  ];
}

/** Tags that the copy lacks, or has with another value; AWS's own and ours are their own. */
export function missingTags(
  source: Readonly<Record<string, string>>,
  target: Readonly<Record<string, string>>,
): readonly Difference[] {
  return Object.entries(source)
    .filter(([key, value]) => !/^(aws|lifeboat):/.test(key) && target[key] !== value)
    .map(([key, value]) => ({ setting: `tag ${key}`, source: value, target: target[key] ?? null }));
}

/** Kept settings come from JSON, and described ones do not. */
function plain(raw: unknown): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(raw)) as Record<string, unknown>;
}
