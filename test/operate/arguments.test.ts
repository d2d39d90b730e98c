import { describe, expect, it } from 'vitest';
import { parseApproveArguments, usage } from '../../operate/arguments.ts';

const good = {
  env: 'dev',
  incident: 'dev-20261123T040012-site-failure',
  decision: 'approve',
  reason: 'the primary is lost',
};
const parse = (changes: Readonly<Record<string, string | undefined>> = {}) =>
  parseApproveArguments(
    Object.entries<string | undefined>({ ...good, ...changes }).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, value],
    ),
  );

describe('the command to answer a gate', () => {
  it('needs environment, incident, decision and reason', () => {
    expect(parse()).toEqual(good);
  });

  it('may name the gate and the endpoint', () => {
    const more = { gate: 'restore', endpoint: 'http://127.0.0.1:4566' };
    expect(parse(more)).toEqual({ ...good, ...more });
  });

  it.each<[string, Readonly<Record<string, string | undefined>>, string]>([
    [
      'no environment',
      { env: undefined },
      '--env: got nothing, allowed: the name of an environment, or a file',
    ],
    [
      'a path for an incident',
      { incident: '../lock' },
      '--incident: got "../lock", allowed: the id of an incident such as dev-20261123T040012-site-failure',
    ],
    ['another decision', { decision: 'yes' }, '--decision: got "yes", allowed: approve, reject'],
    [
      'a blank reason',
      { reason: '  ' },
      '--reason: got "  ", allowed: one line of text, 1 to 500 characters',
    ],
    [
      'two lines of reason',
      { reason: 'a\nb' },
      '--reason: got "a\\nb", allowed: one line of text, 1 to 500 characters',
    ],
    [
      'another gate',
      { gate: 'toll' },
      '--gate: got "toll", allowed: promotion, restore, configuration, hardware',
    ],
    [
      'no URL',
      { endpoint: 'localhost:4566' },
      '--endpoint: got "localhost:4566", allowed: a URL with http or https',
    ],
  ])('is refused with what is allowed: %s', (_, changes, message) => {
    expect(() => parse(changes)).toThrow(message);
  });

  it('is refused with everything that is wrong at once', () => {
    expect(() => parseApproveArguments([])).toThrow(/--env: .*\n--incident: .*\n--decision: .*\n--reason: /);
  });

  it.each([
    ['an unknown option', ['--enviroment', 'dev'], "'--enviroment'"],
    ['a stray word', ['approve'], "'approve'"],
    ['an option without its value', ['--env'], '--env'],
  ])('is refused with %s', (_, args, named) => {
    expect(() => parseApproveArguments(args)).toThrow(named);
  });

  it('explains itself', () => {
    expect(parseApproveArguments(['--help'])).toBeNull();
    for (const name of [...Object.keys(good), 'gate', 'endpoint']) expect(usage).toContain(`--${name}`);
  });
});
