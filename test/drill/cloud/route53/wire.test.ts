import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  GetChangeCommand,
  GetHealthCheckStatusCommand,
  InvalidChangeBatch,
  ListResourceRecordSetsCommand,
  PriorRequestNotComplete,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { describe, expect, it } from 'vitest';
import type { Route53 } from '../../../../drill/cloud/route53/contract.ts';
import { route53 } from '../../../../drill/cloud/route53/route53.ts';
import { localCloud } from '../local-cloud.ts';
import { a, create, nameServers, upsert, zoneId } from './zone-world.ts';

let dns: Route53 | undefined;
const cloud = await localCloud((foundation) => {
  dns = route53(foundation, {
    metrics: { put: () => undefined },
    samples: { statistic: () => undefined },
    alarms: { alarm: () => undefined },
    probe: () => Promise.resolve(true),
  });
  dns.seedZone({
    id: zoneId,
    name: 'company.com',
    nameServers,
    records: [a('erlmcp.company.com', '192.0.2.10')],
  });
  return [dns.service];
});
const operator = new Route53Client(cloud.client(undefined, 'us-east-1'));
const changing = (...Changes: ReturnType<typeof upsert>[]) =>
  new ChangeResourceRecordSetsCommand({
    HostedZoneId: `/hostedzone/${zoneId}`,
    ChangeBatch: { Changes, Comment: 'i' },
  });

describe('an unmodified SDK client', () => {
  it('changes a record and waits for INSYNC', async () => {
    const { ChangeInfo } = await operator.send(changing(upsert(a('erlmcp.company.com', '198.51.100.10'))));
    expect(ChangeInfo).toMatchObject({
      Status: 'PENDING',
      Comment: 'i',
      SubmittedAt: new Date(cloud.clock.now()),
    });
    await cloud.clock.sleep(30_000);
    const { ChangeInfo: later } = await operator.send(new GetChangeCommand({ Id: ChangeInfo!.Id }));
    expect(later?.Status).toBe('INSYNC');
    const { ResourceRecordSets } = await operator.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: zoneId,
        StartRecordName: 'erlmcp.company.com',
        MaxItems: 1,
      }),
    );
    expect(ResourceRecordSets).toEqual([a('erlmcp.company.com.', '198.51.100.10')]);
  });

  it('is refused with the errors of its own model', async () => {
    const existing = operator.send(changing(create(a('erlmcp.company.com', '192.0.2.1'))));
    await expect(existing).rejects.toBeInstanceOf(InvalidChangeBatch);
    await expect(existing).rejects.toThrow('but it already exists');
    dns?.occupyZone(zoneId, 100);
    await expect(operator.send(changing(upsert(a('x.company.com', '192.0.2.1'))))).rejects.toBeInstanceOf(
      PriorRequestNotComplete,
    );
    await cloud.clock.sleep(100);
  });

  it('reads the checkers of a health check', async () => {
    const { HealthCheck } = await operator.send(
      new CreateHealthCheckCommand({
        CallerReference: 'wire',
        HealthCheckConfig: { Type: 'TCP', IPAddress: '192.0.2.10', Port: 443 },
      }),
    );
    const { HealthCheckObservations } = await operator.send(
      new GetHealthCheckStatusCommand({ HealthCheckId: HealthCheck!.Id }),
    );
    expect(HealthCheckObservations).toHaveLength(16);
  });
});

describe('a role', () => {
  const limited = cloud.role('switch-dns', [
    {
      Effect: 'Allow',
      Action: 'route53:ChangeResourceRecordSets',
      Resource: `arn:aws:route53:::hostedzone/${zoneId}`,
      Condition: {
        'ForAllValues:StringEquals': {
          'route53:ChangeResourceRecordSetsNormalizedRecordNames': [
            'erlmcp.company.com',
            '\\052.company.com',
          ],
          'route53:ChangeResourceRecordSetsRecordTypes': ['A'],
          'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
        },
      },
    },
    { Effect: 'Allow', Action: 'route53:GetChange', Resource: 'arn:aws:route53:::change/*' },
  ]);
  const client = new Route53Client(cloud.client(limited, 'us-east-1'));

  it('changes what its conditions name', async () => {
    const { ChangeInfo } = await client.send(
      changing(upsert(a('ERLMCP.company.com', '192.0.2.10')), upsert(a('*.company.com', '192.0.2.10'))),
    );
    await client.send(new GetChangeCommand({ Id: ChangeInfo!.Id }));
  });

  it.each([
    ['another name', upsert(a('other.company.com', '192.0.2.10'))],
    ['another type', upsert({ ...a('erlmcp.company.com', '2001:db8::1'), Type: 'AAAA' as const })],
    ['another action', create(a('erlmcp.company.com', '192.0.2.10'))],
  ])('is denied %s', async (_, change) => {
    await expect(client.send(changing(change))).rejects.toMatchObject({
      name: expect.stringMatching(/^AccessDenied/),
    });
    await expect(
      client.send(new ListResourceRecordSetsCommand({ HostedZoneId: zoneId })),
    ).rejects.toMatchObject({
      name: expect.stringMatching(/^AccessDenied/),
    });
  });
});
