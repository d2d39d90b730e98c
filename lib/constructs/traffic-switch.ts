import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';

type Alias = Extract<Environment['dns']['records'][number]['primary'], { alias: unknown }>;

/**
 * Failover records, provisioned ahead and steered by a health check on the switch's metric in the standby's
 * region: moving traffic needs no call to Route 53's control plane.
 *
 * Not inverted and `LastKnownStatus`: a check without data leaves traffic where it is.
 *
 * A failover alias must evaluate its target's health (Route 53 API, `Failover`), so that pointed at a load balancer
 * it moves traffic by itself, before anybody has looked at the standby, and back. An alias therefore goes through
 * a record of its own that does not evaluate and is always healthy: the switch alone decides.
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
        const steady =
          'alias' in target
            ? this.#steadyAlias(environment, `${site}${index}`, record.type, target)
            : undefined;
        const set = new route53.CfnRecordSet(this, `Record${index}${site}`, {
          hostedZoneId: environment.dns.zoneId,
          name: `${record.name}.`,
          type: record.type,
          setIdentifier: site,
          failover: site === 'primary' ? 'PRIMARY' : 'SECONDARY',
          ...('values' in target ? { ttl: String(record.ttl), resourceRecords: [...target.values] } : {}),
          ...(steady
            ? {
                aliasTarget: {
                  dnsName: steady.name,
                  hostedZoneId: environment.dns.zoneId,
                  evaluateTargetHealth: true,
                },
              }
            : {}),
          ...(site === 'primary' ? { healthCheckId: check.attrHealthCheckId } : {}),
        });
        if (steady) set.addResourceDependency(steady);
      }
    });
  }

  #steadyAlias(
    { name, dns }: Environment,
    what: string,
    type: string,
    { alias }: Alias,
  ): route53.CfnRecordSet {
    return new route53.CfnRecordSet(this, `Target${what}`, {
      hostedZoneId: dns.zoneId,
      name: `_lifeboat-${name}-${what}.${dns.zoneName}.`,
      type,
      aliasTarget: { ...alias, evaluateTargetHealth: false },
    });
  }
}
