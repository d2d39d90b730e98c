import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../../lib/config/schema.ts';
import type { Site as SiteName } from '../../lambdas/incident/contract.ts';
import type { AssembledStack } from '../assembly/read.ts';
import type { DeployedEntry } from '../assembly/deploy.ts';
import type { WorldClock } from '../clock.ts';
import { Background } from '../background.ts';
import { startCloud, type Cloud } from '../cloud/cloud.ts';
import type { Call, Fault, PendingCall } from '../cloud/endpoint.ts';
import { servedWords } from '../report/plain.ts';
import type { Happening, Sample } from '../report/progress.ts';
import { worldRequest, type WorldView } from '../runtime/world-request.ts';
import { addressBook, withoutSites } from './address-book.ts';
import { bookkeepingEngine } from '../cloud/rds/bookkeeping-engine.ts';
import { addressesOf, type Addresses } from './addresses.ts';
import { createAuthority } from './certificates.ts';
import { startClient, type Client } from './client.ts';
import { operatorOf, type ClusterOperator } from './cluster-operator.ts';
import { startApplication, type Application } from './configuration/application.ts';
import type { WorldDatabases } from './databases/contract.ts';
import { startDatabases } from './databases/databases.ts';
import { superuser } from './databases/users.ts';
import { startDns, type Dns } from './dns/dns.ts';
import { StubResolver } from './dns/stub-resolver.ts';
import { startInboxes, type Inboxes } from './inboxes/inboxes.ts';
import { startMail } from './inboxes/mail.ts';
import type { Cluster } from './kubernetes/cluster.ts';
import { MarkKeeper } from './mark-keeper.ts';
import { startEngine } from './postgres/engine.ts';
import { serveFunctionUrls } from './function-urls.ts';
import type { AddressBook } from './network.ts';
import { startSiteCluster } from './site-cluster.ts';
import { startSite, type Breakage, type Site } from './sites/site.ts';
import { fullStrength, standbyAtRest, type Capacity } from './standby-at-rest.ts';
import { zoneSeeds } from './zone-seed.ts';

export interface WorldOptions {
  readonly environment: Environment;
  readonly stacks: readonly AssembledStack[];
  readonly clock: WorldClock;
  /** SQL that makes the tables of the application; absent: a sample. */
  readonly schema?: string;
  readonly onHappening?: (happening: Happening) => void;
  readonly onSample?: (sample: Sample) => void;
  readonly onCall?: (call: Call) => void;
  readonly fault?: (call: PendingCall) => Fault | undefined;
  /** Ports to take if they are free; any free ones otherwise. */
  readonly ports?: {
    readonly aws: number;
    readonly dns: number;
    readonly primary: number;
    readonly standby: number;
  };
}

/** Everything there is: the cloud with the assembly deployed into it, the two sites, DNS, a client, inboxes. */
export interface World {
  readonly environment: Environment;
  readonly clock: WorldClock;
  readonly cloud: Cloud;
  readonly sites: Readonly<Record<SiteName, Site>>;
  readonly clusters: Readonly<Record<SiteName, Cluster>>;
  /** People and pipelines with full rights in the clusters. */
  readonly operators: Readonly<Record<SiteName, ClusterOperator>>;
  /** What runs in the pods of a site: its configuration, and what is wrong with it. */
  readonly applications: Readonly<Record<SiteName, Application>>;
  /** Absent when the environment names none. */
  readonly databases: WorldDatabases | undefined;
  readonly dns: Dns;
  /** Where people read what they are told. */
  readonly inboxes: Inboxes;
  readonly client: Client;
  readonly keeper: MarkKeeper;
  readonly happenings: readonly Happening[];
  readonly calls: readonly Call[];
  readonly deployed: readonly DeployedEntry[];
  readonly addresses: Addresses;
  /** Folder with what belongs to this world only: kubeconfigs and the authority's certificate. */
  readonly folder: string;
  /** Sites that the functions cannot reach while everybody else can: the way between the regions is broken. */
  readonly cut: Set<SiteName>;
  tell(actor: string, event: string, detail?: string): void;
  /** Users, checkers, schedules and alarms wait, until `goOn`: only what the incident itself does goes on. */
  standStill(): void;
  goOn(): void;
  isStanding(): boolean;
  /** A site as a region dies: its servers, its cluster and the region's APIs stop answering. */
  loseRegion(site: SiteName): Promise<void>;
  breakSite(site: SiteName, mode: Breakage): Promise<void>;
  mend(site: SiteName): Promise<void>;
  stop(): Promise<void>;
}

/** Names of the endpoints that RDS gives in the regions of an environment. */
function databaseNames({ sites }: Environment): readonly string[] {
  return [sites.primary.region, sites.standby.region].flatMap((region) => [
    `*.c1a2b3c4d5e6.${region}.rds.amazonaws.com`,
    `*.cluster-c1a2b3c4d5e6.${region}.rds.amazonaws.com`,
    `*.cluster-ro-c1a2b3c4d5e6.${region}.rds.amazonaws.com`,
  ]);
}

/** How long alarms wait after everything else has gone on, milliseconds: what the longest of them looks back on. */
const alarmsAfter = 6 * 60_000;

/** How often the simulated client asks, milliseconds of incident time: the resolution of the measured RTO. */
const clientInterval = 1_000;

/** What Route 53's checkers allow (aws-facts §1.4), milliseconds. */
const checkerLimits = { connect: 4_000, status: 2_000, body: 2_000 };

export async function startWorld(options: WorldOptions): Promise<World> {
  const { environment, clock, stacks } = options;
  const { application, sites: places, dns: zone } = environment;
  const stopping: (() => Promise<void> | void)[] = [];
  try {
    return await build();
  } catch (error) {
    await stopAll();
    throw error;
  }

  async function stopAll(): Promise<void> {
    clock.stop();
    for (const stop of stopping.reverse()) await stop();
  }

  async function build(): Promise<World> {
    const folder = mkdtempSync(path.join(tmpdir(), 'lifeboat-world-'));
    stopping.push(() => rmSync(folder, { recursive: true, force: true }));
    const happenings: Happening[] = [];
    const calls: Call[] = [];
    const keeper = new MarkKeeper();
    const tell = (actor: string, event: string, detail?: string) => {
      const happening: Happening = {
        at: clock.now(),
        actor,
        event,
        ...(detail === undefined ? {} : { detail }),
      };
      happenings.push(happening);
      options.onHappening?.(happening);
    };

    const background = new Background(clock);
    const alarms = new Background(clock);
    const authority = await createAuthority();
    const caFile = path.join(folder, 'authority.pem');
    writeFileSync(caFile, authority.certificatePem);
    const addresses = addressesOf(environment);
    let book: () => AddressBook = () => ({ hosts: {}, tcp: {}, dns: {}, defaultResolver: 0 });
    const cut = new Set<SiteName>();
    const view: WorldView = { addressBook: () => book(), ca: authority.certificatePem };

    const engine =
      environment.databases.length === 0
        ? bookkeepingEngine(clock)
        : await startEngine({
            clock,
            superuser,
            certificate: await authority.issue(databaseNames(environment)),
          });
    stopping.push(() => engine.stop());
    const mail = await startMail(clock);
    stopping.push(() => mail.stop());
    const cloud = await startCloud({
      clock,
      background,
      alarmClock: alarms,
      postman: mail,
      databases: engine,
      account: environment.account,
      tell,
      addressBook: () => withoutSites(book(), cut, environment, addresses),
      caFile,
      fault: options.fault,
      preferredPort: options.ports?.aws,
      onCall: (call) => {
        calls.push(call);
        options.onCall?.(call);
      },
      probe: async ({ protocol, host, port, path: at, searchString }) => {
        if (protocol === 'TCP') throw new Error('TCP checks are not part of this world');
        const answer = await worldRequest(view, {
          url: `${protocol.toLowerCase()}://${host}:${port}${at}`,
          limits: checkerLimits,
          verifyCertificate: false,
          maxBody: 5_120,
        });
        return (
          answer.status >= 200 &&
          answer.status < 400 &&
          (searchString === undefined || answer.body.includes(searchString))
        );
      },
      outside: {
        resolve: (name, type) => {
          const ip = addresses.hosts[name];
          return ip !== undefined && type === 'A' ? [ip] : [];
        },
        healthy: (name) => {
          const site = addresses.siteIps.standby.includes(addresses.hosts[name] ?? '')
            ? 'standby'
            : 'primary';
          return sites[site].broken === null && ready(site) > 0;
        },
      },
    });
    stopping.push(() => cloud.stop());
    cloud.states.onTransition((transition) => keeper.transition(transition));

    const openCluster = async (site: SiteName, capacity: Capacity): Promise<Cluster> => {
      const cluster = await startSiteCluster({ environment, site, capacity, clock, authority, cloud, tell });
      stopping.push(() => cluster.stop());
      writeFileSync(path.join(folder, `${site}.kubeconfig`), cluster.kubeconfig());
      return cluster;
    };
    const clusters = {
      primary: await openCluster('primary', fullStrength(environment)),
      standby: await openCluster('standby', standbyAtRest(environment)),
    };
    const ready = (site: SiteName) =>
      Math.min(
        ...places.standby.deployments.map(
          ({ name }) => clusters[site].deployment(places[site].cluster.namespace, name)?.ready ?? 0,
        ),
      );
    const databases =
      environment.databases.length === 0
        ? undefined
        : await startDatabases({
            environment,
            clock: background,
            cloud,
            engine,
            authority,
            ready,
            tell,
            ...(options.schema === undefined ? {} : { schema: options.schema }),
          });
    if (databases) stopping.push(() => databases.stop());
    const operators = { primary: operatorOf(clusters.primary), standby: operatorOf(clusters.standby) };
    const openApplication = (site: SiteName) =>
      startApplication({
        environment,
        site,
        clock,
        cloud,
        cluster: clusters[site],
        operator: operators[site],
      });
    const applications = { primary: openApplication('primary'), standby: openApplication('standby') };
    const openSite = async (site: SiteName): Promise<Site> => {
      const opened = await startSite({
        clock,
        site,
        region: places[site].region,
        names: [places[site].host, ...zone.records.map(({ name }) => name)],
        authority,
        protocol: application.health.protocol,
        readyReplicas: () => ready(site),
        tests: environment.tests,
        trouble: () => applications[site].trouble(),
        healthPath: application.health.path,
        ...(application.health.contains === undefined ? {} : { healthText: application.health.contains }),
        ...(options.ports === undefined ? {} : { preferredPort: options.ports[site] }),
      });
      stopping.push(() => opened.stop());
      return opened;
    };
    const sites = { primary: await openSite('primary'), standby: await openSite('standby') };

    const inboxes = await startInboxes({ environment, clock, authority, cloud, mail });
    stopping.push(() => inboxes.stop());

    for (const seed of zoneSeeds(environment, addresses, databases?.records ?? [])) {
      cloud.route53.seedZone(seed);
    }
    const hosts = (name: string) =>
      addresses.hosts[name] ??
      cloud.rds.addresses().find((each) => each.name === name)?.ip ??
      ([...cloud.lambda.urls(), ...cloud.pages.sites()].some(({ host }) => host === name)
        ? addresses.functionUrlIp
        : undefined);
    const dns = await startDns({
      clock,
      zones: cloud.route53.zones,
      hosts,
      nameServers: zone.nameServers,
      resolvers: zone.resolvers,
      ...(options.ports === undefined ? {} : { preferredPort: options.ports.dns }),
    });
    stopping.push(() => dns.stop());
    const { resources } = cloud.deploy(stacks);
    for (const site of ['primary', 'standby'] as const) await applications[site].configure();
    const urls = await serveFunctionUrls({
      clock,
      authority,
      urls: [...cloud.lambda.urls(), ...cloud.pages.sites()],
      dark: cloud.dark,
    });
    stopping.push(() => urls.stop());
    book = () =>
      addressBook({ environment, addresses, sites, dns, inboxes, cloud, functionUrlPort: urls.port });
    cloud.start();

    const publicName = zone.records[0]?.name ?? zone.zoneName;
    const stub = new StubResolver({ clock, port: dns.defaultResolverPort });
    const { protocol, port } = application.health;
    let served: Sample['servedBy'] | undefined;
    const client = startClient({
      clock: background,
      interval: clientInterval,
      resolve: () => stub.resolve(publicName),
      request: async (address) => {
        const answer = await worldRequest(view, {
          url: `${protocol}://${publicName}:${port}/`,
          address,
          limits: { connect: 2_000, status: 2_000, body: 2_000 },
        });
        return answer.status === 200 ? answer.body : null;
      },
      onSample: (sample) => {
        keeper.sampled(sample);
        if (sample.servedBy !== served) tell('client', servedWords(sample.servedBy));
        served = sample.servedBy;
        options.onSample?.(sample);
      },
    });
    stopping.push(() => client.stop());

    return {
      environment,
      clock,
      cloud,
      sites,
      clusters,
      operators,
      applications,
      databases,
      dns,
      inboxes,
      client,
      keeper,
      happenings,
      calls,
      deployed: resources,
      addresses,
      folder,
      cut,
      tell,
      standStill() {
        background.standStill();
        alarms.standStill();
      },
      isStanding: () => background.standing,
      goOn() {
        background.goOn();
        // Not before there are samples again of each minute that an alarm looks back on.
        clock.at(clock.now() + alarmsAfter, () => alarms.goOn());
      },
      async loseRegion(site) {
        if (site === 'primary') keeper.damaged(clock.now());
        tell(
          'world',
          `${places[site].region} is lost`,
          `the ${site} site, its cluster and the region's APIs`,
        );
        cloud.dark.add(places[site].region);
        sites[site].break('down');
        clusters[site].goDark();
        await databases?.loseRegion(site);
      },
      async breakSite(site, mode) {
        if (site === 'primary') keeper.damaged(clock.now());
        tell('world', `the ${site} site breaks`, mode);
        sites[site].break(mode);
      },
      async mend(site) {
        tell('world', `the ${site} site is mended`);
        cloud.dark.delete(places[site].region);
        cut.delete(site);
        sites[site].mend();
        clusters[site].comeBack();
        await databases?.comeBack(site);
      },
      stop: stopAll,
    };
  }
}
