import type { ResourceRecordSet, RRType } from '@aws-sdk/client-route-53';
import { listed, listingKey } from './names.ts';

export type Policy =
  | { readonly kind: 'simple' }
  | { readonly kind: 'weighted'; readonly weight: number }
  | { readonly kind: 'failover'; readonly role: 'PRIMARY' | 'SECONDARY' };

export type Content =
  | { readonly kind: 'values'; readonly ttl: number; readonly values: readonly string[] }
  | {
      readonly kind: 'alias';
      readonly zoneId: string;
      /** Absolute. */
      readonly name: string;
      readonly evaluateTargetHealth: boolean;
    };

/** One resource record set of a zone. */
export interface RecordSet {
  /** Absolute, lower case. */
  readonly name: string;
  readonly type: RRType;
  readonly setIdentifier: string | undefined;
  readonly policy: Policy;
  readonly content: Content;
  readonly healthCheckId: string | undefined;
}

/** The record sets of a zone by `keyOf`. */
export type RecordSets = ReadonlyMap<string, RecordSet>;

export function keyOf({ name, type, setIdentifier }: RecordSet): string {
  return JSON.stringify([name, type, setIdentifier ?? null]);
}

/** In the order of ListResourceRecordSets: name, type, set identifier. */
export function inListingOrder(sets: Iterable<RecordSet>): readonly RecordSet[] {
  return [...sets].sort((one, other) => compareListing(listingPlace(one), listingPlace(other)));
}

type ListingPlace = readonly [name: string, type: string, setIdentifier: string];

export function listingPlace({
  name,
  type,
  setIdentifier,
}: Pick<RecordSet, 'name' | 'type' | 'setIdentifier'>): ListingPlace {
  return [listingKey(name), type, setIdentifier ?? ''];
}

export function compareListing(one: ListingPlace, other: ListingPlace): number {
  for (const index of [0, 1, 2] as const) {
    if (one[index] !== other[index]) return one[index] < other[index] ? -1 : 1;
  }
  return 0;
}

/** As the API shows it. */
export function shapeOf({
  name,
  type,
  setIdentifier,
  policy,
  content,
  healthCheckId,
}: RecordSet): ResourceRecordSet {
  return {
    Name: listed(name),
    Type: type,
    ...(setIdentifier !== undefined && { SetIdentifier: setIdentifier }),
    ...(policy.kind === 'weighted' && { Weight: policy.weight }),
    ...(policy.kind === 'failover' && { Failover: policy.role }),
    ...(content.kind === 'values'
      ? { TTL: content.ttl, ResourceRecords: content.values.map((Value) => ({ Value })) }
      : {
          AliasTarget: {
            HostedZoneId: content.zoneId,
            DNSName: listed(content.name),
            EvaluateTargetHealth: content.evaluateTargetHealth,
          },
        }),
    ...(healthCheckId !== undefined && { HealthCheckId: healthCheckId }),
  };
}

/** Whether two sets hold the same, values in any order: what a DELETE must match. */
export function sameSet(one: RecordSet, other: RecordSet): boolean {
  return JSON.stringify(comparable(one)) === JSON.stringify(comparable(other));
}

function comparable({ policy, content, healthCheckId }: RecordSet): unknown {
  return [
    policy.kind,
    policy.kind === 'weighted' ? policy.weight : policy.kind === 'failover' ? policy.role : null,
    healthCheckId ?? null,
    content.kind === 'values'
      ? [content.ttl, ...content.values.toSorted()]
      : [content.zoneId, content.name, content.evaluateTargetHealth],
  ];
}
