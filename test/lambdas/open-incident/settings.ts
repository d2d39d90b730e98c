import type { Settings } from '../../../lambdas/open-incident/contract.ts';

const hour = 3_600;

export const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  alarms: {
    'lifeboat-dev-primary-unhealthy': 'site-failure',
    'lifeboat-dev-primary-unreachable': 'site-failure',
    'lifeboat-dev-data-inconsistent-erlmcp': { scenario: 'data-corruption', database: 'erlmcp' },
  },
  deployments: ['erlmcp', 'erlmcp-gateway'],
  databases: ['erlmcp', 'audit'],
  scenarios: { 'site-failure': { severity: 'P0' }, 'data-corruption': { severity: 'P1' } },
  severities: {
    P0: { rtoSeconds: hour, rpoSeconds: 900, updateEverySeconds: 900 },
    P1: { rtoSeconds: 4 * hour, rpoSeconds: hour, updateEverySeconds: 1_800 },
    P2: { rtoSeconds: 8 * hour, rpoSeconds: 4 * hour, updateEverySeconds: 2 * hour },
    P3: { rtoSeconds: 24 * hour, rpoSeconds: 8 * hour, updateEverySeconds: 4 * hour },
  },
  maxEventAgeSeconds: 600,
  cooldownSeconds: hour,
  lockSeconds: 3 * hour,
};

/** An alarm's event as EventBridge delivers it (aws-facts §13.1). */
export function alarmEvent(
  changes: { id?: string; alarm?: string; state?: string; timestamp?: string } = {},
) {
  const { id = 'c4c1', alarm = 'lifeboat-dev-primary-unhealthy', state = 'ALARM' } = changes;
  return {
    version: '0',
    id,
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: '111111111111',
    time: '2026-11-23T04:00:00Z',
    region: 'us-east-1',
    resources: [`arn:aws:cloudwatch:us-east-1:111111111111:alarm:${alarm}`],
    detail: {
      alarmName: alarm,
      state: { value: state, reason: '...', timestamp: changes.timestamp ?? '2026-11-23T04:00:00.000+0000' },
      previousState: { value: 'OK' },
    },
  };
}
