import type { Change, HealthCheckConfig } from '@aws-sdk/client-route-53';
import * as z from 'zod';
import type { CloudService, DeployedResource, Identity } from '../contract.ts';
import { readProperties } from '../template-properties.ts';
import type { HealthChecks } from './health/health-checks.ts';
import type { HostedZone } from './hosted-zone.ts';
import { absolute } from './names.ts';
import { readChange, type ReadChange } from './read-change.ts';
import type { Zones } from './zones.ts';

/** CloudFormation takes numbers and booleans as text, too. */
const wholeNumber = z.coerce.number().int();
const yesOrNo = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);

const recordSet = z.strictObject({
  Name: z.string(),
  Type: z.string(),
  TTL: wholeNumber.optional(),
  ResourceRecords: z.array(z.string()).optional(),
  AliasTarget: z
    .strictObject({
      DNSName: z.string(),
      HostedZoneId: z.string(),
      EvaluateTargetHealth: yesOrNo.default(false),
    })
    .optional(),
  SetIdentifier: z.string().optional(),
  Weight: wholeNumber.optional(),
  Failover: z.enum(['PRIMARY', 'SECONDARY']).optional(),
  HealthCheckId: z.string().optional(),
});
const inZone = {
  HostedZoneId: z.string().optional(),
  HostedZoneName: z.string().optional(),
  Comment: z.string().optional(),
};
const standaloneRecordSet = z.strictObject({ ...recordSet.shape, ...inZone });
const recordSetGroup = z.strictObject({ ...inZone, RecordSets: z.array(recordSet).min(1) });

const healthCheck = z.strictObject({
  HealthCheckConfig: z.strictObject({
    Type: z.string(),
    IPAddress: z.string().optional(),
    FullyQualifiedDomainName: z.string().optional(),
    Port: wholeNumber.optional(),
    ResourcePath: z.string().optional(),
    SearchString: z.string().optional(),
    RequestInterval: wholeNumber.optional(),
    FailureThreshold: wholeNumber.optional(),
    MeasureLatency: yesOrNo.optional(),
    Inverted: yesOrNo.optional(),
    EnableSNI: yesOrNo.optional(),
    Regions: z.array(z.string()).optional(),
    HealthThreshold: wholeNumber.optional(),
    ChildHealthChecks: z.array(z.string()).optional(),
    AlarmIdentifier: z.strictObject({ Name: z.string(), Region: z.string() }).optional(),
    InsufficientDataHealthStatus: z.enum(['Healthy', 'Unhealthy', 'LastKnownStatus']).optional(),
  }),
  HealthCheckTags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

/** Records and health checks of a template. */
export function route53Resources(zones: Zones, checks: HealthChecks): NonNullable<CloudService['resources']> {
  return {
    'AWS::Route53::RecordSet'(resource) {
      const { HostedZoneId, HostedZoneName, ...set } = readProperties(resource, standaloneRecordSet);
      zones.create(zoneOf(zones, resource, { HostedZoneId, HostedZoneName }), [changeOf(set)]);
      return { ref: set.Name };
    },
    'AWS::Route53::RecordSetGroup'(resource) {
      const { RecordSets, ...place } = readProperties(resource, recordSetGroup);
      zones.create(zoneOf(zones, resource, place), RecordSets.map(changeOf));
      return { ref: `${resource.stack}-${resource.logicalId}` };
    },
    'AWS::Route53::HealthCheck'(resource): Identity {
      const { HealthCheckConfig: config, HealthCheckTags: tags = [] } = readProperties(resource, healthCheck);
      const name = tags.find(({ Key }) => Key === 'Name')?.Value;
      const reference = `${resource.stack}-${resource.logicalId}`.slice(0, 64);
      const { id } = checks.create(reference, config as HealthCheckConfig, name);
      return { ref: id, attributes: { HealthCheckId: id } };
    },
  };
}

function changeOf({ ResourceRecords, ...set }: z.output<typeof recordSet>): ReadChange {
  const shape = {
    ...set,
    ...(ResourceRecords && { ResourceRecords: ResourceRecords.map((Value) => ({ Value })) }),
  };
  return readChange({ Action: 'CREATE', ResourceRecordSet: shape as Change['ResourceRecordSet'] });
}

function zoneOf(
  zones: Zones,
  { stack, logicalId }: DeployedResource,
  place: { readonly HostedZoneId?: string | undefined; readonly HostedZoneName?: string | undefined },
): HostedZone {
  if ((place.HostedZoneId === undefined) === (place.HostedZoneName === undefined)) {
    throw new Error(
      `stack ${stack}: ${logicalId}: exactly one of HostedZoneId and HostedZoneName must be specified`,
    );
  }
  if (place.HostedZoneId !== undefined) return zones.find(place.HostedZoneId);
  const name = absolute(place.HostedZoneName ?? '');
  const zone = [...zones.all()].find((candidate) => candidate.name === name);
  if (!zone) throw new Error(`stack ${stack}: ${logicalId}: there is no hosted zone ${name}`);
  return zone;
}
