import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { normalise } from '../aws/answer.ts';
import { plainName } from '../aws/record-name.ts';
import { UnsafePlan } from '../incident/errors.ts';
import type { Site } from '../incident/contract.ts';
import type { RecordPlan, RecordTarget } from './contract.ts';

/** What a batch would do. Pure data: it can be printed, refused or applied. */
export interface ChangePlan {
  /** Record sets as they should become, everything but the target as the zone holds it now. */
  readonly changes: readonly ResourceRecordSet[];
  /** The same record sets as they are. */
  readonly before: readonly ResourceRecordSet[];
  /** Listed record sets that point at the target already. */
  readonly alreadyThere: readonly string[];
}

/** Of one batch, and an UPSERT counts each element and each character twice (aws-facts §1.1). */
const batchLimits = { elements: 500, characters: 16_000 } as const;

/** A record that moves in a failover must not be cached longer, seconds. */
const longestTtl = 60;

/**
 * Choose how the listed records should become.
 *
 * Keeps SetIdentifier, weight, health check and TTL exactly and changes only the target; record sets that are
 * not listed, weighted siblings included, are left alone. Refuses rather than guesses: a batch is atomic, so
 * nothing has changed when it is refused.
 *
 * @param observed record sets of the listed names, as the zone holds them now
 * @throws UnsafePlan when a listed record is missing or managed by a traffic policy, more than `maxRecords`
 *   would change, a TTL is too long, or the batch exceeds what the API takes
 */
export function planChanges(
  observed: readonly ResourceRecordSet[],
  records: readonly RecordPlan[],
  target: Site,
  maxRecords: number,
): ChangePlan {
  const pairs = records.map((record) => ({ record, current: find(observed, record) }));
  const missing = pairs.filter(({ current }) => current === undefined).map(({ record }) => label(record));
  if (missing.length > 0) {
    throw new UnsafePlan(
      `${missing.length} of ${records.length} listed records are not in the zone: ${missing.join(', ')}`,
    );
  }
  const moving = pairs.flatMap(({ record, current }) =>
    current === undefined || pointsAt(current, record.type, record[target])
      ? []
      : [{ record, current, next: pointed(current, record, target) }],
  );
  refuse(moving, records.length, maxRecords);
  return {
    changes: moving.map(({ next }) => next),
    before: moving.map(({ current }) => current),
    alreadyThere: records.filter((record) => !moving.some((move) => move.record === record)).map(label),
  };
}

interface Move {
  readonly record: RecordPlan;
  readonly current: ResourceRecordSet;
  readonly next: ResourceRecordSet;
}

function refuse(moving: readonly Move[], listed: number, maxRecords: number): void {
  if (moving.length > maxRecords) {
    throw new UnsafePlan(
      `${moving.length} of ${listed} listed records would change, and the environment allows ${maxRecords} (dns.maxRecords)`,
    );
  }
  for (const { record, current, next } of moving) {
    if (current.TrafficPolicyInstanceId !== undefined) {
      throw new UnsafePlan(
        `${label(record)} belongs to traffic policy instance ${current.TrafficPolicyInstanceId} and can only change there`,
      );
    }
    if (next.TTL !== undefined && next.TTL > longestTtl) {
      throw new UnsafePlan(
        `${label(record)} has a TTL of ${next.TTL} s; a record that fails over may have ${longestTtl} s at most`,
      );
    }
  }
  const values = moving.map(({ next }) => (next.ResourceRecords ?? []).map(({ Value }) => Value ?? ''));
  const elements = values.reduce((sum, of) => sum + Math.max(1, of.length), 0);
  const characters = values.flat().reduce((sum, value) => sum + value.length, 0);
  if (elements > batchLimits.elements) {
    throw new UnsafePlan(
      `the batch has ${elements} values, and one batch of UPSERTs takes ${batchLimits.elements}`,
    );
  }
  if (characters > batchLimits.characters) {
    throw new UnsafePlan(
      `the batch has ${characters} characters, and one batch of UPSERTs takes ${batchLimits.characters}`,
    );
  }
}

function find(observed: readonly ResourceRecordSet[], record: RecordPlan): ResourceRecordSet | undefined {
  return observed.find(
    (set) =>
      set.Type === record.type &&
      plainName(set.Name) === plainName(record.name) &&
      set.SetIdentifier === record.setIdentifier,
  );
}

/** Of all record sets of the listed names, those that the plan is about. */
export function sameSets(
  observed: readonly ResourceRecordSet[],
  wanted: readonly ResourceRecordSet[],
): readonly ResourceRecordSet[] {
  return observed.filter((set) =>
    wanted.some(
      (other) =>
        other.Type === set.Type &&
        plainName(other.Name) === plainName(set.Name) &&
        other.SetIdentifier === set.SetIdentifier,
    ),
  );
}

function label({ name, type, setIdentifier }: RecordPlan): string {
  return `${name} ${type}${setIdentifier === undefined ? '' : ` (${setIdentifier})`}`;
}

function pointsAt(current: ResourceRecordSet, type: RecordPlan['type'], target: RecordTarget): boolean {
  if ('alias' in target) {
    const { AliasTarget: alias } = current;
    return (
      alias !== undefined &&
      plainName(alias.DNSName) === plainName(target.alias.dnsName) &&
      alias.HostedZoneId === target.alias.hostedZoneId &&
      alias.EvaluateTargetHealth === target.alias.evaluateTargetHealth
    );
  }
  const values = (current.ResourceRecords ?? []).map(({ Value }) => Value ?? '');
  return (
    current.AliasTarget === undefined &&
    JSON.stringify(normalise(type, values)) === JSON.stringify(normalise(type, target.values))
  );
}

/** A plain record keeps its TTL; one that was an alias has none and gets the environment's. */
function pointed(current: ResourceRecordSet, record: RecordPlan, site: Site): ResourceRecordSet {
  const kept: ResourceRecordSet = { ...current };
  delete kept.AliasTarget;
  delete kept.ResourceRecords;
  delete kept.TTL;
  const target = record[site];
  if ('alias' in target) {
    return {
      ...kept,
      AliasTarget: {
        DNSName: target.alias.dnsName,
        HostedZoneId: target.alias.hostedZoneId,
        EvaluateTargetHealth: target.alias.evaluateTargetHealth,
      },
    };
  }
  return {
    ...kept,
    TTL: current.TTL ?? record.ttl,
    ResourceRecords: target.values.map((Value) => ({ Value })),
  };
}
