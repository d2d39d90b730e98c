import {
  ListResourceRecordSetsCommand,
  Route53Client,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { beforeAll, vi } from 'vitest';
import { WorldClock } from '../../../drill/clock.ts';
import type { ExecutionView } from '../../../drill/cloud/states/executions.ts';
import { settle, startOfWorld } from '../../../drill/run.ts';
import { answersOf } from '../../../drill/world/dns-view.ts';
import { startWorld, type World, type WorldOptions } from '../../../drill/world/world.ts';
import type { IncidentRecord, Site } from '../../../lambdas/incident/contract.ts';
import type { Lock } from '../../../lambdas/incident/lock.ts';
import type { SwitchState } from '../../../lambdas/incident/switch.ts';
import { contactsOf, type Addressed } from '../../../lib/config/contacts.ts';
import { assembled, type EnvironmentName } from './assembled.ts';

// What one file waits for when it is the one that synthesizes, and the machine is busy.
vi.setConfig({ testTimeout: 120_000 });
beforeAll(() => assembled('dev'), 120_000);

export type MachineName =
  | 'incident'
  | 'site-failover'
  | 'status-updates'
  | 'database-restore'
  | 'database-copy'
  | 'database-promotion'
  | 'config-restore'
  | 'objects-copy'
  | 'application-restart'
  | 'hardware-failure';

export type EnvironmentWithDatabases = Extract<EnvironmentName, `${string} with databases`>;

const minute = 60_000;

/** A world at rest, and the questions that tests ask of it. */
export class LocalWorld {
  readonly world: World;
  readonly #sfn: SFNClient;
  readonly #route53: Route53Client;

  constructor(world: World) {
    this.world = world;
    const operator = { endpoint: world.cloud.endpoint.url, credentials: world.cloud.iam.operator };
    this.#sfn = new SFNClient({ ...operator, region: world.environment.sites.standby.region });
    this.#route53 = new Route53Client({ ...operator, region: 'us-east-1' });
  }

  /** Until it holds, for at most so many minutes of incident time; whether it came to hold. */
  async until(holds: () => boolean, minutes = 15): Promise<boolean> {
    const { clock } = this.world;
    const limit = clock.now() + minutes * minute;
    while (!holds() && clock.now() < limit) await clock.sleep(500);
    return holds();
  }

  async pass(minutes: number): Promise<void> {
    await this.world.clock.sleep(minutes * minute);
  }

  /** Until every incident that was started has ended, and those who watch executions have heard of it. */
  async incidentsOver(minutes = 40): Promise<void> {
    const over = await this.until(
      () =>
        this.executions('incident').length > 0 &&
        this.executions('incident').every(({ status }) => status !== 'RUNNING') &&
        this.lock()?.state !== 'held',
      minutes,
    );
    if (!over) throw new Error(`no end of the incident within ${minutes} minutes:\n${this.story()}`);
    await this.world.clock.sleep(5_000);
  }

  /** A person in the Step Functions console. */
  async start(input: unknown): Promise<string> {
    const command = new StartExecutionCommand({
      stateMachineArn: this.machine('incident'),
      input: JSON.stringify(input),
    });
    const { executionArn } = await this.world.clock.busy(() => this.#sfn.send(command));
    return executionArn ?? '';
  }

  async stop(executionArn: string): Promise<void> {
    await this.world.clock.busy(() =>
      this.#sfn.send(new StopExecutionCommand({ executionArn, error: 'Stopped', cause: 'by hand' })),
    );
  }

  /** An execution that a person started, when it has ended. */
  async ended(executionArn: string, minutes = 40): Promise<ExecutionView> {
    const view = () =>
      this.world.cloud.states.executions().find((each) => each.executionArn === executionArn);
    await this.until(() => view()?.status !== 'RUNNING', minutes);
    const execution = view();
    if (!execution) throw new Error(`there is no execution ${executionArn}`);
    return execution;
  }

  machine(name: MachineName): string {
    const { account, name: environment, sites } = this.world.environment;
    return `arn:aws:states:${sites.standby.region}:${account}:stateMachine:lifeboat-${environment}-${name}`;
  }

  executions(name: MachineName): readonly ExecutionView[] {
    const arn = this.machine(name);
    return this.world.cloud.states.executions().filter(({ stateMachineArn }) => stateMachineArn === arn);
  }

  /** Incidents on the ledger, oldest first. */
  incidents(): readonly IncidentRecord[] {
    return this.world.cloud.storage
      .keys(this.#bucket)
      .filter((key) => key.startsWith('incidents/'))
      .map((key) => this.#read<IncidentRecord>(key))
      .filter((record) => record !== undefined)
      .toSorted((one, other) => one.ref.epoch - other.ref.epoch);
  }

  /** The newest. */
  incident(): IncidentRecord {
    const record = this.incidents().at(-1);
    if (!record) throw new Error(`no incident was opened:\n${this.story()}`);
    return record;
  }

  /** An object of the ledger. */
  read<T>(key: string): T | undefined {
    return this.#read<T>(key);
  }

  lock(): Lock | undefined {
    return this.#read<Lock>('lock.json');
  }

  switchState(): SwitchState | undefined {
    return this.#read<SwitchState>('switch.json');
  }

  /** Who serves a user, once nothing is cached from before (no record has a TTL above 60 s). */
  async servedBy(): Promise<Site | null> {
    await this.world.clock.sleep(65_000);
    return (await this.world.client.ask()).servedBy;
  }

  /** Which site each record answers with; null: neither. */
  async sites(): Promise<readonly (Site | null)[]> {
    const answers = await answersOf(this.world);
    return answers.map(({ agrees }) => (agrees.primary ? 'primary' : agrees.standby ? 'standby' : null));
  }

  /** Every record set of the zone, as the API lists it. */
  async records(): Promise<readonly ResourceRecordSet[]> {
    const { dns } = this.world.environment;
    const { ResourceRecordSets: sets = [] } = await this.world.clock.busy(() =>
      this.#route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: dns.zoneId })),
    );
    return sets;
  }

  /** Mails that the first contact of an audience got: subject, then text. */
  mails(audience: Addressed): readonly string[] {
    const { name } = this.world.environment;
    const [first] = contactsOf(this.world.environment, audience);
    return this.world.cloud.notifications
      .messages()
      .filter(
        ({ topicName, endpoint }) =>
          topicName === `lifeboat-${name}-${audience}` && endpoint === first?.email,
      )
      .map(({ subject, message }) => `${subject ?? ''}\n${message}`);
  }

  standbyDeployment(name: string) {
    const { cluster } = this.world.environment.sites.standby;
    return this.world.clusters.standby.deployment(cluster.namespace, name);
  }

  /** Calls of Lifeboat's own roles that change something outside the ledger. */
  changes(): readonly string[] {
    return this.world.calls
      .filter(
        ({ principal, operation, error }) => principal.kind === 'role' && changing.has(operation) && !error,
      )
      .map(({ operation }) => operation);
  }

  /** What happened, for a test that fails. */
  story(): string {
    const lines = this.world.happenings.map(
      ({ at, actor, event, detail }) =>
        `${new Date(at).toISOString().slice(11, 19)} ${actor}: ${event}${detail === undefined ? '' : `: ${detail}`}`,
    );
    const errors = this.world.cloud.sandbox
      .logs()
      .filter(({ stream, line }) => stream === 'stderr' || line.includes('rror'))
      .map(({ function: name, line }) => `${name}: ${line}`);
    return [...lines.slice(-40), ...errors.slice(-20)].join('\n');
  }

  get #bucket(): string {
    const { account, name, sites } = this.world.environment;
    return `lifeboat-${name}-ledger-${account}-${sites.standby.region}`;
  }

  #read<T>(key: string): T | undefined {
    const body = this.world.cloud.storage.read(this.#bucket, key);
    return body ? (JSON.parse(body.toString('utf8')) as T) : undefined;
  }
}

const changing = new Set([
  'UpdateNodegroupConfig',
  'ChangeResourceRecordSets',
  'RestoreDBInstanceToPointInTime',
  'ModifyDBInstance',
  'PromoteReadReplica',
  'PutSecretValue',
]);

/** Do something with a world in which all is well, 20 s into a minute; it is gone afterwards. */
export async function inWorld<T>(
  name: EnvironmentName,
  use: (local: LocalWorld) => Promise<T>,
  options: Pick<WorldOptions, 'fault' | 'onCall'> = {},
): Promise<T> {
  const clock = new WorldClock({ start: startOfWorld(), speed: Infinity, whileBusy: 'not-at-all' });
  const world = await startWorld({ ...(await assembled(name)), clock, ...options });
  try {
    await settle(world, 20_000);
    return await use(new LocalWorld(world));
  } finally {
    await world.stop();
  }
}
