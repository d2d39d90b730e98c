import type { Change, ResourceRecordSet, RRType } from '@aws-sdk/client-route-53';
import { AwsError } from '../contract.ts';
import { absolute, nameFault } from './names.ts';
import type { Content, Policy, RecordSet } from './record-set.ts';
import { supportedTypes } from './record-values.ts';

export interface ReadChange {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
  readonly set: RecordSet;
}

const policies = [
  'Weight',
  'Region',
  'Failover',
  'GeoLocation',
  'MultiValueAnswer',
  'GeoProximityLocation',
  'CidrRoutingConfig',
] as const satisfies (keyof ResourceRecordSet)[];

const policyList = `[${policies.slice(0, -1).join(', ')}, or ${policies.at(-1) ?? ''}]`;
const contentList = '[AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]';

/** Largest TTL of the API, seconds. */
const MAX_TTL = 2_147_483_647;

export function invalidInput(message: string): AwsError {
  return new AwsError('InvalidInput', message);
}

/**
 * One change in the form of the local cloud.
 *
 * @throws AwsError `InvalidInput`: a change that does not say one thing, or says one (latency, geography,
 *   multivalue) that the local cloud does not answer
 */
export function readChange(change: Change): ReadChange {
  const { Action: action, ResourceRecordSet: shape } = change;
  if (!shape) throw invalidInput('Invalid request: Missing field ResourceRecordSet in Change');
  const { Name, Type, SetIdentifier } = shape;
  const where = `in Change with [Action=${action ?? 'null'}, Name=${Name ?? 'null'}, Type=${Type ?? 'null'}, SetIdentifier=${SetIdentifier ?? 'null'}]`;
  if (action !== 'CREATE' && action !== 'DELETE' && action !== 'UPSERT')
    throw invalidInput(`Invalid request: Action must be one of CREATE, DELETE, UPSERT ${where}`);
  if (Name === undefined || Name === '') throw invalidInput(`Invalid request: Missing field 'Name' ${where}`);
  if (Type === undefined || !supportedTypes.has(Type))
    throw invalidInput(
      `Invalid request: the local cloud answers ${[...supportedTypes].join(', ')} only ${where}`,
    );
  const fault = nameFault(Name);
  if (fault !== undefined) throw new AwsError('InvalidChangeBatch', `[FATAL problem: ${fault}]`);
  return {
    action,
    set: {
      name: absolute(Name),
      type: Type,
      setIdentifier: SetIdentifier,
      policy: readPolicy(shape, where),
      content: readContent(shape, Type, where),
      healthCheckId: shape.HealthCheckId,
    },
  };
}

function readPolicy(shape: ResourceRecordSet, where: string): Policy {
  const given = policies.filter((name) => shape[name] !== undefined);
  if (given.length === 0) {
    if (shape.SetIdentifier === undefined) return { kind: 'simple' };
    throw invalidInput(`Invalid request: Expected exactly one of ${policyList}, but found none ${where}`);
  }
  if (given.length > 1)
    throw invalidInput(
      `Invalid request: Expected exactly one of ${policyList}, but found more than one ${where}`,
    );
  if (shape.SetIdentifier === undefined || shape.SetIdentifier === '')
    throw invalidInput(`Invalid request: Missing field 'SetIdentifier' ${where}`);
  if (shape.SetIdentifier.length > 128)
    throw invalidInput(`Invalid request: SetIdentifier is longer than 128 characters ${where}`);
  const { Weight, Failover } = shape;
  if (Weight !== undefined) {
    if (!Number.isInteger(Weight) || Weight < 0 || Weight > 255)
      throw invalidInput(`Invalid request: Weight must be a whole number from 0 to 255 ${where}`);
    return { kind: 'weighted', weight: Weight };
  }
  if (Failover === 'PRIMARY' || Failover === 'SECONDARY') return { kind: 'failover', role: Failover };
  throw invalidInput(
    `Invalid request: the local cloud answers simple, weighted and failover records only, not ${given.join()} ${where}`,
  );
}

function readContent(shape: ResourceRecordSet, type: RRType, where: string): Content {
  const { AliasTarget: alias, TTL: ttl, ResourceRecords: records } = shape;
  const hasValues = ttl !== undefined && records !== undefined && records.length > 0;
  const hasSome = ttl !== undefined || (records !== undefined && records.length > 0);
  if (alias ? hasSome : !hasValues) {
    const found = alias ? 'more than one' : 'none';
    throw invalidInput(
      `Invalid request: Expected exactly one of ${contentList}, but found ${found} ${where}`,
    );
  }
  if (alias) {
    if (
      alias.HostedZoneId === undefined ||
      alias.DNSName === undefined ||
      alias.EvaluateTargetHealth === undefined
    )
      throw invalidInput(
        `Invalid request: AliasTarget needs HostedZoneId, DNSName and EvaluateTargetHealth ${where}`,
      );
    if (type === 'NS' || type === 'SOA')
      throw invalidInput(`Invalid request: an alias cannot be of type ${type} ${where}`);
    return {
      kind: 'alias',
      zoneId: alias.HostedZoneId.replace(/^\/?hostedzone\//, ''),
      name: absolute(alias.DNSName),
      evaluateTargetHealth: alias.EvaluateTargetHealth,
    };
  }
  const seconds = ttl ?? 0;
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > MAX_TTL)
    throw invalidInput(`Invalid request: TTL must be a whole number from 0 to ${MAX_TTL} ${where}`);
  return { kind: 'values', ttl: seconds, values: (records ?? []).map(({ Value }) => Value ?? '') };
}
