import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { InvalidEnvironment, loadEnvironment } from '../lib/config/load.ts';
import { type DrillCommand, parseDrillArguments, usage, UsageError } from './arguments.ts';
import { type DrillReport, reportSchema } from './report/contract.ts';
import { withPatientGate } from './hold-open.ts';
import { prepareFolder } from './report/folder.ts';
import { reportHtml } from './report/html.ts';
import { liveProgress } from './report/live.ts';
import { plainProgress } from './report/plain.ts';
import type { Progress } from './report/progress.ts';
import { summary } from './report/summary.ts';
import { runDrill, withAssembly } from './run.ts';
import { scenarios } from './scenarios/all.ts';
import { schemaOf } from './schema.ts';

const names = scenarios.map(({ name }) => name);

/** 0: recovered and every expectation held; 1: not; 2: wrong usage or environment; 130: interrupted. */
async function main(args: readonly string[]): Promise<number> {
  const command = understand(args);
  if (command === undefined) return 2;
  switch (command.kind) {
    case 'help':
      process.stdout.write(usage(names));
      return 0;
    case 'list':
      for (const { name, title } of scenarios) process.stdout.write(`${name.padEnd(20)} ${title}\n`);
      return 0;
    case 'drill':
      return drill(command);
  }
}

function understand(args: readonly string[]): DrillCommand | undefined {
  try {
    return parseDrillArguments(args, names);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage(names)}`);
    return undefined;
  }
}

async function drill(command: Extract<DrillCommand, { kind: 'drill' }>): Promise<number> {
  const scenario = scenarios.find(({ name }) => name === command.scenario);
  if (!scenario) return 2;
  let environment;
  try {
    environment = loadEnvironment(command.environment);
    prepareFolder(command.out);
  } catch (error) {
    if (!(error instanceof InvalidEnvironment || error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  const { holdOpen } = command;
  if (holdOpen !== undefined) {
    if (scenario.name !== 'site-failure' || environment.databases.length === 0 || command.plan) {
      process.stderr.write(
        '--hold-open: there is no gate to hold open: it needs site-failure, databases in the environment, and no --plan\n',
      );
      return 2;
    }
    environment = withPatientGate(environment, holdOpen);
  }
  const lacks = scenario.lacks(environment);
  if (lacks !== null) {
    process.stderr.write(`${command.environment} cannot be drilled for ${scenario.name}: ${lacks}\n`);
    return 2;
  }
  const schema = schemaOf(command.environment);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const title = `${scenario.name} on ${environment.name}${command.plan ? ', plan only' : ''}`;
  process.stdout.write(`Lifeboat drill: ${title}\nsynthesizing what would be deployed …\n`);
  try {
    const report = await withAssembly(environment, (stacks) =>
      runDrill({
        scenario,
        environment,
        stacks,
        speed: command.speed,
        plan: command.plan,
        ...(holdOpen === undefined ? {} : { holdOpen }),
        ...(command.flaky ? { flaky: command.flaky } : {}),
        ...(schema === undefined ? {} : { schema }),
        progress: view(title, environment.severities[scenario.severity].rto),
        signal: interrupted.signal,
      }),
    );
    const files = write(report, command.out);
    process.stdout.write(summary(report, files));
    return report.passed ? 0 : 1;
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    process.stderr.write('interrupted: everything the drill had started is stopped, no report was written\n');
    return 130;
  }
}

function view(title: string, rtoSeconds: number): Progress {
  const screen = process.stdout;
  let zero: number | undefined;
  const start = (at: number) => (zero ??= at);
  const zeroAt = () => zero ?? 0;
  const shown = screen.isTTY
    ? liveProgress(screen, title, rtoSeconds, zeroAt)
    : plainProgress(screen, zeroAt);
  return {
    happened: (happening) => {
      start(happening.at);
      shown.happened(happening);
    },
    sampled: (sample) => {
      start(sample.at);
      shown.sampled(sample);
    },
    tick: (now, marks) => shown.tick(now, marks),
    end: () => shown.end(),
  };
}

function write(report: DrillReport, folder: string): readonly string[] {
  const page = path.join(folder, 'report.html');
  const data = path.join(folder, 'report.json');
  writeFileSync(page, reportHtml(report));
  writeFileSync(data, `${JSON.stringify(reportSchema.parse(report), null, 2)}\n`);
  return [page, data];
}

// `npm run drill | head`: nobody reads on, and the drill still has its report to write and its world to end.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const code = await main(process.argv.slice(2));
// Everything is stopped by now. Not left to Node: taking such a process down by itself, 24.21 sometimes spins for ever
// in native code, after a world whose servers were children.
process.exit(code);
