import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { InvalidEnvironment, loadEnvironment } from '../lib/config/load.ts';
import type { Environment } from '../lib/config/schema.ts';
import { WorldClock } from './clock.ts';
import { plainProgress } from './report/plain.ts';
import { narrate, settle, startOfWorld, withAssembly } from './run.ts';
import { worldControls } from './world/actions.ts';
import { startControl } from './world/control.ts';
import { startWorld, type World } from './world/world.ts';

const defaultSpeed = 10;

const usage = `usage: npm run world -- [--env NAME|FILE] [--speed N] [--info FILE]

  --env     an environment in environments/, or a YAML file (default dev)
  --speed   how much faster than real the waits pass (default ${defaultSpeed}); work is never sped up
  --info    write the addresses as JSON to this file, once everything is up
`;

/** Where to find things in a world that is up; also what `--info` writes. */
interface WorldInfo {
  readonly awsEndpoint: string;
  /** Where the state machines are. */
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly dns: { readonly host: string; readonly port: number };
  readonly sites: { readonly primary: string; readonly standby: string };
  readonly kubeconfig: { readonly primary: string; readonly standby: string };
  readonly stateMachines: Readonly<Record<string, string>>;
  readonly control: string;
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function understand(): { environment: Environment; speed: number; info: string | undefined } {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        env: { type: 'string' },
        speed: { type: 'string' },
        info: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    refuse(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const speed = values.speed === undefined ? defaultSpeed : Number(values.speed);
  if (!(speed >= 1 && speed <= 1000)) {
    refuse(`--speed: got ${JSON.stringify(values.speed)}, allowed: a number from 1 to 1000\n\n${usage}`);
  }
  if (values.info !== undefined && !existsSync(path.dirname(path.resolve(values.info)))) {
    refuse(`--info: got ${JSON.stringify(values.info)}, allowed: a file in a folder that exists\n\n${usage}`);
  }
  try {
    return { environment: loadEnvironment(values.env ?? 'dev'), speed, info: values.info };
  } catch (error) {
    if (error instanceof InvalidEnvironment) refuse(error.message);
    throw error;
  }
}

/** Ports that are easy to remember, if nobody has them: the next free one otherwise. */
const ports = { aws: 4566, dns: 5353, primary: 8441, standby: 8442 };

async function main(): Promise<void> {
  const { environment, speed, info } = understand();
  const interrupted = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  process.stdout.write(`Lifeboat world: ${environment.name}\nsynthesizing and deploying …\n`);
  await withAssembly(environment, async (stacks) => {
    const clock = new WorldClock({ start: startOfWorld(environment), speed: Infinity });
    let zero = 0;
    let shown = false;
    const progress = plainProgress(process.stdout, () => zero);
    const world = await startWorld({
      environment,
      stacks,
      clock,
      ports,
      onHappening: (happening) => {
        if (shown) progress.happened(happening);
      },
      onSample: (sample) => {
        if (shown) progress.sampled(sample);
      },
    });
    const control = await startControl(worldControls(world));
    try {
      narrate(world);
      await settle(world);
      zero = clock.now();
      clock.speed = speed;
      shown = true;
      const about = describe(world, control.url);
      if (info !== undefined) writeFileSync(info, `${JSON.stringify(about, null, 2)}\n`);
      process.stdout.write(banner(about, world, speed));
      await interrupted;
    } finally {
      process.stdout.write('\nstopping …\n');
      await control.stop();
      await world.stop();
    }
  });
}

function describe({ cloud, dns, sites, environment, folder, deployed }: World, control: string): WorldInfo {
  const { accessKeyId, secretAccessKey } = cloud.iam.operator;
  const prefix = `lifeboat-${environment.name}-`;
  const machines = deployed.filter(({ type }) => type === 'AWS::StepFunctions::StateMachine');
  return {
    awsEndpoint: cloud.endpoint.url,
    region: environment.sites.standby.region,
    credentials: { accessKeyId, secretAccessKey },
    dns: { host: '127.0.0.1', port: dns.authoritativePort },
    sites: { primary: sites.primary.url, standby: sites.standby.url },
    kubeconfig: {
      primary: path.join(folder, 'primary.kubeconfig'),
      standby: path.join(folder, 'standby.kubeconfig'),
    },
    stateMachines: Object.fromEntries(
      machines.map(({ ref }) => [(ref.split(':').at(-1) ?? ref).replace(prefix, ''), ref]),
    ),
    control,
  };
}

function banner(about: WorldInfo, { environment }: World, speed: number): string {
  const name = environment.dns.records[0]?.name ?? environment.dns.zoneName;
  const { health } = environment.application;
  return `
The world is up and everything in it is well (waits pass ${speed} times as fast as real).

  AWS      export AWS_ENDPOINT_URL=${about.awsEndpoint} AWS_REGION=${about.region} \\
             AWS_ACCESS_KEY_ID=${about.credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${about.credentials.secretAccessKey}
           aws stepfunctions list-executions --state-machine-arn ${about.stateMachines['incident'] ?? ''}
  DNS      dig @${about.dns.host} -p ${about.dns.port} ${name}
  sites    curl -k ${about.sites.primary}${health.path}   (primary)
           curl -k ${about.sites.standby}${health.path}   (standby)
  cluster  kubectl --kubeconfig ${about.kubeconfig.standby} -n ${environment.sites.standby.cluster.namespace} get deployments

  lose the primary's region   curl -X POST ${about.control}/primary/lose
  break only its site         curl -X POST ${about.control}/primary/down
  mend it                     curl -X POST ${about.control}/primary/mend
  all that can be broken      curl ${about.control}
  start by hand               aws stepfunctions start-execution --state-machine-arn ${about.stateMachines['incident'] ?? ''} \\
                                --input '{"scenario":"site-failure"}'

Ctrl-C ends it.

`;
}

await main();
// As in main.ts: everything is stopped, and Node itself may not come to an end.
process.exit(130);
