import { Construct } from 'constructs';
import type { HealthEndpoint, Settings as AssessPrimary } from '../../lambdas/assess-primary/contract.ts';
import type { Settings as CallSite } from '../../lambdas/call-site/contract.ts';
import type { Settings as CheckCapacity } from '../../lambdas/check-capacity/contract.ts';
import type { Settings as CheckDns } from '../../lambdas/check-dns/contract.ts';
import type { Settings as CheckStandby } from '../../lambdas/check-standby/contract.ts';
import type { Settings as CloseIncident } from '../../lambdas/close-incident/contract.ts';
import type { Settings as DecideFailover } from '../../lambdas/decide-failover/contract.ts';
import type { Settings as OpenIncident } from '../../lambdas/open-incident/contract.ts';
import type { Settings as ProbePrimary } from '../../lambdas/probe-primary/contract.ts';
import type { Settings as PublishSwitch } from '../../lambdas/publish-switch/contract.ts';
import type { Settings as ScaleNodes } from '../../lambdas/scale-nodes/contract.ts';
import type { ClusterSettings, Settings as ScaleWorkloads } from '../../lambdas/scale-workloads/contract.ts';
import type { DnsSettings, Settings as SwitchDns } from '../../lambdas/switch-dns/contract.ts';
import type { Settings as VerifyService } from '../../lambdas/verify-service/contract.ts';
import type { Settings as WatchExecutions } from '../../lambdas/watch-executions/contract.ts';
import type { Site } from '../../lambdas/incident/contract.ts';
import type { Environment } from '../config/schema.ts';
import { names } from '../names.ts';
import type { AudienceTopics } from './audience-topics.ts';
import type { Ledger } from './ledger.ts';
import type { TaskFunction } from './task-function.ts';
import { taskMaker } from './task-maker.ts';
import { runsFunctions } from './database-grants.ts';
import { endpointOf } from './endpoint.ts';
import {
  grantCluster,
  grantMetrics,
  grantRecords,
  readsMetrics,
  seesChanges,
  seesExecutions,
} from './grants.ts';

const sites = ['primary', 'standby'] as const satisfies readonly Site[];

/** The tasks of a site that state machines run through call-site. */
const siteTasks = [
  'set-writers',
  'survey-workloads',
  'collect-evidence',
  'restart-workloads',
  'export-objects',
  'restore-objects',
] as const;

interface TasksProps {
  readonly environment: Environment;
  readonly ledger: Ledger;
  readonly topics: AudienceTopics;
  /** How long an incident's machine may run at most, seconds. */
  readonly lockSeconds: number;
}

/** Every task of the recovery with its settings, and with just what it needs granted. */
export class Tasks extends Construct {
  readonly openIncident: TaskFunction<OpenIncident>;
  readonly closeIncident: TaskFunction<CloseIncident>;
  readonly watchExecutions: TaskFunction<WatchExecutions>;
  readonly publishSwitch: TaskFunction<PublishSwitch>;
  readonly probePrimary: TaskFunction<ProbePrimary>;
  readonly assessPrimary: TaskFunction<AssessPrimary>;
  readonly checkStandby: TaskFunction<CheckStandby>;
  readonly decideFailover: TaskFunction<DecideFailover>;
  readonly scaleNodes: TaskFunction<ScaleNodes>;
  readonly scaleWorkloads: TaskFunction<ScaleWorkloads>;
  readonly checkCapacity: TaskFunction<CheckCapacity>;
  readonly switchDns: TaskFunction<SwitchDns>;
  readonly checkDns: TaskFunction<CheckDns>;
  readonly verifyService: TaskFunction<VerifyService>;
  readonly callSite: TaskFunction<CallSite>;

  constructor(scope: Construct, id: string, { environment, ledger, topics, lockSeconds }: TasksProps) {
    super(scope, id);
    const named = names(environment);
    const { region } = environment.sites.standby;
    const { detection, dns } = environment;
    const common = { environment: environment.name, ledgerBucket: ledger.bucketName };
    const nameServers = dns.nameServers;
    const cluster = clusterOf(environment);
    const endpoint = (host: string): HealthEndpoint => endpointOf(environment, host);
    const task = taskMaker(this, environment);
    const inClusterVpc = { timeout: 50, vpc: environment.sites.standby.cluster.vpc };
    const cooldownSeconds = detection.cooldownMinutes * 60;

    this.openIncident = task<OpenIncident>('open-incident', {
      ...common,
      alarms: {
        [named.primaryUnhealthy]: 'site-failure',
        [named.primaryUnreachable]: 'site-failure',
        ...Object.fromEntries(
          environment.databases
            .filter(({ consistency }) => consistency.length > 0)
            .map(({ name }) => [
              named.dataInconsistent(name),
              { scenario: 'data-corruption' as const, database: name },
            ]),
        ),
        [named.configurationInvalid]: 'configuration-loss',
        [named.applicationUnhealthy]: 'application-failure',
        [named.nodesUnhealthy]: 'hardware-failure',
      },
      databases: environment.databases.map(({ name }) => name),
      deployments: environment.sites.standby.deployments.map(({ name }) => name),
      scenarios: {
        'site-failure': { severity: 'P0' },
        'data-corruption': { severity: 'P1' },
        'configuration-loss': { severity: 'P1' },
        'application-failure': { severity: 'P1' },
        'hardware-failure': { severity: 'P2' },
      },
      severities: severitiesOf(environment),
      maxEventAgeSeconds: detection.maxEventAgeMinutes * 60,
      cooldownSeconds,
      lockSeconds,
    });
    ledger.grant(this.openIncident, ['switch'], ['lock', 'incidents', 'events']);
    seesExecutions(this.openIncident, `${named.prefix}-incident`);

    this.closeIncident = task<CloseIncident>('close-incident', common);
    ledger.grant(this.closeIncident, [], ['lock', 'incidents']);

    // It waits for send-notice, too.
    this.watchExecutions = task<WatchExecutions>(
      'watch-executions',
      {
        ...common,
        topics: named.oncallTopicArns,
        cooldownSeconds,
        sendNotice: { region, functionName: `${named.prefix}-send-notice` },
      },
      { timeout: 55 },
    );
    ledger.grant(this.watchExecutions, [], ['lock', 'incidents']);
    topics.grant(this.watchExecutions, 'oncall');
    runsFunctions(this.watchExecutions, [named.functionArn(region, 'send-notice')]);

    this.publishSwitch = task<PublishSwitch>('publish-switch', { ...common, region });
    ledger.grant(this.publishSwitch, ['switch'], []);
    grantMetrics(this.publishSwitch);

    const primaryEndpoint = endpoint(environment.sites.primary.host);
    this.probePrimary = task<ProbePrimary>('probe-primary', {
      environment: environment.name,
      region,
      endpoint: primaryEndpoint,
    });
    grantMetrics(this.probePrimary);

    this.assessPrimary = task<AssessPrimary>(
      'assess-primary',
      {
        ...common,
        region,
        endpoint: primaryEndpoint,
        healthName: named.healthName('primary'),
        nameServers,
        confirmSeconds: detection.confirmMinutes * 60,
      },
      { timeout: 50 },
    );
    ledger.grant(this.assessPrimary, [], ['incidents']);
    readsMetrics(this.assessPrimary);

    this.checkStandby = task<CheckStandby>(
      'check-standby',
      {
        ...common,
        strategy: environment.strategy,
        endpoint: endpoint(environment.sites.standby.host),
        healthName: named.healthName('standby'),
        nameServers,
        cluster,
      },
      inClusterVpc,
    );
    ledger.grant(this.checkStandby, [], ['incidents']);
    grantCluster(this.checkStandby, cluster, ['eks:DescribeCluster'], ['eks:DescribeNodegroup']);

    this.decideFailover = task<DecideFailover>('decide-failover', { ...common, cooldownSeconds });
    ledger.grant(this.decideFailover, ['lock', 'switch'], ['incidents']);

    this.scaleNodes = task<ScaleNodes>('scale-nodes', { ...common, cluster });
    ledger.grant(this.scaleNodes, ['lock'], ['incidents']);
    grantCluster(this.scaleNodes, cluster, [], ['eks:DescribeNodegroup', 'eks:UpdateNodegroupConfig']);

    this.scaleWorkloads = task<ScaleWorkloads>('scale-workloads', { ...common, cluster }, inClusterVpc);
    ledger.grant(this.scaleWorkloads, ['lock'], ['incidents']);
    grantCluster(this.scaleWorkloads, cluster, ['eks:DescribeCluster'], []);

    this.checkCapacity = task<CheckCapacity>('check-capacity', { ...common, cluster }, inClusterVpc);
    ledger.grant(this.checkCapacity, [], ['incidents']);
    grantCluster(
      this.checkCapacity,
      cluster,
      ['eks:DescribeCluster', 'eks:DescribeUpdate'],
      ['eks:DescribeNodegroup', 'eks:DescribeUpdate'],
    );

    const dnsSettings = dnsOf(environment);
    this.switchDns = task<SwitchDns>('switch-dns', { ...common, region, dns: dnsSettings }, { timeout: 50 });
    this.checkDns = task<CheckDns>('check-dns', { ...common, dns: dnsSettings }, { timeout: 50 });
    ledger.grant(this.checkDns, [], ['incidents']);
    if (dns.mode === 'switch') {
      ledger.grant(this.switchDns, ['lock'], ['switch', 'incidents']);
      grantMetrics(this.switchDns);
    } else {
      ledger.grant(this.switchDns, ['lock'], ['incidents']);
      grantRecords(this.switchDns, dnsSettings);
      seesChanges(this.checkDns);
    }

    this.verifyService = task<VerifyService>(
      'verify-service',
      {
        ...common,
        dns: dnsSettings,
        endpoint: endpoint(named.publicName),
      },
      { timeout: 50 },
    );
    ledger.grant(this.verifyService, [], ['incidents']);

    const ofSite = (site: Site) => ({
      region: environment.sites[site].region,
      functions: Object.fromEntries(siteTasks.map((name) => [name, `${named.prefix}-${name}`])),
    });
    this.callSite = task<CallSite>(
      'call-site',
      { ...common, sites: { primary: ofSite('primary'), standby: ofSite('standby') } },
      // It waits 45 s for the function that it calls.
      { timeout: 55 },
    );
    ledger.grant(this.callSite, ['switch'], []);
    runsFunctions(
      this.callSite,
      sites.flatMap((site) =>
        siteTasks.map((name) => named.functionArn(environment.sites[site].region, name)),
      ),
    );
  }

  /** Those that speak to the standby's Kubernetes API. */
  get kubernetesClients() {
    return {
      CheckStandby: this.checkStandby,
      ScaleWorkloads: this.scaleWorkloads,
      CheckCapacity: this.checkCapacity,
    };
  }
}

function clusterOf({ sites: { standby } }: Environment): ClusterSettings {
  return {
    region: standby.region,
    name: standby.cluster.name,
    namespace: standby.cluster.namespace,
    nodeGroups: standby.nodeGroups,
    deployments: standby.deployments.map(({ name, replicas, autoscaler }) => ({
      name,
      replicas,
      ...(autoscaler === undefined ? {} : { autoscaler }),
    })),
  };
}

function dnsOf({ dns }: Environment): DnsSettings {
  return {
    mode: dns.mode,
    zoneId: dns.zoneId,
    zoneName: dns.zoneName,
    nameServers: dns.nameServers,
    resolvers: dns.resolvers,
    maxRecords: dns.maxRecords,
    records: dns.records.map(({ name, type, ttl, setIdentifier, weight, primary, standby }) => ({
      name,
      type,
      ttl,
      ...(setIdentifier === undefined ? {} : { setIdentifier }),
      ...(weight === undefined ? {} : { weight }),
      primary,
      standby,
    })),
  };
}

function severitiesOf({ severities }: Environment): OpenIncident['severities'] {
  const seconds = ({ rto, rpo, updateEvery }: Environment['severities']['P0']) => ({
    rtoSeconds: rto,
    rpoSeconds: rpo,
    updateEverySeconds: updateEvery,
  });
  const { P0, P1, P2, P3 } = severities;
  return { P0: seconds(P0), P1: seconds(P1), P2: seconds(P2), P3: seconds(P3) };
}
