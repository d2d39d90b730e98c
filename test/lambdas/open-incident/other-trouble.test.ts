import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../../lambdas/incident/contract.ts';
import { decide, otherTrouble } from '../../../lambdas/open-incident/decide.ts';
import type { Request } from '../../../lambdas/open-incident/request.ts';
import { anExecution } from '../bucket.ts';
import { settings } from './settings.ts';

const now = Date.UTC(2026, 10, 23, 4, 0, 12);
const person = (scenario: Scenario): Request => ({
  by: 'person',
  scenario,
  severity: 'P1',
  mode: 'live',
  startedBy: 'a person',
});
const alarm = (scenario: Scenario): Request => ({
  by: 'alarm',
  scenario,
  severity: 'P1',
  mode: 'live',
  startedBy: `alarm about ${scenario}`,
  eventId: 'e1',
  state: 'ALARM',
  changedAt: now - 10_000,
});
const during = (scenario: Scenario) => ({ id: 'dev-1', environment: 'dev', scenario });

describe('a start that joins', () => {
  it.each<[string, Request, Scenario]>([
    ['an incident of its own scenario', person('data-corruption'), 'data-corruption'],
    ['a failover, from an alarm of the application', alarm('application-failure'), 'site-failure'],
    ['a failover, from an alarm of the configuration', alarm('configuration-loss'), 'site-failure'],
    ['a failover, from an alarm of the nodes', alarm('hardware-failure'), 'site-failure'],
    ['a restore, from an alarm of the application', alarm('application-failure'), 'configuration-loss'],
  ])('%s is about the same', (_, request, scenario) => {
    expect(otherTrouble(request, during(scenario))).toBeUndefined();
  });

  it.each<[string, Request, Scenario]>([
    ['a failover, from an alarm of the data', alarm('data-corruption'), 'site-failure'],
    ['a restart, from an alarm of the site', alarm('site-failure'), 'application-failure'],
    ['a restart, from an alarm of the nodes', alarm('hardware-failure'), 'application-failure'],
    ['a failover, from a person who names the application', person('application-failure'), 'site-failure'],
  ])('%s is another trouble, and is told', (_, request, scenario) => {
    expect(otherTrouble(request, during(scenario))).toContain(
      `${request.scenario}, while dev-1 is at work on a ${scenario}, which does not mend it`,
    );
  });
});

describe('while the traffic is on the standby', () => {
  const opened = (scenario: Scenario) =>
    decide(
      alarm(scenario),
      {
        lock: null,
        event: null,
        traffic: { site: 'standby', epoch: 3, incidentId: 'dev-1', changedAt: '2026-11-20' },
        holderEnd: null,
        now,
      },
      anExecution,
      settings,
    ).action;

  it.each(['site-failure', 'data-corruption'] as const)('an alarm about %s starts nothing', (scenario) => {
    expect(opened(scenario)).toBe('ignore');
  });

  it.each(['configuration-loss', 'application-failure', 'hardware-failure'] as const)(
    'an alarm about %s is about the standby, and opens an incident',
    (scenario) => {
      expect(opened(scenario)).toBe('take');
    },
  );
});
