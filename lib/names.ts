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
    exportsBucket: `${prefix}-exports-${account}-${standby}`,
    configurationBucket: (site: Site) => `${prefix}-config-${account}-${environment.sites[site].region}`,
    /** Roles of the tasks that write or read exports; a site's own have the site behind the task. */
    exportUsers: [
      ...['export-objects', 'restore-objects'].flatMap((task) =>
        (['primary', 'standby'] as const).map((site) => `${prefix}-${task}-${site}`),
      ),
      `${prefix}-assess-configuration`,
      `${prefix}-compare-sites`,
    ],
    siteRole: (task: string, site: Site) => `${prefix}-${task}-${site}`,
    functionArn: (region: string, task: string) =>
      `arn:aws:lambda:${region}:${account}:function:${prefix}-${task}`,
    topicArn: (audience: Audience) => `arn:aws:sns:${standby}:${account}:${prefix}-${audience}`,
    smsTopicArn: (audience: Audience) => `arn:aws:sns:${standby}:${account}:${prefix}-${audience}-sms`,
    /** What rings those on call: by mail, and by telephone where one of them has one. */
    oncallTopicArns: [
      '',
      ...(environment.contacts.oncall.primary.some(({ phone }) => phone) ? ['-sms'] : []),
    ].map((suffix) => `arn:aws:sns:${standby}:${account}:${prefix}-oncall${suffix}`),
    statusBucket: `${prefix}-status-${account}-${standby}`,
    updateOverdue: `${prefix}-update-overdue`,
    dataInconsistent: (database: string) => `${prefix}-data-inconsistent-${database}`,
    replicaLag: (database: string) => `${prefix}-replica-lag-${database}`,
    configurationInvalid: `${prefix}-configuration-invalid`,
    applicationUnhealthy: `${prefix}-application-unhealthy`,
    nodesUnhealthy: `${prefix}-nodes-unhealthy`,
    sitesDiffer: `${prefix}-sites-differ`,
    healthName: (site: Site) => `_lifeboat-${site}.${publicName}`,
  };
}

/** Route 53's metrics, and so the alarms on them, exist only here (Route 53 developer guide). */
export const detectionRegion = 'us-east-1';

/** An alarm's description, which leads to its entry in the runbook. */
export function described(what: string, entry: string): string {
  return `${what}. What to do: docs/runbook.md#${entry}`;
}
