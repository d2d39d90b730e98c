import type { AssembledStack } from '../assembly/read.ts';
import { deploy, type Deployment } from '../assembly/deploy.ts';
import { startSandbox } from '../runtime/sandbox.ts';
import type { Sandbox } from '../runtime/contract.ts';
import type { Postman } from '../world/inboxes/mail.ts';
import type { AddressBook } from '../world/network.ts';
import type { Clock, WorldClock } from '../clock.ts';
import { autoScaling } from './autoscaling/autoscaling.ts';
import type { AlarmSource, CloudService, EventBus, Foundation } from './contract.ts';
import { createEndpoint, type Call, type Endpoint, type Fault, type PendingCall } from './endpoint.ts';
import { cloudFront, type CloudFront } from './cloudfront/cloudfront.ts';
import { eks, type Eks } from './eks/eks.ts';
import { eventBridge, type EventBridge } from './events/event-bridge.ts';
import type { Iam } from './iam/contract.ts';
import { createIam } from './iam/iam.ts';
import { kms, type Keys } from './kms/kms.ts';
import { lambda, type Lambda } from './lambda/lambda.ts';
import { monitoring, type Monitoring } from './monitoring/monitoring.ts';
import type { Route53, Route53Needs } from './route53/contract.ts';
import { route53 } from './route53/route53.ts';
import type { Rds } from './rds/contract.ts';
import type { DatabaseEngine } from './rds/engine.ts';
import { rds } from './rds/rds.ts';
import { scheduler, type Scheduler } from './scheduler/scheduler.ts';
import { simpleStorage, type SimpleStorage } from './s3/s3.ts';
import { secrets, type Secrets } from './secrets/secrets.ts';
import { simpleEmail, type Mailing } from './ses/ses.ts';
import { notifications, type Notifications } from './sns/sns.ts';
import { stepFunctions, type StepFunctions } from './states/states.ts';
import { securityTokens } from './sts/sts.ts';

export interface CloudOptions {
  readonly clock: WorldClock;
  /** On which checkers, schedules and the upkeep of databases run; the clock itself by default. */
  readonly background?: Clock;
  /** On which alarms are evaluated; the clock itself by default. */
  readonly alarmClock?: Clock;
  readonly account: string;
  readonly tell: Foundation['tell'];
  readonly addressBook: () => AddressBook;
  /** PEM file of the world's authority. */
  readonly caFile: string;
  readonly probe: Route53Needs['probe'];
  readonly outside: NonNullable<Route53Needs['outside']>;
  readonly onCall: (call: Call) => void;
  /** Who takes the mails of SNS and SES to their readers. */
  readonly postman: Postman;
  /** What is behind RDS. */
  readonly databases: DatabaseEngine;
  readonly fault?: ((call: PendingCall) => Fault | undefined) | undefined;
  readonly preferredPort?: number | undefined;
}

/** AWS, as far as a recovery needs it, on this machine. */
export interface Cloud {
  readonly endpoint: Endpoint;
  readonly iam: Iam;
  readonly keys: Keys;
  readonly eks: Eks;
  readonly events: EventBridge;
  readonly lambda: Lambda;
  readonly mailing: Mailing;
  readonly monitoring: Monitoring;
  readonly notifications: Notifications;
  readonly pages: CloudFront;
  readonly rds: Rds;
  readonly route53: Route53;
  readonly sandbox: Sandbox;
  readonly secrets: Secrets;
  readonly states: StepFunctions;
  readonly storage: SimpleStorage;
  /** Regions whose services nobody can reach. */
  readonly dark: Set<string>;
  /** Create what the stacks say. */
  deploy(stacks: readonly AssembledStack[]): Deployment;
  /** Checkers, alarms and schedules begin to work. */
  start(): void;
  stop(): Promise<void>;
}

/** Milliseconds: long enough that what runs every hour is due again a minute after a world begins. */
const deployedFor = 59 * 60_000;

/** Put the services of the local cloud together; what each needs of another it is given here and nowhere else. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { clock, account, tell } = options;
  const id = ids();
  const iam = createIam({ account, clock, id });
  const foundation: Foundation = { clock, account, id, authorizer: iam, tell };
  const behind: Foundation = { ...foundation, clock: options.background ?? clock };
  const assets = new Map<string, string>();
  const dark = new Set<string>();

  const keys = kms(foundation);
  const storage = simpleStorage(foundation, { keys, dark: (region) => dark.has(region) });
  const pages = cloudFront(foundation, {
    policyOf: (bucket) => storage.policyOf(bucket),
    read: (bucket, key) => {
      const newest = storage.version(bucket, key);
      if (!newest || newest.marker) return null;
      return { body: newest.body(), contentType: newest.headers.ContentType ?? 'binary/octet-stream' };
    },
  });
  const notify = notifications(foundation, { postman: options.postman });
  const mailing = simpleEmail(foundation, { postman: options.postman });
  const secretStore = secrets(foundation);
  const clusters = eks(foundation);
  const sandbox: Sandbox = startSandbox({
    clock,
    awsEndpoint: () => endpoint.url,
    credentialsFor: (roleArn) => iam.credentialsFor(roleArn),
    addressBook: options.addressBook,
    caFile: options.caFile,
  });
  const functions = lambda(foundation, { sandbox, codeOf: (key) => assets.get(key) });
  /** What happens in a dark region is heard nowhere. */
  const bus = (region: string): EventBus => ({
    put: (event) => {
      if (!dark.has(region)) events.bus(region).put(event);
    },
  });
  const watch: Monitoring = monitoring(
    { ...foundation, clock: options.alarmClock ?? clock },
    {
      bus,
      publish: notify.publisher('cloudwatch.amazonaws.com', ({ message }) =>
        tell('CloudWatch', 'an alarm could not tell anybody', message),
      ),
    },
  );
  const states: StepFunctions = stepFunctions(foundation, {
    functions: functions.invoker,
    bus,
  });
  const events: EventBridge = eventBridge(foundation, {
    starter: states.starter,
    functions: functions.invoker,
    publish: notify.publisher('events.amazonaws.com'),
  });
  const databases = rds(behind, {
    engine: options.databases,
    metrics: watch.sink,
    dark: (region) => dark.has(region),
  });
  const alarms: AlarmSource = watch.alarms;
  const dns = route53(behind, {
    metrics: watch.sink,
    samples: watch.source,
    alarms,
    probe: options.probe,
    outside: options.outside,
  });
  const schedules: Scheduler = scheduler(behind, {
    functions: functions.invoker,
    starter: states.starter,
  });
  const services: CloudService[] = [
    storage.service,
    keys.service,
    notify.service,
    mailing.service,
    pages.service,
    secretStore.service,
    securityTokens(foundation).service,
    clusters.service,
    autoScaling(foundation, () => clusters.scalingGroups()).service,
    databases.service,
    functions.service,
    watch.service,
    states.service,
    events.service,
    dns.service,
    schedules.service,
    { signingName: 'iam', operations: {}, resources: iam.resources },
  ];
  const endpoint = createEndpoint({
    services: services.filter(({ operations }) => Object.keys(operations).length > 0),
    iam,
    clock,
    onCall: options.onCall,
    dark: (region) => dark.has(region),
    ...(options.fault ? { fault: options.fault } : {}),
  });
  await endpoint.start(options.preferredPort ?? 0);

  return {
    endpoint,
    iam,
    keys,
    eks: clusters,
    events,
    lambda: functions,
    monitoring: watch,
    notifications: notify,
    pages,
    mailing,
    rds: databases,
    route53: dns,
    sandbox,
    secrets: secretStore,
    states,
    storage,
    dark,
    deploy(stacks) {
      for (const stack of stacks) {
        for (const [key, directory] of Object.entries(stack.assets)) assets.set(key, directory);
      }
      return deploy(stacks, services);
    },
    start() {
      dns.start();
      watch.start();
      schedules.start(deployedFor);
    },
    async stop() {
      dns.stop();
      watch.stop();
      schedules.stop();
      await sandbox.stop();
      await endpoint.stop();
    },
  };
}

/** Reproducible ids in AWS's look: a counter in base 36, scattered so that neighbours differ. */
function ids(): (prefix?: string) => string {
  let count = 0;
  return (prefix = '') => {
    count++;
    const scattered = (BigInt(count) * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n);
    return `${prefix}${scattered.toString(36).toUpperCase().padStart(13, '0').slice(-13)}`;
  };
}
