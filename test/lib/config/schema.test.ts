import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { environmentJsonSchema } from '../../../lib/config/json-schema.ts';
import { InvalidEnvironment, parseEnvironment } from '../../../lib/config/load.ts';

it('the JSON Schema in the repository is the one of the program (npm run schema)', () => {
  expect(readFileSync('environments/environment.schema.json', 'utf8')).toBe(environmentJsonSchema());
});

it('the JSON Schema refuses unknown members and describes what editors show', () => {
  const schema = JSON.parse(environmentJsonSchema()) as Record<string, unknown>;
  expect(schema['additionalProperties']).toBe(false);
  expect(JSON.stringify(schema)).toContain('at most 60: what is cached longer does not fail over');
});

/** The promise at the boundary: an answer, or a refusal that lists problems; never another error. */
function answersOrRefuses(yaml: string): boolean {
  try {
    parseEnvironment(yaml, 'any.yaml');
    return true;
  } catch (error) {
    return error instanceof InvalidEnvironment && error.problems.length > 0;
  }
}

it('any text is an environment or is refused', () => {
  fc.assert(fc.property(fc.string({ maxLength: 200, unit: 'binary' }), answersOrRefuses));
});

it('any YAML is an environment or is refused', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => answersOrRefuses(stringify(value))));
});

it('the dev environment with anything in the place of anything is an environment or is refused', () => {
  const lines = readFileSync('environments/dev.yaml', 'utf8').split('\n');
  const changed = fc
    .tuple(fc.nat(lines.length - 1), fc.jsonValue())
    .map(([index, value]) =>
      lines.with(index, (lines[index] ?? '').replace(/:.*$/, `: ${JSON.stringify(value)}`)).join('\n'),
    );
  fc.assert(fc.property(changed, answersOrRefuses));
});

it.each([
  ['a value that contains itself', 'name: &a [*a]'],
  ['an alias of nothing', 'name: *nothing'],
  ['two documents', 'name: dev\n---\nname: prod'],
  ['a tag nobody knows', 'name: !secret dev'],
  ['nothing', ''],
  [
    'aliases that stand for too much',
    `a: &a [x, x, x, x, x, x, x, x, x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key, i) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(', ')}]`).join('\n')}`,
  ],
])('%s is refused', (_what, yaml) => {
  expect(() => parseEnvironment(yaml, 'any.yaml')).toThrow(InvalidEnvironment);
});
