import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../lambdas/incident/errors.ts';
import { parseRequest } from '../../../lambdas/open-incident/request.ts';
import { alarmEvent, settings } from './settings.ts';

const now = Date.UTC(2026, 10, 23, 12);
const parse = (input: unknown) => parseRequest(input, settings, now);
const complaint = (input: unknown): string => {
  try {
    parse(input);
  } catch (error) {
    if (error instanceof InvalidInput) return error.message;
    throw error;
  }
  return 'accepted';
};

describe("a person's input", () => {
  it('needs the scenario only', () => {
    expect(parse({ scenario: 'site-failure' })).toEqual({
      by: 'person',
      scenario: 'site-failure',
      severity: 'P0',
      mode: 'live',
      startedBy: 'a person',
    });
  });

  it('may set all the rest', () => {
    const input = { scenario: 'site-failure', severity: 'P2', mode: 'plan', reason: 'quarterly test' };
    expect(parse(input)).toMatchObject({
      severity: 'P2',
      mode: 'plan',
      startedBy: 'a person: quarterly test',
    });
  });

  it.each<[string, unknown, string]>([
    ['nothing', {}, 'scenario: got nothing, allowed: site-failure, data-corruption'],
    [
      'another scenario',
      { scenario: 'fire' },
      'scenario: got "fire", allowed: site-failure, data-corruption',
    ],
    ['a number', { scenario: 1 }, 'scenario: got 1, allowed: site-failure, data-corruption'],
    [
      'a severity',
      { scenario: 'site-failure', severity: 'P4' },
      'severity: got "P4", allowed: P0, P1, P2, P3',
    ],
    ['a mode', { scenario: 'site-failure', mode: null }, 'mode: got null, allowed: live, plan'],
    [
      'an empty reason',
      { scenario: 'site-failure', reason: '' },
      'reason: got "", allowed: one line of text, 1 to 200 characters',
    ],
    [
      'two lines',
      { scenario: 'site-failure', reason: 'a\nb' },
      'reason: got "a\\nb", allowed: one line of text, 1 to 200 characters',
    ],
    [
      'a misspelt field',
      { scenario: 'site-failure', sevrity: 'P1' },
      'sevrity: got "P1", allowed: no such field, only scenario, severity, mode, reason, recoverTo, databases',
    ],
    [
      'no object',
      'site-failure',
      'input: got "site-failure", allowed: an object such as {"scenario":"site-failure"}',
    ],
    ['a list', [], 'input: got [], allowed: an object such as {"scenario":"site-failure"}'],
    ['null', null, 'input: got null, allowed: an object such as {"scenario":"site-failure"}'],
  ])('is refused with what is allowed: %s', (_, input, message) => {
    expect(complaint(input)).toBe(message);
  });

  it('hears of everything that is wrong at once', () => {
    expect(
      complaint({ scenario: 'fire', mode: 'dry', Comment: 'Insert your JSON here' }).split('; '),
    ).toEqual([
      'Comment: got "Insert your JSON here", allowed: no such field, only scenario, severity, mode, reason, recoverTo, databases',
      'scenario: got "fire", allowed: site-failure, data-corruption',
      'mode: got "dry", allowed: live, plan',
    ]);
  });

  it('is shown shortened when it is long', () => {
    expect(complaint({ scenario: 'x'.repeat(100_000) }).length).toBeLessThan(150);
  });
});

describe('a restore that a person asks for', () => {
  const restore = (more: object) => parse({ scenario: 'data-corruption', ...more });

  it('needs no more than the scenario', () => {
    const request = restore({});
    expect(request).toMatchObject({ scenario: 'data-corruption', severity: 'P1' });
    expect(request).not.toHaveProperty('restore');
  });

  it.each([
    ['2026-11-23T10:00:00Z', '2026-11-23T10:00:00Z'],
    ['2026-11-23T10:00Z', '2026-11-23T10:00:00Z'],
    ['2026-11-23T10:00:59.999Z', '2026-11-23T10:00:59Z'],
    ['2026-11-23T11:30:00+01:00', '2026-11-23T10:30:00Z'],
    ['2026-11-23T00:30:00-0530', '2026-11-23T06:00:00Z'],
    ['2026-11-23T12:00:00Z', '2026-11-23T12:00:00Z'],
  ])('to %s is one to %s', (recoverTo, kept) => {
    expect(restore({ recoverTo })).toMatchObject({ restore: { recoverTo: kept } });
  });

  it('may name its databases', () => {
    expect(restore({ databases: ['audit'] })).toMatchObject({ restore: { databases: ['audit'] } });
  });

  const aTime = 'a time with its zone such as 2026-11-23T10:00:00Z or 2026-11-23T11:00:00+01:00';
  it.each<[string, object, string]>([
    [
      'a time to come',
      { recoverTo: '2026-11-23T12:00:01Z' },
      'recoverTo: got "2026-11-23T12:00:01Z", allowed: a time that is past; it is 2026-11-23T12:00:00Z now',
    ],
    [
      'a time without its zone',
      { recoverTo: '2026-11-23T10:00:00' },
      `recoverTo: got "2026-11-23T10:00:00", allowed: ${aTime}`,
    ],
    [
      'a day that the month does not have',
      { recoverTo: '2026-02-30T10:00:00Z' },
      `recoverTo: got "2026-02-30T10:00:00Z", allowed: ${aTime}`,
    ],
    ['a day', { recoverTo: '2026-11-23' }, `recoverTo: got "2026-11-23", allowed: ${aTime}`],
    ['a number', { recoverTo: 1_763_888_400 }, `recoverTo: got 1763888400, allowed: ${aTime}`],
    [
      'a database nobody knows',
      { databases: ['erlmcp', 'erlmpc'] },
      'databases: got ["erlmcp","erlmpc"], allowed: a list of one or more of erlmcp, audit, each once',
    ],
    [
      'no database',
      { databases: [] },
      'databases: got [], allowed: a list of one or more of erlmcp, audit, each once',
    ],
    [
      'one database twice',
      { databases: ['audit', 'audit'] },
      'databases: got ["audit","audit"], allowed: a list of one or more of erlmcp, audit, each once',
    ],
    [
      'a database that is not in a list',
      { databases: 'erlmcp' },
      'databases: got "erlmcp", allowed: a list of one or more of erlmcp, audit, each once',
    ],
  ])('is refused with what is allowed: %s', (_, more, message) => {
    expect(complaint({ scenario: 'data-corruption', ...more })).toBe(message);
  });

  it('is refused when its site is lost', () => {
    expect(complaint({ scenario: 'site-failure', databases: ['erlmcp'] })).toBe(
      'databases: got ["erlmcp"], allowed: only with the scenario data-corruption',
    );
  });

  it('is not known where there is no database', () => {
    const none = { ...settings, databases: [] };
    expect(() => parseRequest({ scenario: 'data-corruption', databases: [] }, none, now)).toThrow(
      'databases: got [], allowed: no such field, only scenario, severity, mode, reason; ' +
        'scenario: got "data-corruption", allowed: site-failure',
    );
  });
});

describe("an alarm's event", () => {
  it('of a database opens an incident about all that are damaged', () => {
    const request = parse(alarmEvent({ alarm: 'lifeboat-dev-data-inconsistent-erlmcp' }));
    expect(request).toMatchObject({
      scenario: 'data-corruption',
      severity: 'P1',
      startedBy: 'alarm lifeboat-dev-data-inconsistent-erlmcp of database erlmcp',
    });
    expect(request).not.toHaveProperty('restore');
  });

  it('names its scenario by the alarm', () => {
    expect(parse(alarmEvent())).toEqual({
      by: 'alarm',
      scenario: 'site-failure',
      severity: 'P0',
      mode: 'live',
      startedBy: 'alarm lifeboat-dev-primary-unhealthy',
      eventId: 'c4c1',
      state: 'ALARM',
      changedAt: Date.UTC(2026, 10, 23, 4),
    });
  });

  it.each([
    ['2026-11-23T04:00:00.000+0000', 4],
    ['2026-11-23T05:00:00.000+0100', 4],
    ['2026-11-23T04:00:00Z', 4],
  ])('may have the time %s', (timestamp, hour) => {
    expect(parse(alarmEvent({ timestamp }))).toMatchObject({ changedAt: Date.UTC(2026, 10, 23, hour) });
  });

  it.each<[string, unknown, string]>([
    [
      'an alarm nobody knows',
      alarmEvent({ alarm: 'constructor' }),
      'detail.alarmName: got "constructor", allowed: lifeboat-dev-primary-unhealthy, lifeboat-dev-primary-unreachable, lifeboat-dev-data-inconsistent-erlmcp',
    ],
    [
      'no time',
      alarmEvent({ timestamp: 'yesterday' }),
      'detail.state.timestamp: got "yesterday", allowed: a time such as 2026-11-23T04:00:00.000+0000',
    ],
    [
      'no id',
      alarmEvent({ id: '../lock' }),
      'id: got "../lock", allowed: the event\'s id, 1 to 128 letters, digits and hyphens',
    ],
    [
      'another event',
      { ...alarmEvent(), 'detail-type': 'CloudWatch Alarm Configuration Change' },
      'detail-type: got "CloudWatch Alarm Configuration Change", allowed: "CloudWatch Alarm State Change"',
    ],
  ])('is refused with what is allowed: %s', (_, input, message) => {
    expect(complaint(input)).toBe(message);
  });

  it('hears of everything that is missing at once', () => {
    expect(
      complaint({ 'detail-type': 'CloudWatch Alarm State Change' })
        .split('; ')
        .map((each) => each.split(':')[0]),
    ).toEqual(['id', 'detail.alarmName', 'detail.state.value', 'detail.state.timestamp']);
  });
});

it('any JSON is a request or a clear refusal', () => {
  const almost = fc.record(
    {
      scenario: fc.oneof(fc.constantFrom('site-failure', 'data-corruption'), fc.jsonValue()),
      severity: fc.oneof(fc.constant('P1'), fc.jsonValue()),
      reason: fc.jsonValue(),
      recoverTo: fc.oneof(fc.string(), fc.date({ noInvalidDate: true }).map(String), fc.jsonValue()),
      databases: fc.oneof(fc.constant(['erlmcp']), fc.jsonValue()),
      'detail-type': fc.oneof(fc.constant('CloudWatch Alarm State Change'), fc.jsonValue()),
      id: fc.jsonValue(),
      detail: fc.oneof(fc.jsonValue(), fc.record({ alarmName: fc.jsonValue(), state: fc.jsonValue() })),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), almost), (input) => {
      try {
        expect(['person', 'alarm']).toContain(parse(input).by);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInput);
        expect((error as InvalidInput).message).toMatch(/: got [^]+, allowed: /);
      }
    }),
    { numRuns: 1_000 },
  );
});

describe('what a person says of a configuration and of workloads', () => {
  const more: typeof settings = {
    ...settings,
    scenarios: {
      ...settings.scenarios,
      'configuration-loss': { severity: 'P1' },
      'application-failure': { severity: 'P1' },
      'hardware-failure': { severity: 'P2' },
    },
  };
  const read = (input: object) => parseRequest(input, more, now);

  it.each([
    [{ scenario: 'configuration-loss' }, 'P1', undefined],
    [
      { scenario: 'configuration-loss', snapshot: 'before-release.7' },
      'P1',
      { snapshot: 'before-release.7' },
    ],
    [
      { scenario: 'configuration-loss', recoverTo: '2026-11-23T02:00:00Z' },
      'P1',
      { recoverTo: '2026-11-23T02:00:00Z' },
    ],
    [{ scenario: 'application-failure', deployments: ['erlmcp'] }, 'P1', { deployments: ['erlmcp'] }],
    [{ scenario: 'hardware-failure' }, 'P2', undefined],
  ])('is read: %j', (input, severity, restore) => {
    expect(read(input)).toMatchObject({ severity, ...(restore ? { restore } : {}) });
    expect('restore' in read(input)).toBe(restore !== undefined);
  });

  it.each([
    [
      { scenario: 'configuration-loss', snapshot: 'No Such Name' },
      'snapshot: got "No Such Name", allowed: the name of a snapshot: 1 to 63 lower case letters, digits, - and .',
    ],
    [
      { scenario: 'configuration-loss', snapshot: 'a', recoverTo: '2026-11-23T02:00:00Z' },
      'snapshot: got "a", allowed: either recoverTo or snapshot, not both',
    ],
    [
      { scenario: 'hardware-failure', snapshot: 'a' },
      'snapshot: got "a", allowed: only with the scenario configuration-loss',
    ],
    [
      { scenario: 'application-failure', deployments: ['nginx'] },
      'deployments: got ["nginx"], allowed: a list of one or more of erlmcp, erlmcp-gateway, each once',
    ],
    [
      { scenario: 'site-failure', recoverTo: '2026-11-23T02:00:00Z' },
      'recoverTo: got "2026-11-23T02:00:00Z", allowed: only with the scenario data-corruption or configuration-loss',
    ],
  ])('is refused with what is allowed: %j', (input, message) => {
    expect(() => read(input)).toThrow(message);
  });
});
