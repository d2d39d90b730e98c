import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { IncidentRecord } from '../lambdas/incident/contract.ts';
import { synthesize } from '../lib/app.ts';
import type { Environment } from '../lib/config/schema.ts';
import { type AssembledStack, readAssembly } from './assembly/read.ts';
import { WorldClock } from './clock.ts';
import { standStillWhileHeld } from './hold-open.ts';
import { makeFlaky, type Flaky } from './flaky.ts';
import { buildReport } from './report/build.ts';
import type { DrillReport } from './report/contract.ts';
import type { Marks } from './report/phases.ts';
import { servedWords } from './report/plain.ts';
import type { Progress } from './report/progress.ts';
import type { DataBefore, ScenarioDrill } from './scenarios/contract.ts';
import { measureData } from './scenarios/data.ts';
import { toldChecks } from './scenarios/told.ts';
import { answersOf } from './world/dns-view.ts';
import { personOnCall } from './world/person.ts';
import { startWorld, type World, type WorldOptions } from './world/world.ts';

export interface DrillOptions {
  readonly scenario: ScenarioDrill;
  readonly environment: Environment;
  readonly stacks: readonly AssembledStack[];
  /** Incident seconds per second while everything waits; Infinity skips every wait. */
  readonly speed: number;
  readonly plan: boolean;
  /** SQL that makes the tables of the application; absent: the sample. */
  readonly schema?: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  readonly fault?: WorldOptions['fault'];
  /** Beside the scenario's own damage, just before it. */
  readonly alsoBreak?: (world: World) => Promise<void> | void;
  /** A channel that fails for a share of its requests, from the damage on. */
  readonly flaky?: Flaky;
  /** Seconds that the first gate waits for its answer, while everything but the incident stands still. */
  readonly holdOpen?: number;
  /** Incident time at which the world starts, milliseconds since the epoch. Default: now. */
  readonly start?: number;
  /** How far into a minute of incident time the damage is done, milliseconds. */
  readonly damageAt?: number;
}

/**
 * Everything before the damage passes at once: nobody watches a healthy system for three minutes. Where a standby is
 * restored from copied backups, until some of them have been copied.
 */
function settleMinutes(environment?: Environment): number {
  return environment?.databases.some(({ standby }) => standby.from === 'backups') ? 20 : 4;
}

const defaultDamageAt = 20_000;

/** So that a world which has come to rest is about at the present. */
export function startOfWorld(environment?: Environment): number {
  return Date.now() - (settleMinutes(environment) + 1) * 60_000;
}

/** Let a new world come to rest: pods ready, alarms OK, `past` milliseconds into a minute. */
export async function settle({ clock, environment }: World, past = 0): Promise<void> {
  const minute = Math.ceil(clock.now() / 60_000) + settleMinutes(environment);
  await clock.sleep(minute * 60_000 + past - clock.now());
}

/** The stacks of an environment, synthesized now, into a folder that is gone when the callback ends. */
export async function withAssembly<T>(
  environment: Environment,
  use: (stacks: readonly AssembledStack[]) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(path.join(tmpdir(), 'lifeboat-assembly-'));
  try {
    return await use(readAssembly(synthesize(environment, directory)));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Run one drill to its end and report it. The world is gone afterwards, whatever happened. */
export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  const { scenario, environment, plan, progress, signal } = options;
  const start = options.start ?? startOfWorld(environment);
  const clock = new WorldClock({ start, speed: Infinity });
  let watched = false;
  const world = await startWorld({
    environment,
    stacks: options.stacks,
    clock,
    ...(options.fault ? { fault: options.fault } : {}),
    ...(options.schema === undefined ? {} : { schema: options.schema }),
    onHappening: (happening) => {
      if (watched) progress?.happened(happening);
    },
    onSample: (sample) => {
      if (watched) progress?.sampled(sample);
    },
  });
  const ticker = setInterval(() => {
    if (watched) progress?.tick(clock.now(), world.keeper.marks);
  }, 100);
  try {
    narrate(world);
    await settle(world, options.damageAt ?? defaultDamageAt);
    await requireWell(world);
    const before = await answersOf(world);
    signal?.throwIfAborted();
    clock.speed = options.speed;
    watched = true;
    if (options.flaky) makeFlaky(world, options.flaky);
    await options.alsoBreak?.(world);
    if (plan) world.keeper.damaged(clock.now());
    const found = plan ? [] : await scenario.damage(world);
    if (plan) startPlan(world, scenario.name);
    const { holdOpen } = options;
    const person = personOnCall(world, 'approve', holdOpen === undefined ? undefined : holdOpen * 1_000);
    const stopHolding =
      holdOpen === undefined ? undefined : standStillWhileHeld(world, clock, holdOpen * 1_000, options.speed);
    await ended(world, scenario.patience + (holdOpen ?? 0) * 1_000, signal).finally(() => {
      stopHolding?.();
      return person.stop();
    });
    return await finish(world, before, found);
  } finally {
    clearInterval(ticker);
    progress?.end();
    await world.stop();
  }

  async function finish(
    world: World,
    before: Awaited<ReturnType<typeof answersOf>>,
    dataBefore: readonly DataBefore[],
  ): Promise<DrillReport> {
    const endedAt = clock.now();
    progress?.tick(endedAt, world.keeper.marks);
    watched = false;
    clock.speed = Infinity;
    await everybodyTold(world);
    const record = incidentRecord(world);
    const outcome = record?.outcome ?? 'not-started';
    const rto = measureRto(world.keeper.marks, record, environment.severities[scenario.severity]);
    const site = scenario.name === 'site-failure' && !plan ? 'standby' : 'primary';
    const data = await measureData(world, site, dataBefore);
    const target = environment.severities[scenario.severity];
    const own = scenario.lossSeconds?.(world);
    const rpo =
      own === undefined || plan
        ? measureRpo(data, record, target, plan)
        : { targetSeconds: record?.ref.rpoSeconds ?? target.rpo, measuredSeconds: own };
    return buildReport({
      scenario: scenario.name,
      mode: plan ? 'plan' : 'live',
      world,
      record,
      outcome,
      rto,
      rpo,
      data,
      checks: [
        ...(await scenario.expectations({
          world,
          outcome,
          plan,
          rto,
          rpo,
          data,
          before: dataBefore,
          ...(options.holdOpen === undefined ? {} : { heldSeconds: options.holdOpen }),
        })),
        ...(plan || !record
          ? []
          : toldChecks(world, record, options.flaky ? { flaky: options.flaky.channel } : {})),
      ],
      before,
      after: await answersOf(world),
      endedAt,
    });
  }
}

/**
 * A person types this into the console, while all is well: damage would raise the alarm, and a plan gives way to
 * a live recovery.
 */
function startPlan(world: World, scenario: string): void {
  const { account, name, sites } = world.environment;
  world.cloud.states.starter.start({
    stateMachineArn: `arn:aws:states:${sites.standby.region}:${account}:stateMachine:lifeboat-${name}-incident`,
    input: JSON.stringify({ scenario, mode: 'plan', reason: 'drill with --plan' }),
  });
}

/** A client may keep an old answer for its TTL after the recovery is verified; 60 s is the longest allowed. */
const cachedFor = 65_000;

/** Until the incident is closed and the client knows it, or patience ends. */
async function ended(world: World, patience: number, signal: AbortSignal | undefined): Promise<void> {
  const { clock, keeper } = world;
  const limit = clock.now() + patience;
  while (clock.now() < limit) {
    signal?.throwIfAborted();
    const { closed, servedAgain } = keeper.marks;
    if (closed !== undefined && clock.now() >= closed + (servedAgain === undefined ? cachedFor : 2_000))
      return;
    await clock.sleep(world.isStanding() ? 30_000 : 500);
  }
}

/** How long a channel is tried that has not taken how it ended, and a little more; milliseconds. */
const tellingAfterwards = 75 * 60_000;

/** Until the updates have stopped: everybody has heard how it ended, or was tried long enough. */
async function everybodyTold({ clock, cloud, environment, inboxes }: World): Promise<void> {
  const limit = clock.now() + tellingAfterwards;
  const running = () =>
    cloud.states
      .executions()
      .some(
        ({ stateMachineName, status }) =>
          stateMachineName === `lifeboat-${environment.name}-status-updates` && status === 'RUNNING',
      );
  while (running() && clock.now() < limit) await clock.sleep(1_000);
  await inboxes.mail.settled();
}

/** Of the states told last, so many are not told again: a loop of a look and a judgement is one thing. */
const loop = 3;

/** Tell what the state machines do; states that are entered again and again are told once. */
export function narrate(world: World): void {
  const last = new Map<string, readonly string[]>();
  world.cloud.states.onTransition(({ stateMachineName, executionArn, event }) => {
    const actor = stateMachineName.replace(`lifeboat-${world.environment.name}-`, '');
    const entered = event.stateEnteredEventDetails?.name;
    const told = last.get(executionArn) ?? [];
    if (entered !== undefined && event.type === 'TaskStateEntered' && !told.includes(entered)) {
      last.set(executionArn, [entered, ...told].slice(0, loop));
      world.tell(actor, entered);
    }
  });
}

/** @throws Error when something is wrong before anything was broken: such a drill would prove nothing */
async function requireWell({ client, happenings }: World): Promise<void> {
  const { servedBy } = await client.ask();
  if (servedBy === 'primary') return;
  const last = happenings.slice(-5).map(({ actor, event, detail }) => `  ${actor}: ${event} ${detail ?? ''}`);
  throw new Error(
    `before the damage the client ${servedWords(servedBy)}, and should be served by the primary; last that happened:\n${last.join('\n')}`,
  );
}

/** The incident on the ledger: the one that did most, when several were opened. */
function incidentRecord({ cloud, environment }: World): IncidentRecord | undefined {
  const { account, name, sites } = environment;
  const bucket = `lifeboat-${name}-ledger-${account}-${sites.standby.region}`;
  const lock = cloud.storage.read(bucket, 'lock.json');
  if (!lock) return undefined;
  const { incidentId } = JSON.parse(lock.toString('utf8')) as { incidentId: string };
  const record = cloud.storage.read(bucket, `incidents/${incidentId}.json`);
  return record ? (JSON.parse(record.toString('utf8')) as IncidentRecord) : undefined;
}

function measureRto(
  { lastGood, servedAgain }: Marks,
  record: IncidentRecord | undefined,
  severity: Environment['severities']['P0'],
): DrillReport['rto'] {
  return {
    targetSeconds: record?.ref.rtoSeconds ?? severity.rto,
    measuredSeconds:
      lastGood === undefined || servedAgain === undefined ? null : (servedAgain - lastGood) / 1000,
  };
}

/** The largest loss of any database; what cannot be told of one cannot be told of all. */
function measureRpo(
  data: DrillReport['data'],
  record: IncidentRecord | undefined,
  severity: Environment['severities']['P0'],
  plan: boolean,
): DrillReport['rpo'] {
  const losses = data.map(({ lossSeconds }) => lossSeconds);
  const known = losses.filter((loss) => loss !== null);
  return {
    targetSeconds: record?.ref.rpoSeconds ?? severity.rpo,
    measuredSeconds: plan || losses.length === 0 || known.length < losses.length ? null : Math.max(...known),
  };
}
