import { beforeEach, describe, expect, it } from 'vitest';
import { create } from '../foundation.ts';
import { zoneId, zoneWorld } from './zone-world.ts';

let world: ReturnType<typeof zoneWorld>;
beforeEach(() => {
  world = zoneWorld();
});

const deploy = (type: string, properties: Record<string, unknown>, logicalId = 'Resource') =>
  create(world.service.service, `AWS::Route53::${type}`, properties, { region: 'us-east-1', logicalId });
const check = (logicalId = 'Check') =>
  deploy(
    'HealthCheck',
    {
      HealthCheckConfig: {
        Type: 'HTTPS',
        FullyQualifiedDomainName: 'primary.company.com',
        RequestInterval: 10,
      },
      HealthCheckTags: [{ Key: 'Name', Value: 'lifeboat-dev-primary' }],
    },
    logicalId,
  );
const record = { Name: 'erlmcp.company.com.', Type: 'A', TTL: '30' };

describe('a template', () => {
  it('makes health checks whose Ref and HealthCheckId are the id', () => {
    const { ref, attributes } = check();
    expect(ref).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(attributes).toEqual({ HealthCheckId: ref });
    expect(world.service.healthOf(ref)).toBe(true);
    expect(check('Another').ref).not.toBe(ref);
  });

  it('makes a failover pair, one record after the other, in sync at once', () => {
    const pair = { ...record, HostedZoneId: zoneId };
    const { ref } = deploy('RecordSet', {
      ...pair,
      ResourceRecords: ['192.0.2.10'],
      SetIdentifier: 'primary',
      Failover: 'PRIMARY',
      HealthCheckId: check().ref,
    });
    deploy('RecordSet', {
      ...pair,
      ResourceRecords: ['198.51.100.10'],
      SetIdentifier: 'standby',
      Failover: 'SECONDARY',
    });
    expect(ref).toBe('erlmcp.company.com.');
    expect(world.values('erlmcp.company.com')).toEqual(['192.0.2.10']);
  });

  it('makes groups of records, in a zone by its name', () => {
    deploy('RecordSetGroup', {
      HostedZoneName: 'company.com.',
      RecordSets: [
        { ...record, ResourceRecords: ['192.0.2.10'], SetIdentifier: 'a', Weight: '1' },
        { ...record, ResourceRecords: ['192.0.2.11'], SetIdentifier: 'b', Weight: '0' },
      ],
    });
    expect(world.values('erlmcp.company.com')).toEqual(['192.0.2.10']);
  });

  it('fails on a record that exists, on an unknown zone and on a property nobody models', () => {
    const simple = { ...record, HostedZoneId: zoneId, ResourceRecords: ['192.0.2.10'] };
    deploy('RecordSet', simple);
    expect(() => deploy('RecordSet', simple)).toThrow('but it already exists');
    expect(() => deploy('RecordSet', { ...simple, HostedZoneId: 'Z1' })).toThrow(
      'No hosted zone found with ID: Z1',
    );
    expect(() => deploy('RecordSet', { ...simple, GeoLocation: {} })).toThrow('GeoLocation');
    expect(() => deploy('RecordSet', { ...record, ResourceRecords: [] })).toThrow(
      'exactly one of HostedZoneId',
    );
  });
});
