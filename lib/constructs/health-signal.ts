import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { Site } from '../../lambdas/incident/contract.ts';
import type { Environment } from '../config/schema.ts';
import { described, names } from '../names.ts';

interface HealthSignalProps {
  readonly environment: Environment;
  readonly site: Site;
}

/**
 * What the world thinks of a site: a health check by Route 53's checkers, an alarm on how many of them agree,
 * and the verdict as a DNS answer, which is there when us-east-1 is not.
 */
export class HealthSignal extends Construct {
  readonly alarmArn: string;

  constructor(scope: Construct, id: string, { environment, site }: HealthSignalProps) {
    super(scope, id);
    const { health } = environment.application;
    const { detection } = environment;
    const named = names(environment);
    const match = health.contains !== undefined;
    const check = new route53.CfnHealthCheck(this, 'Check', {
      healthCheckConfig: {
        type: `${health.protocol.toUpperCase()}${match ? '_STR_MATCH' : ''}`,
        fullyQualifiedDomainName: environment.sites[site].host,
        port: health.port,
        resourcePath: health.path,
        requestInterval: detection.checkInterval,
        failureThreshold: detection.checkFailures,
        ...(health.protocol === 'https' ? { enableSni: true } : {}),
        ...(health.contains === undefined ? {} : { searchString: health.contains }),
      },
      healthCheckTags: [{ key: 'Name', value: `${named.prefix}-${site}` }],
    });
    const alarm = new cloudwatch.CfnAlarm(this, 'Alarm', {
      alarmName: site === 'primary' ? named.primaryUnhealthy : named.standbyUnhealthy,
      alarmDescription: described(
        `Fewer than ${detection.healthyPercent} % of Route 53's checkers reach the ${site} for ${detection.periods} minutes`,
        `${site}-unhealthy`,
      ),
      namespace: 'AWS/Route53',
      metricName: 'HealthCheckPercentageHealthy',
      dimensions: [{ name: 'HealthCheckId', value: check.attrHealthCheckId }],
      // The best moment of a minute must be bad: one good sample in it is a flap, not a failure.
      statistic: 'Maximum',
      period: 60,
      evaluationPeriods: detection.periods,
      datapointsToAlarm: detection.periods,
      threshold: detection.healthyPercent,
      comparisonOperator: 'LessThanThreshold',
      // No data is no evidence: when the metric stops, the standby's own probe is what notices.
      treatMissingData: 'ignore',
    });
    this.alarmArn = alarm.attrArn;
    this.#answer('Healthy', 'PRIMARY', 'healthy', environment, site, check.attrHealthCheckId);
    this.#answer('Unhealthy', 'SECONDARY', 'unhealthy', environment, site);
  }

  #answer(
    id: string,
    failover: 'PRIMARY' | 'SECONDARY',
    text: string,
    environment: Environment,
    site: Site,
    healthCheckId?: string,
  ): void {
    new route53.CfnRecordSet(this, id, {
      hostedZoneId: environment.dns.zoneId,
      name: `${names(environment).healthName(site)}.`,
      type: 'TXT',
      ttl: '10',
      resourceRecords: [`"${text}"`],
      setIdentifier: text,
      failover,
      ...(healthCheckId === undefined ? {} : { healthCheckId }),
    });
  }
}
