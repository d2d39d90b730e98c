import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadEnvironment } from '../../lib/config/load.ts';
import { parseChecklistArguments } from '../../operate/checklist-arguments.ts';
import { checklist } from '../../operate/checklist.ts';
import { typed } from './acknowledge-aws.ts';

const environment = loadEnvironment('prod');
const nowhere = 'http://127.0.0.1:9';

describe('an empty checklist', () => {
  it('is of a site failure unless it is said, and asks nobody', async () => {
    const made = await checklist({ environment, endpoint: nowhere });
    expect(made).toContain('# Checklist: site failure of erlmcp in prod');
    expect(made).toContain('- [ ] Nothing can write to the old primary any more.');
    expect(made).not.toContain('[x]');
    expect(await checklist({ environment, scenario: 'data-corruption', endpoint: nowhere })).toContain(
      '# Checklist: data corruption of erlmcp in prod',
    );
  });

  it('is printed by npm run checklist', async () => {
    const { code, out, err } = await typed('checklist-main.ts', ['--env', 'prod'], nowhere);
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(await checklist({ environment }));
  });
});

describe('the options', () => {
  it('are read', () => {
    const args = ['--env', 'prod', '--scenario', 'hardware-failure', '--incident', 'prod-x', '--out', 'a.md'];
    expect(parseChecklistArguments(args)).toEqual({
      ...{ env: 'prod', scenario: 'hardware-failure', incident: 'prod-x', out: 'a.md' },
    });
    expect(parseChecklistArguments(['--env', 'prod'])).toEqual({ env: 'prod' });
    expect(parseChecklistArguments(['--help'])).toBeNull();
  });

  it('are refused, all that are wrong at once', () => {
    const wrong = () =>
      parseChecklistArguments(['--scenario', 'flood', '--incident', '../lock', '--out', ' ']);
    for (const part of [
      '--env: got nothing',
      '--scenario: got "flood", allowed: site-failure, data-corruption,',
      '--incident: got "../lock", allowed: the id of an incident',
      '--out: got " ", allowed: a path',
    ]) {
      expect(wrong).toThrow(part);
    }
  });
});

it('npm runs these very files', () => {
  const file = path.join(import.meta.dirname, '..', '..', 'package.json');
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  expect(scripts).toMatchObject({
    checklist: 'node operate/checklist-main.ts',
    incidents: 'node operate/incidents-main.ts',
    preview: 'node operate/preview-main.ts',
  });
});
