import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';

/**
 * Failover records, provisioned ahead and steered by a health check on the switch's metric in the standby's
 * region: moving traffic needs no call to Route 53's control plane.
 *
 * Not inverted and `LastKnownStatus`: a check without data leaves traffic where it is.
 */
export class TrafficSwitch extends Construct {
  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const named = names(environment);
    const check = new route53.CfnHealthCheck(this, 'Check', {
      healthCheckConfig: {
        type: 'CLOUDWATCH_METRIC',
        alarmIdentifier: { name: named.trafficOnStandby, region: environment.sites.standby.region },
        insufficientDataHealthStatus: 'LastKnownStatus',
      },
      healthCheckTags: [{ key: 'Name', value: `${named.prefix}-traffic-on-primary` }],
    });
    environment.dns.records.forEach((record, index) => {
      for (const site of ['primary', 'standby'] as const) {
        const target = record[site];
        new route53.CfnRecordSet(this, `Record${index}${site}`, {
          hostedZoneId: environment.dns.zoneId,
          name: `${record.name}.`,
          type: record.type,
          setIdentifier: site,
          failover: site === 'primary' ? 'PRIMARY' : 'SECONDARY',
          ...('values' in target
            ? { ttl: String(record.ttl), resourceRecords: [...target.values] }
            : { aliasTarget: target.alias }),
          ...(site === 'primary' ? { healthCheckId: check.attrHealthCheckId } : {}),
        });
      }
    });
  }
}
