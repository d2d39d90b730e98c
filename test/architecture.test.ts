import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..');
const parts = ['bin', 'lib', 'lambdas', 'operate', 'drill', 'examples'] as const;

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

/** The gate of `npm run check:boundaries`, over the same folders of any directory. */
function cruise(directory: string): Cruise {
  const run = [
    path.join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
    ...['--config', path.join(root, '.dependency-cruiser.cjs'), '--output-type', 'json'],
    ...parts,
  ];
  const options = { cwd: directory, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  return JSON.parse(execFileSync(process.execPath, run, options)) as Cruise;
}

describe('imports point one way', () => {
  const { modules, summary } = cruise(root);

  it('in every module', () => {
    expect(summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`)).toEqual([]);
  });

  it('and the gate has looked at every module', () => {
    const looked = new Set(modules.map(({ source }) => source));
    const written = parts.flatMap((part) => globSync(`${part}/**/*.ts`, { cwd: root }));
    expect(written.length).toBeGreaterThan(100);
    expect(written.filter((file) => !looked.has(file))).toEqual([]);
  });
});

/** By rule: a file that breaks it, and what it says. */
const planted: Readonly<Record<string, readonly [file: string, code: string]>> = {
  'nothing-deployed-imports-the-drill': ['lib/knows.ts', "import { world } from '../drill/world.ts';"],
  'a-task-imports-nothing-around-it': ['lambdas/close/handler.ts', "import { app } from '../../lib/app.ts';"],
  'lib-imports-only-contracts-of-tasks': [
    'lib/calls.ts',
    "import type { open } from '../lambdas/open/handler.ts';",
  ],
  'lib-imports-no-entry': ['lib/starts.ts', "import { entry } from '../bin/entry.ts';"],
  'an-entry-imports-no-task': ['bin/calls.ts', "import type { open } from '../lambdas/open/handler.ts';"],
  'a-command-imports-no-task': [
    'operate/calls.ts',
    "import type { open } from '../lambdas/open/handler.ts';",
  ],
  'what-is-deployed-imports-no-command': ['bin/types.ts', "import { command } from '../operate/command.ts';"],
  'tasks-do-not-import-each-other': [
    'lambdas/close/borrowed.ts',
    "import type { open } from '../open/handler.ts';",
  ],
  'shared-modules-import-no-task': [
    'lambdas/aws/client.ts',
    "import type { open } from '../open/handler.ts';",
  ],
  'contracts-are-types': ['lambdas/close/value.ts', "import { limit } from '../open/contract.ts';"],
  'decisions-are-pure': ['lambdas/close/decide.ts', "import { readFileSync } from 'node:fs';"],
  'no-circles': ['lambdas/close/one.ts', "import { two } from './two.ts';\nexport const one = two;"],
  'everything-resolves': ['lib/lost.ts', "import { gone } from './nowhere.ts';"],
};

const around: Readonly<Record<string, string>> = {
  'tsconfig.json': readFileSync(path.join(root, 'tsconfig.json'), 'utf8'),
  'package.json': '{ "type": "module" }',
  'bin/entry.ts': 'export const entry = 1;',
  'lib/app.ts': 'export const app = 1;',
  'operate/command.ts':
    "import type { Settings } from '../lambdas/open/contract.ts';\nexport const command = (s: Settings) => s;",
  'drill/world.ts': "import { app } from '../lib/app.ts';\nexport const world = app;",
  'examples/keeper/keep.ts':
    "import type { Settings } from '../../lambdas/open/contract.ts';\nexport type Kept = Settings;",
  'lambdas/open/contract.ts': 'export interface Settings { readonly a: string }\nexport const limit = 1;',
  'lambdas/open/handler.ts':
    "import type { Settings } from './contract.ts';\nexport const open = (s: Settings) => s;",
  'lambdas/close/types.ts':
    "import type { Settings } from '../open/contract.ts';\nexport type Same = Settings;",
  'lambdas/close/two.ts': "import { one } from './one.ts';\nexport const two = one;",
};

describe('the gate on imports bites', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lifeboat-planted-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  for (const [file, code] of [...Object.entries(around), ...Object.values(planted)]) {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), code);
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
  const found = cruise(directory).summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`);

  it.each(Object.entries(planted))('on %s', (rule, [file]) => {
    expect(found).toContain(`${rule}: ${file}`);
  });

  it('on nothing else', () => {
    const files = new Set(Object.values(planted).map(([file]) => file));
    // The circle is told from both of its ends.
    files.add('lambdas/close/two.ts');
    expect(found.filter((line) => !files.has(line.split(': ')[1] ?? ''))).toEqual([]);
  });

  it('by every rule that is written down', () => {
    const config = readFileSync(path.join(root, '.dependency-cruiser.cjs'), 'utf8');
    const rules = [...config.matchAll(/name: '([\w-]+)'/g)].map((match) => match[1]);
    expect(rules).toEqual(Object.keys(planted));
  });
});

const decisions = globSync('lambdas/*/{decide,plan,messages,wording,news,*-text}.ts', { cwd: root });

interface Brought {
  readonly packages: readonly string[];
  /** The module itself and those of ours that it needs. */
  readonly modules: readonly string[];
}

/** What a module brings along when it runs: types are gone, what is imported by others is there. */
function broughtAlong(entry: string): Brought {
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    packages: 'external',
    external: ['node:*'],
    metafile: true,
  });
  const outputs = Object.values(metafile.outputs);
  const imports = outputs.flatMap((output) => output.imports);
  const inputs = outputs.flatMap((output) => Object.entries(output.inputs));
  return {
    packages: imports.filter(({ external }) => external).map((imported) => imported.path),
    modules: inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file),
  };
}

/** Asks for a time or for chance instead of being given them. */
const impure =
  /new Date\(\s*\)|\bDate\.now\b|\bDate\(\)|\bMath\.random\b|\brandomUUID\b|\bperformance\.now\b/;

describe('a decision is pure', () => {
  it.each(decisions)('%s brings no package and nothing of Node along', (file) => {
    expect(broughtAlong(file).packages).toEqual([]);
  });

  it.each(decisions)('%s asks for neither the time nor chance, nor does what it brings along', (file) => {
    for (const each of new Set([file, ...broughtAlong(file).modules]))
      expect(readFileSync(path.join(root, each), 'utf8')).not.toMatch(impure);
  });

  it('is looked for in every task that decides', () => {
    expect(decisions.length).toBeGreaterThanOrEqual(10);
  });

  it('would be found out', () => {
    expect(broughtAlong('lambdas/incident/ledger.ts').packages).toContain('@aws-sdk/client-s3');
    expect(broughtAlong('lambdas/check-dns/decide.ts').modules).toContain('lambdas/aws/answer.ts');
    for (const code of ['new Date()', 'Date.now()', 'Math.random()']) expect(code).toMatch(impure);
    expect('new Date(observedAt)').not.toMatch(impure);
  });
});

it('nothing that is deployed knows that drills exist', () => {
  const deployed = ['lambdas', 'lib', 'statemachines'].flatMap((part) =>
    globSync(`${part}/**/*.{ts,json}`, { cwd: root }),
  );
  const knowing = deployed.filter((file) => /drill/i.test(readFileSync(path.join(root, file), 'utf8')));
  expect(deployed.length).toBeGreaterThan(80);
  expect(knowing).toEqual([]);
});

it('no file of the product has 400 lines or more', () => {
  const long = parts
    .flatMap((part) => globSync(`${part}/**/*.ts`, { cwd: root }))
    .filter((file) => readFileSync(path.join(root, file), 'utf8').split('\n').length > 400);
  expect(long).toEqual([]);
});
