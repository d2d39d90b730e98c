import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { environmentJsonSchema } from '../../../lib/config/json-schema.ts';
import { defaultRoutes } from '../../../lib/config/routes.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly default?: unknown;
}

/** Path and default of every member that is not an object of members itself. */
function fields(schema: Schema, path = ''): readonly (readonly [path: string, preset: unknown])[] {
  const members = Object.entries(schema.properties ?? {});
  if (members.length === 0) return [[path, schema.default]];
  return members.flatMap(([name, member]) => fields(member, path === '' ? name : `${path}.${name}`));
}

const everything = defaultRoutes.P0[0]?.hears ?? [];
const audiences = new Set<string>(defaultRoutes.P0.map(({ to }) => to));
const reference = readFileSync('docs/environment.md', 'utf8');
const all = fields(JSON.parse(environmentJsonSchema()) as Schema).map(
  ([path, preset]) => [path.replace(/^severities\.P\d\./, 'severities.<level>.'), preset] as const,
);

it.each(all)('%s is in the reference, with its default', (path, preset) => {
  const row = reference.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${path}\``));
  expect(row).toBeDefined();
  if (preset === undefined) return;
  if (Array.isArray(preset) && preset.some((item) => typeof item === 'object')) {
    expect(row).toContain('the table below');
    return;
  }
  const shown = Array.isArray(preset) ? `[${preset.join(', ')}]` : JSON.stringify(preset).replaceAll('"', '');
  expect(row).toContain(`\`${shown}\``);
});

it('the reference names no field that does not exist', () => {
  const named = [
    ...reference.matchAll(
      /`((?:application|sites|dns|detection|contacts|channels|communication|severities|gates)\.[\w.<>]+)`/g,
    ),
  ];
  const known = new Set(all.map(([path]) => path));
  expect(named.length).toBeGreaterThan(30);
  expect(named.map(([, path]) => path).filter((path) => !known.has(path ?? ''))).toEqual([]);
});

describe('the table of default routes', () => {
  const words = (cell: string) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, word]) => word ?? '');
  const rows = reference
    .split('\n')
    .map((line) => line.split('|').slice(1, -1))
    .filter((cells) => cells.length === 5 && words(cells[0] ?? '').some((word) => audiences.has(word)));

  it.each(['P0', 'P1', 'P2', 'P3'] as const)('says who hears what of a %s', (severity) => {
    const column = { P0: 2, P1: 2, P2: 3, P3: 4 }[severity];
    const said = rows.flatMap((cells) => {
      const cell = (cells[column] ?? '').includes('the same') ? (cells[2] ?? '') : (cells[column] ?? '');
      const hears = cell.includes('everything') ? everything : words(cell);
      if (hears.length === 0) return [];
      const from = cell.includes('once confirmed') ? 'confirmed' : 'opened';
      return words(cells[0] ?? '').flatMap((to) =>
        words(cells[1] ?? '').map((by) => [to, by, from, ...hears].join(' ')),
      );
    });
    const meant = defaultRoutes[severity].flatMap(({ to, by, hears, from }) =>
      by.map((channel) => [to, channel, from, ...hears].join(' ')),
    );
    expect(said.toSorted()).toEqual(meant.toSorted());
  });
});
