import type { ChannelName, Claim, IncidentRecord, Notice } from '../incident/contract.ts';
import type { Due } from './due.ts';
import { isOf } from './listeners.ts';

/**
 * Claims on the record: what a function is sending, nobody else sends. Pure.
 *
 * A function that died leaves its claims behind until their time is over; then another one sends again, because it is
 * not known what was sent. Told twice is better than not at all.
 */

/** Longer than the function that sends may run, milliseconds. */
const claimedFor = 55_000;

/**
 * The record with claims on what is due, but for readers to whom somebody else is speaking now: they would hear it out
 * of order.
 *
 * @returns undefined when there is nothing to claim
 */
export function claim(
  record: IncidentRecord,
  owed: readonly Due[],
  by: string,
  now: number,
): IncidentRecord | undefined {
  const live = liveClaims(record, now);
  const free = owed.filter((each) => !isTaken(each, live, by));
  if (free.length === 0) return undefined;
  const until = new Date(now + claimedFor).toISOString();
  const others = live.filter((each) => each.by !== by);
  const mine = free.map(({ key, channel, audience }): Claim => ({ key, channel, audience, by, until }));
  return { ...record, claims: [...others, ...mine] };
}

/** What of it is claimed by this call. */
export function claimedBy(record: IncidentRecord, owed: readonly Due[], by: string): readonly Due[] {
  return owed.filter((each) =>
    record.claims?.some((other) => other.by === by && other.key === each.key && isOf(each, other)),
  );
}

/** Whether somebody else is speaking to a reader of these. */
export function isBlocked(record: IncidentRecord, owed: readonly Due[], by: string, now: number): boolean {
  const live = liveClaims(record, now);
  return owed.some((each) => isTaken(each, live, by));
}

/** The record with what came of a call, and without its claims. */
export function settled(
  record: IncidentRecord,
  by: string,
  notices: readonly Notice[],
  refs: Readonly<Partial<Record<ChannelName, string>>>,
): IncidentRecord | undefined {
  const { claims = [], channelRefs = {}, ...rest } = record;
  const added = notices.filter(
    (notice) =>
      !record.notices.some(
        (other) => other.at === notice.at && other.key === notice.key && isOf(notice, other),
      ),
  );
  const left = claims.filter((each) => each.by !== by);
  if (added.length === 0 && left.length === claims.length) return undefined;
  // The first one stays: what follows is attached to it.
  const known = { ...refs, ...channelRefs };
  return {
    ...rest,
    notices: [...record.notices, ...added],
    ...(left.length > 0 ? { claims: left } : {}),
    ...(Object.keys(known).length > 0 ? { channelRefs: known } : {}),
  };
}

function liveClaims({ claims = [] }: IncidentRecord, now: number): readonly Claim[] {
  return claims.filter(({ until }) => Date.parse(until) > now);
}

function isTaken(each: Due, live: readonly Claim[], by: string): boolean {
  return live.some((other) => other.by !== by && isOf(each, other));
}
