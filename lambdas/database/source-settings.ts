import type { DBInstance } from '@aws-sdk/client-rds';
import { describeDatabase, findInstance, type DescribedDatabase } from '../aws/rds.ts';
import type { Site } from '../incident/contract.ts';
import { TryAgain } from '../incident/errors.ts';
import type { Ledger } from '../incident/ledger.ts';
import type { DatabasePlace, DatabaseSettings, KeptSettings } from './contract.ts';

/** How a database was set up, by RDS's own account or by what was kept of it in good times. */
export interface SourceSettings {
  /** `as it is`, `as it was kept at …`; for the record. */
  readonly told: string;
  readonly region: string;
  readonly raw: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Of an Aurora cluster, the writer first. */
  readonly members: readonly DBInstance[];
  /** The database itself, when its region has answered. */
  readonly live: DescribedDatabase | null;
}

/** The standby's has what belongs to its region: networks, groups, keys. */
export function keptSettingsKey(database: string, site: Site = 'primary'): string {
  return `databases/${database}/settings${site === 'primary' ? '' : '-standby'}.json`;
}

/**
 * The settings of a database that is to be restored, from itself if it is there and its region answers.
 *
 * @param into region of the restore; a region other than that is given up when it does not answer
 * @returns null when neither RDS nor the ledger knows it
 * @throws TryAgain when RDS does not answer in the region of the restore itself
 */
export async function sourceSettings(
  ledger: Ledger,
  { kind, name }: Pick<DatabaseSettings, 'kind' | 'name'>,
  place: DatabasePlace,
  into: string,
): Promise<SourceSettings | null> {
  try {
    const live = await describeDatabase(kind, place);
    if (live) {
      const { raw, tags } = live;
      const members = await describedMembers(place.region, live);
      return { told: 'as it is', region: place.region, raw, tags, members, live };
    }
  } catch (error) {
    if (!(error instanceof TryAgain) || place.region === into) throw error;
  }
  return kept(ledger, keptSettingsKey(name));
}

/** What the standby's own database had in its region, as it was kept; null when nothing was. */
export async function standbySettings(
  ledger: Ledger,
  { name }: Pick<DatabaseSettings, 'name'>,
): Promise<SourceSettings | null> {
  return kept(ledger, keptSettingsKey(name, 'standby'));
}

/** Instances of a cluster, the writer first, then by name: the order in which those of a copy are numbered. */
export async function describedMembers(
  region: string,
  { members = [] }: DescribedDatabase,
): Promise<readonly DBInstance[]> {
  const ordered = members.toSorted(
    (a, b) => Number(b.writer) - Number(a.writer) || a.identifier.localeCompare(b.identifier),
  );
  const found = await Promise.all(ordered.map(({ identifier }) => findInstance({ region, identifier })));
  return found.filter((instance) => instance !== null);
}

async function kept(ledger: Ledger, key: string): Promise<SourceSettings | null> {
  const value = (await ledger.read<KeptSettings>(key))?.value;
  if (!value) return null;
  const { at, region, described: raw, members = [], tags } = value;
  return {
    told: `as it was kept at ${at}`,
    region,
    raw,
    tags,
    members: members,
    live: null,
  };
}
