import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { AlarmForward } from '../constructs/alarm-forward.ts';
import { DeadLetters } from '../constructs/dead-letters.ts';
import { HealthSignal } from '../constructs/health-signal.ts';
import { TrafficSwitch } from '../constructs/traffic-switch.ts';
import { detectionRegion, names } from '../names.ts';

/** In us-east-1, where Route 53's metrics are: how the sites are, and the records that follow the switch. */
export class DetectionStack extends Stack {
  constructor(scope: Construct, id: string, environment: Environment, props: StackProps) {
    super(scope, id, props);
    const named = names(environment);
    const primary = new HealthSignal(this, 'Primary', { environment, site: 'primary' });
    const standby = new HealthSignal(this, 'Standby', { environment, site: 'standby' });
    if (environment.sites.standby.region !== detectionRegion) {
      const deadLetters = new DeadLetters(this, 'DeadLetters', {
        prefix: named.prefix,
        name: 'events-undelivered',
      });
      new AlarmForward(this, 'Forward', {
        ruleName: `${named.prefix}-forward-alarms`,
        alarmArns: [primary.alarmArn, standby.alarmArn, deadLetters.alarmArn],
        busArn: named.standbyBusArn,
        deadLetters: deadLetters.queue,
        maxAge: Duration.minutes(environment.detection.maxEventAgeMinutes),
      });
    }
    if (environment.dns.mode === 'switch') new TrafficSwitch(this, 'Switch', environment);
  }
}
