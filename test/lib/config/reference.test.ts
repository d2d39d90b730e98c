import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { environmentJsonSchema } from '../../../lib/config/json-schema.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly default?: unknown;
}

/** Path and default of every member that is not an object of members itself. */
function fields(schema: Schema, path = ''): readonly (readonly [path: string, preset: unknown])[] {
  if (schema.properties === undefined) return [[path, schema.default]];
  return Object.entries(schema.properties).flatMap(([name, member]) =>
    fields(member, path === '' ? name : `${path}.${name}`),
  );
}

const reference = readFileSync('docs/environment.md', 'utf8');
const all = fields(JSON.parse(environmentJsonSchema()) as Schema).map(
  ([path, preset]) => [path.replace(/^severities\.P\d\./, 'severities.<level>.'), preset] as const,
);

it.each(all)('%s is in the reference, with its default', (path, preset) => {
  const row = reference.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${path}\``));
  expect(row).toBeDefined();
  if (preset === undefined) return;
  const shown = Array.isArray(preset) ? `[${preset.join(', ')}]` : JSON.stringify(preset).replaceAll('"', '');
  expect(row).toContain(`\`${shown}\``);
});

it('the reference names no field that does not exist', () => {
  const named = [
    ...reference.matchAll(
      /`((?:application|sites|dns|detection|contacts|channels|severities|gates)\.[\w.<>]+)`/g,
    ),
  ];
  const known = new Set(all.map(([path]) => path));
  expect(named.length).toBeGreaterThan(30);
  expect(named.map(([, path]) => path).filter((path) => !known.has(path ?? ''))).toEqual([]);
});
