import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultSpeed } from '../drill/arguments.ts';
import { median } from './statistics.ts';
import { table } from './table.ts';

const runs = 3;
/** Seconds. */
const aim = 45;
const root = path.join(import.meta.dirname, '..');

interface Part {
  readonly title: string;
  readonly seconds: number;
}

/** `npm run drill` as a person types it: the whole process, and when its output says that a part was over. */
export async function measureDrill(): Promise<string> {
  const measured: (readonly Part[])[] = [];
  for (let run = 0; run < runs; run++) measured.push(await drill());
  const [first = []] = measured;
  const parts = first.map(({ title }, at) => ({
    title,
    seconds: median(measured.map((each) => each[at]?.seconds ?? 0)),
  }));
  const whole = median(measured.map((each) => each.reduce((sum, { seconds }) => sum + seconds, 0)));
  return [
    `## \`npm run drill\``,
    '',
    `Wall time at the default speed of ${defaultSpeed}, medians of ${runs} runs.`,
    '',
    table(
      [...parts, { title: '**the whole process**', seconds: whole }],
      [
        { title: 'part', of: ({ title }) => title },
        { title: 'seconds', of: ({ seconds }) => seconds.toFixed(1) },
        { title: 'share', of: ({ seconds }) => `${Math.round((100 * seconds) / whole)} %` },
      ],
    ),
    '',
    `Aim, under ${aim} s on two cores: ${whole < aim ? 'reached' : '**not reached**'}.`,
  ].join('\n');
}

async function drill(): Promise<readonly Part[]> {
  const out = mkdtempSync(path.join(tmpdir(), 'lifeboat-bench-'));
  const began = performance.now();
  const seen: { readonly title: string; readonly at: number }[] = [];
  const child = spawn('npm', ['run', 'drill', '--', '--out', out], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    for (const { title, sign } of signs) {
      if (output.includes(sign) && !seen.some((part) => part.title === title)) {
        seen.push({ title, at: performance.now() });
      }
    }
  });
  await once(child, 'close');
  rmSync(out, { recursive: true, force: true });
  if (child.exitCode !== 0)
    throw new Error(`the drill ended with ${child.exitCode ?? 'a signal'}:\n${output}`);
  seen.push({ title: 'stopping everything', at: performance.now() });
  return seen.map(({ title, at }, index) => ({
    title,
    seconds: (at - (seen[index - 1]?.at ?? began)) / 1000,
  }));
}

/** What the drill prints when a part is over. */
const signs = [
  { title: 'starting npm and Node, loading the program', sign: 'synthesizing' },
  { title: 'synthesis, starting the world, letting it settle', sign: ' is lost' },
  { title: 'the incident', sign: '\n  RTO ' },
];
