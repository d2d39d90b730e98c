import type { Audience, Site } from '../lambdas/incident/contract.ts';
import type { Environment } from './config/schema.ts';

/**
 * Names that one region gives and another uses, as literals of the environment: nothing is looked up in
 * another region, neither when a stack is deployed nor when it recovers.
 */
export function names(environment: Environment) {
  const prefix = `lifeboat-${environment.name}`;
  const { account } = environment;
  const standby = environment.sites.standby.region;
  const publicName = environment.dns.records[0]?.name ?? environment.dns.zoneName;
  return {
    prefix,
    publicName,
    primaryUnhealthy: `${prefix}-primary-unhealthy`,
    standbyUnhealthy: `${prefix}-standby-unhealthy`,
    primaryUnreachable: `${prefix}-primary-unreachable`,
    trafficOnStandby: `${prefix}-traffic-on-standby`,
    alarmArn: (region: string, name: string) => `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`,
    standbyBusArn: `arn:aws:events:${standby}:${account}:event-bus/default`,
    ledgerBucket: `${prefix}-ledger-${account}-${standby}`,
    functionArn: (region: string, task: string) =>
      `arn:aws:lambda:${region}:${account}:function:${prefix}-${task}`,
    topicArn: (audience: Audience) => `arn:aws:sns:${standby}:${account}:${prefix}-${audience}`,
    dataInconsistent: (database: string) => `${prefix}-data-inconsistent-${database}`,
    replicaLag: (database: string) => `${prefix}-replica-lag-${database}`,
    healthName: (site: Site) => `_lifeboat-${site}.${publicName}`,
  };
}

/** Route 53's metrics, and so the alarms on them, exist only here (Route 53 developer guide). */
export const detectionRegion = 'us-east-1';

/** An alarm's description, which leads to its entry in the runbook. */
export function described(what: string, entry: string): string {
  return `${what}. What to do: docs/runbook.md#${entry}`;
}
