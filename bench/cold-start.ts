import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { loadEnvironment } from '../lib/config/load.ts';
import { runDrill, withAssembly } from '../drill/run.ts';
import type { SandboxFunction } from '../drill/runtime/contract.ts';
import { siteFailure } from '../drill/scenarios/site-failure.ts';
import type { World } from '../drill/world/world.ts';
import { median } from './statistics.ts';
import { table } from './table.ts';

const runs = 15;
const aim = 2.5;

/** One call of a function, as the failover made it. */
interface Invocable {
  readonly task: string;
  readonly arn: string;
  /** JSON text. */
  readonly payload: string;
}

interface Sample {
  /** From spawning the process until the handler runs, milliseconds; and until its reply is here. */
  readonly init: number;
  readonly reply: number;
  /** The same call again in the same process: what the work takes when nothing has to be started. */
  readonly warm: number;
}

/** To the empty handler, started just before. */
type Ratio = Pick<Sample, 'init' | 'reply'>;

interface Result {
  readonly task: string;
  readonly init: number;
  readonly reply: number;
  readonly warm: number;
  readonly initRatio: number;
  readonly replyRatio: number;
  readonly calls: number;
  readonly answer: string;
}

/**
 * Cold start of every function against an empty handler: same sandbox, same Node, one after the other in
 * every round, so that whatever else the machine does falls on all alike.
 *
 * The world is that of a drill that has just ended. Every function gets the payload it got in that drill, with
 * the lock given back to the incident: what has to be done is done already, so the first reply holds all of a
 * function's looking, through its real clients, and none of the waiting.
 */
export async function measureColdStarts(): Promise<string> {
  const environment = loadEnvironment('dev');
  let results: readonly Result[] = [];
  let empty: Sample = { init: 0, reply: 0, warm: 0 };
  await withAssembly(environment, (stacks) =>
    runDrill({
      environment,
      stacks,
      speed: Infinity,
      plan: false,
      scenario: {
        ...siteFailure,
        expectations: async ({ world }) => {
          world.clock.speed = 0.001; // nothing else happens meanwhile
          ({ results, empty } = await measure(world));
          return [];
        },
      },
    }),
  );
  const late = results.filter(({ replyRatio }) => replyRatio > aim);
  const slow = results.filter(({ initRatio }) => initRatio > aim);
  return [
    '## Cold start',
    '',
    `Empty handler: ${empty.init.toFixed(0)} ms until it runs, ${empty.reply.toFixed(0)} ms until its reply. Medians of ${runs} interleaved runs, Node ${process.versions.node}.`,
    '',
    table(results, [
      { title: 'function', of: ({ task }) => task },
      { title: 'until it runs, ms', of: ({ init }) => init.toFixed(0) },
      { title: '× empty', of: ({ initRatio }) => initRatio.toFixed(2) },
      { title: 'first reply, ms', of: ({ reply }) => reply.toFixed(0) },
      { title: '× empty', of: ({ replyRatio }) => replyRatio.toFixed(2) },
      { title: 'again, warm, ms', of: ({ warm }) => warm.toFixed(0) },
      { title: 'AWS calls in it', of: ({ calls }) => calls },
      { title: 'reply', of: ({ answer }) => answer },
    ]),
    '',
    `Aim, at most ${aim} × the empty handler: ${verdict('until it runs', slow)}; ${verdict('first reply', late)}.`,
  ].join('\n');
}

function verdict(what: string, over: readonly Result[]): string {
  return over.length === 0
    ? `${what}: every function`
    : `${what}: not ${over.map(({ task }) => task).join(', ')}`;
}

async function measure(world: World): Promise<{ results: readonly Result[]; empty: Sample }> {
  const functions = invocables(world);
  const lock = heldLock(world);
  const nothing = emptyFunction(world);
  const samples = new Map<string, Sample[]>(functions.map(({ task }) => [task, []]));
  const emptySamples: Sample[] = [];
  const ratios = new Map<string, Ratio[]>(functions.map(({ task }) => [task, []]));
  const replies = new Map<string, { calls: number; answer: string }>();
  for (let round = -1; round < runs; round++) {
    for (const { task, arn, payload } of functions) {
      const base = await starts(world, () => world.cloud.sandbox.invoke(nothing, '{}', 'empty'));
      const sample = await starts(world, async () => {
        await lock.hold();
        const before = world.calls.length;
        const reply = await world.cloud.lambda.invoker.invoke(arn, JSON.parse(payload));
        const answer = reply.ok ? 'an answer' : reply.errorType;
        replies.set(task, { calls: world.calls.length - before, answer });
      });
      if (round < 0) continue; // files come from the disk's cache from now on
      emptySamples.push(base);
      samples.get(task)?.push(sample);
      ratios.get(task)?.push({ init: sample.init / base.init, reply: sample.reply / base.reply });
    }
  }
  lock.end();
  const empty = summary(emptySamples);
  const results = functions.map(({ task }) => {
    const { init, reply, warm } = summary(samples.get(task) ?? []);
    const { calls, answer } = replies.get(task) ?? { calls: 0, answer: '' };
    return {
      task,
      init,
      reply,
      warm,
      initRatio: median((ratios.get(task) ?? []).map((ratio) => ratio.init)),
      replyRatio: median((ratios.get(task) ?? []).map((ratio) => ratio.reply)),
      calls,
      answer,
    };
  });
  return { results, empty };
}

function summary(samples: readonly Sample[]): Sample {
  return {
    init: median(samples.map(({ init }) => init)),
    reply: median(samples.map(({ reply }) => reply)),
    warm: median(samples.map(({ warm }) => warm)),
  };
}

/** Invoke twice: in a new process, and again in the same one. */
async function starts(world: World, invoke: () => Promise<unknown>): Promise<Sample> {
  const { sandbox } = world.cloud;
  await sandbox.recycle();
  await invoke();
  const first = sandbox.invocations().at(-1);
  await invoke();
  const second = sandbox.invocations().at(-1);
  if (first?.cold !== true || second?.cold !== false)
    throw new Error('a start was not as cold as it had to be');
  return { init: first.initMs, reply: first.initMs + first.runMs, warm: second.initMs + second.runMs };
}

/** Every function with the payload that it got last, from a state machine, a rule or a schedule. */
function invocables({ cloud, environment }: World): readonly Invocable[] {
  const payloads = new Map<string, string>();
  for (const { events } of cloud.states.executions()) {
    for (const { taskScheduledEventDetails: scheduled } of events) {
      if (scheduled?.resourceType !== 'lambda') continue;
      const { FunctionName: arn, Payload: payload } = JSON.parse(scheduled.parameters ?? '{}') as {
        readonly FunctionName: string;
        readonly Payload: unknown;
      };
      payloads.set(arn, JSON.stringify(payload));
    }
  }
  const execution = cloud.states.executions().find(({ output }) => output?.includes('"recovered"'));
  const ended = {
    detail: {
      executionArn: execution?.executionArn ?? '',
      stateMachineArn: execution?.stateMachineArn ?? '',
      name: execution?.name ?? '',
      status: 'FAILED',
    },
  };
  return cloud.lambda.functions().map(({ arn, name }) => {
    const task = name.replace(`lifeboat-${environment.name}-`, '');
    const event = task === 'watch-executions' ? JSON.stringify(ended) : '{}';
    return { task, arn, payload: payloads.get(arn) ?? event };
  });
}

function emptyFunction({ cloud, folder }: World): SandboxFunction {
  const [any] = cloud.lambda.functions();
  if (!any) throw new Error('there is no function to compare with');
  const directory = path.join(folder, 'empty');
  mkdirSync(directory);
  writeFileSync(path.join(directory, 'index.mjs'), 'export const handler = () => null;\n');
  const { region, roleArn } = any;
  return {
    arn: `${any.arn}-empty`,
    name: 'empty',
    region,
    roleArn,
    directory,
    handler: 'index.handler',
    memorySize: 512,
    timeout: 30,
    environment: {},
  };
}

/** Gives the lock back to the incident that has just ended, so that its steps may act again. */
function heldLock({ cloud, environment }: World) {
  const { account, name, sites } = environment;
  const bucket = `lifeboat-${name}-ledger-${account}-${sites.standby.region}`;
  const role = cloud.lambda.functions().find((fn) => fn.name.endsWith('-open-incident'))?.roleArn ?? '';
  const lock = JSON.parse(cloud.storage.read(bucket, 'lock.json')?.toString('utf8') ?? '{}') as object;
  const s3 = new S3Client({
    region: sites.standby.region,
    endpoint: cloud.endpoint.url,
    forcePathStyle: true,
    credentials: cloud.iam.credentialsFor(role),
  });
  const Body = JSON.stringify({ ...lock, state: 'held' });
  return {
    hold: () => s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'lock.json', Body })),
    end: () => s3.destroy(),
  };
}
