import { expect, test } from 'vitest';
import { functions, machines, pascal, placeholdersOf, textOf } from './definitions.ts';

/**
 * Functions that no machine invokes: schedules, the rule on executions that ended badly, a person who answers a
 * gate, and what other functions ask.
 */
const startedFromElsewhere = [
  'acknowledge-incident',
  'answer-approval',
  'answer-slack',
  'compare-sites',
  'keep-copies',
  'probe-primary',
  'publish-switch',
  'query-database',
  'watch-data',
  'watch-executions',
  'watch-service',
  'watch-updates',
];
/** Started by alarms and by people. */
const entries = ['incident'];

const wanted = new Set(machines.flatMap(placeholdersOf));
/** What machines have call-site run at a site. */
const atSites = machines.flatMap((machine) =>
  [...textOf(machine).matchAll(/"task": "([a-z-]+)"/g)].map(([, task]) => String(task)),
);

test.each(machines)('every placeholder of %s is a function or a machine', (machine) => {
  const known = [...functions, ...machines].map(pascal);
  expect(placeholdersOf(machine).filter((name) => !known.includes(name))).toEqual([]);
});

test('every task that call-site runs is a function', () => {
  expect(atSites.filter((task) => !functions.includes(task))).toEqual([]);
});

test('every function is invoked by a machine, itself or at a site, or by a schedule or a rule', () => {
  const idle = functions.filter((name) => !wanted.has(pascal(name)) && !atSites.includes(name));
  expect(idle.toSorted()).toEqual(startedFromElsewhere);
});

test('every machine is started by a machine, or by alarms and people', () => {
  const idle = machines.filter((name) => !wanted.has(pascal(name)));
  expect(idle).toEqual(entries);
});
