import { loadEnvironment } from '../lib/config/load.ts';
import { runDrill, withAssembly } from '../drill/run.ts';
import { siteFailure } from '../drill/scenarios/site-failure.ts';
import { spread } from './statistics.ts';
import { table } from './table.ts';
import { watch, waitsOf, type Waits, type Watch } from './timeline.ts';

/** Seconds into a minute at which the damage is done: metrics and alarms come once a minute. */
const phases = [5, 15, 25, 35, 45, 55];
const environments = ['dev', 'staging'];
/** Seconds. */
const aim = { served: 240, own: 10 };

const own = ({ functions, overshoot }: Waits) => functions + overshoot;
const total = (waits: Waits) => Object.values<number>({ ...waits }).reduce((sum, value) => sum + value, 0);

const rows: readonly {
  readonly cause: string;
  readonly whose: string;
  readonly of: (waits: Waits) => number;
}[] = [
  { cause: 'detecting: last good request to alarm', whose: 'AWS', of: ({ detecting }) => detecting },
  { cause: 'alarm to incident (event delivery)', whose: 'AWS', of: ({ events }) => events },
  { cause: 'our functions, until the change is made', whose: 'ours', of: ({ functions }) => functions },
  { cause: 'our polling, past what it waited for', whose: 'ours', of: ({ overshoot }) => overshoot },
  { cause: 'scaling the standby', whose: 'AWS', of: ({ scaling }) => scaling },
  { cause: 'propagating: change to first new answer', whose: 'AWS', of: ({ propagating }) => propagating },
  { cause: 'caches: first new answer to served again', whose: 'TTL', of: ({ cache }) => cache },
  { cause: '**our own part**', whose: 'ours', of: own },
  {
    cause: '**alarm to change made**',
    whose: 'all',
    of: ({ events, functions, overshoot, scaling }) => events + functions + overshoot + scaling,
  },
  {
    cause: '**alarm to first DNS answer changed**',
    whose: 'all',
    of: ({ events, functions, overshoot, scaling, propagating }) =>
      events + functions + overshoot + scaling + propagating,
  },
  { cause: '**last good request to served again**', whose: 'all', of: total },
];

/**
 * What a failover waits for, on the virtual clock: the waits are AWS's documented ones, our functions take what
 * they take on this machine.
 */
export async function measureFailover(): Promise<string> {
  const parts = ['## A failover, by cause of its waits'];
  for (const name of environments) {
    const waits = await sweep(name);
    const of = (value: (waits: Waits) => number) => spread(waits.map(value));
    const [served, ours] = [of(total), of(own)];
    parts.push(
      `### ${title(name)}\n\nSeconds of incident time; damage at ${phases.join(', ')} s into a minute.`,
      table(rows, [
        { title: 'cause', of: ({ cause }) => cause },
        { title: 'whose', of: ({ whose }) => whose },
        { title: 'min', of: (row) => of(row.of).min.toFixed(1) },
        { title: 'median', of: (row) => of(row.of).median.toFixed(1) },
        { title: 'max', of: (row) => of(row.of).max.toFixed(1) },
      ]),
      [
        `Aim, served again within ${aim.served} s: ${reached(served.max, aim.served)} at worst, ${reached(served.median, aim.served)} in the median.`,
        `Aim, our own part under ${aim.own} s: ${reached(ours.max, aim.own)} at worst.`,
      ].join('\n'),
    );
  }
  return parts.join('\n\n');
}

function title(name: string): string {
  const { strategy, dns, detection } = loadEnvironment(name);
  const ttl = Math.max(...dns.records.map((record) => record.ttl));
  return `\`${name}\`: ${strategy}, DNS by ${dns.mode}, TTL ${ttl} s, checks every ${detection.checkInterval} s`;
}

function reached(measured: number, allowed: number): string {
  return `${measured <= allowed ? 'reached' : '**not reached**'} (${measured.toFixed(1)} s)`;
}

function sweep(name: string): Promise<readonly Waits[]> {
  const environment = loadEnvironment(name);
  return withAssembly(environment, async (stacks) => {
    const found: Waits[] = [];
    for (const phase of phases) {
      let noted: Watch | undefined;
      await runDrill({
        environment,
        stacks,
        speed: Infinity,
        plan: false,
        damageAt: phase * 1_000,
        alsoBreak: (world) => {
          noted = watch(world);
        },
        scenario: {
          ...siteFailure,
          expectations: async ({ world }) => {
            if (noted) found.push(waitsOf(world, noted));
            return [];
          },
        },
      });
    }
    return found;
  });
}
