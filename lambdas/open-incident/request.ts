import type { Mode, RestoreRequest, Scenario, Severity } from '../incident/contract.ts';
import { InvalidInput } from '../incident/errors.ts';
import type { Settings } from './contract.ts';
import { snapshotName } from '../configuration/snapshot-name.ts';
import { readTime, wholeSecond, zonedTime } from './time.ts';

/** What somebody, or something, asks for. Pure. */
export type Request = PersonsRequest | AlarmRequest;

interface PersonsRequest {
  readonly by: 'person';
  readonly scenario: Scenario;
  readonly severity: Severity;
  readonly mode: Mode;
  readonly startedBy: string;
  /** When the person said more than the scenario. */
  readonly restore?: RestoreRequest;
}

interface AlarmRequest {
  readonly by: 'alarm';
  readonly scenario: Scenario;
  readonly severity: Severity;
  readonly mode: Mode;
  readonly startedBy: string;
  readonly eventId: string;
  /** `ALARM`, `OK`, `INSUFFICIENT_DATA`. */
  readonly state: string;
  /** When the alarm changed its state; milliseconds since the epoch. */
  readonly changedAt: number;
}

const alarmDetailType = 'CloudWatch Alarm State Change';
const fields = ['scenario', 'severity', 'mode', 'reason'] as const;
/** What a person may say beside the scenario, and with which. */
const moreFields: Readonly<Record<keyof RestoreRequest, readonly Scenario[]>> = {
  recoverTo: ['data-corruption', 'configuration-loss'],
  databases: ['data-corruption'],
  snapshot: ['configuration-loss'],
  deployments: ['application-failure'],
};
const moreNames = Object.keys(moreFields) as (keyof RestoreRequest)[];
const alarmStates = 'ALARM, OK, INSUFFICIENT_DATA';
const modes: readonly Mode[] = ['live', 'plan'];
const maxReasonLength = 200;

/**
 * Read a state machine's input: what a person typed, or an alarm's event.
 *
 * All that is wrong is said at once, because a person in a hurry corrects once. An alarm about a database opens
 * an incident about all that are damaged: what destroys rows in one seldom stops there, and the alarm of the next
 * one would only join.
 *
 * @param now milliseconds since the epoch
 * @throws InvalidInput with one `field: got X, allowed: …` for each wrong field
 */
export function parseRequest(input: unknown, settings: Settled, now: number): Request {
  const wrong: string[] = [];
  const expect: Expect = (field, got, value, allowed) => {
    if (value === undefined) wrong.push(`${field}: got ${show(got)}, allowed: ${allowed}`);
    return value;
  };
  const object = expect(
    'input',
    input,
    isObject(input) ? input : undefined,
    'an object such as {"scenario":"site-failure"}',
  );
  const request =
    object &&
    (member(object, 'detail-type') === undefined
      ? parsePerson(object, settings, now, expect)
      : parseAlarm(object, settings, expect));
  if (wrong.length > 0 || !request) throw new InvalidInput(wrong.join('; '));
  return request;
}

/** Hand on a value that was found good; complain about undefined, saying what was got and what is allowed. */
type Expect = <T>(field: string, got: unknown, value: T | undefined, allowed: string) => T | undefined;
type Settled = Pick<Settings, 'alarms' | 'databases' | 'deployments' | 'scenarios' | 'severities'>;

function parsePerson(
  input: object,
  settings: Settled,
  now: number,
  expect: Expect,
): PersonsRequest | undefined {
  // Whether a scenario can be asked for at all: then its fields are fields.
  const possible = scenariosOf(settings);
  const more = moreNames.filter((field) => moreFields[field].some((each) => possible.includes(each)));
  const allowed: readonly string[] = [...fields, ...more];
  for (const [field, value] of Object.entries(input)) {
    expect(
      field,
      value,
      allowed.find((each) => each === field),
      `no such field, only ${allowed.join(', ')}`,
    );
  }
  const oneOf = <T extends string>(field: string, allowed: readonly T[], otherwise?: T): T | undefined => {
    const value = member(input, field);
    if (value === undefined && otherwise !== undefined) return otherwise;
    return expect(
      field,
      value,
      allowed.find((each) => each === value),
      allowed.join(', '),
    );
  };
  const scenario = oneOf('scenario', possible);
  const mode = oneOf('mode', modes, 'live');
  const severity = oneOf(
    'severity',
    namesOf(settings.severities),
    // A scenario that is wrong has no severity of its own; one complaint is enough then.
    (scenario && settings.scenarios[scenario]?.severity) ?? 'P0',
  );
  const reason = member(input, 'reason');
  const startedBy =
    reason === undefined
      ? 'a person'
      : expect(
          'reason',
          reason,
          isReason(reason) ? `a person: ${reason}` : undefined,
          `one line of text, 1 to ${maxReasonLength} characters`,
        );
  const restore = parseMore(input, scenario, more, settings, now, expect);
  if (!scenario || !mode || !severity || !startedBy) return undefined;
  return { by: 'person', scenario, severity, mode, startedBy, ...(restore ? { restore } : {}) };
}

/** What a person said beside the scenario; undefined when nothing, or when it is wrong. */
function parseMore(
  input: object,
  scenario: Scenario | undefined,
  names: readonly (keyof RestoreRequest)[],
  { databases, deployments }: Settled,
  now: number,
  expect: Expect,
): RestoreRequest | undefined {
  if (scenario === undefined) return undefined;
  const given = names.filter((field) => {
    const value = member(input, field);
    if (value === undefined || moreFields[field].includes(scenario)) return value !== undefined;
    expect(field, value, undefined, `only with the scenario ${moreFields[field].join(' or ')}`);
    return false;
  });
  const [time, snapshot] = [member(input, 'recoverTo'), member(input, 'snapshot')];
  if (given.includes('recoverTo') && given.includes('snapshot')) {
    expect('snapshot', snapshot, undefined, 'either recoverTo or snapshot, not both');
    return undefined;
  }
  const at = typeof time === 'string' ? zonedTime(time) : undefined;
  const readers: Readonly<Record<keyof RestoreRequest, () => unknown>> = {
    recoverTo: () =>
      expect(
        'recoverTo',
        time,
        at !== undefined && at <= now ? wholeSecond(at) : undefined,
        at === undefined
          ? 'a time with its zone such as 2026-11-23T10:00:00Z or 2026-11-23T11:00:00+01:00'
          : `a time that is past; it is ${wholeSecond(now)} now`,
      ),
    snapshot: () =>
      expect(
        'snapshot',
        snapshot,
        typeof snapshot === 'string' && snapshotName.test(snapshot) ? snapshot : undefined,
        'the name of a snapshot: 1 to 63 lower case letters, digits, - and .',
      ),
    databases: () => listOf('databases', member(input, 'databases'), databases, expect),
    deployments: () => listOf('deployments', member(input, 'deployments'), deployments, expect),
  };
  const read = given.map((field) => [field, readers[field]()] as const);
  if (read.length === 0 || read.some(([, value]) => value === undefined)) return undefined;
  return Object.fromEntries(read);
}

function listOf(
  field: string,
  value: unknown,
  known: readonly string[],
  expect: Expect,
): readonly string[] | undefined {
  return expect(
    field,
    value,
    isListOf(known, value) ? value : undefined,
    `a list of one or more of ${known.join(', ')}, each once`,
  );
}

/** An environment without databases has none that could be damaged. */
function scenariosOf({ scenarios, databases }: Settled): readonly Scenario[] {
  return namesOf(scenarios).filter((scenario) => scenario !== 'data-corruption' || databases.length > 0);
}

function isListOf(known: readonly string[], value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    new Set<unknown>(value).size === value.length &&
    value.every((each) => known.some((name) => name === each))
  );
}

function parseAlarm(input: object, settings: Settled, expect: Expect): AlarmRequest | undefined {
  const detail = member(input, 'detail');
  const state = member(detail, 'state');
  const expectText = (field: string, got: unknown, allowed: string, pattern: RegExp) =>
    expect(field, got, typeof got === 'string' && pattern.test(got) ? got : undefined, allowed);

  expectText(
    'detail-type',
    member(input, 'detail-type'),
    `"${alarmDetailType}"`,
    /^CloudWatch Alarm State Change$/,
  );
  const eventId = expectText(
    'id',
    member(input, 'id'),
    "the event's id, 1 to 128 letters, digits and hyphens",
    /^[\w.:-]{1,128}$/,
  );
  const name = member(detail, 'alarmName');
  const meaning = expect(
    'detail.alarmName',
    name,
    typeof name === 'string' && Object.hasOwn(settings.alarms, name) ? settings.alarms[name] : undefined,
    Object.keys(settings.alarms).join(', '),
  );
  const value = expectText('detail.state.value', member(state, 'value'), alarmStates, /^[A-Z_]+$/);
  const timestamp = member(state, 'timestamp');
  const changedAt = expect(
    'detail.state.timestamp',
    timestamp,
    readTime(timestamp),
    'a time such as 2026-11-23T04:00:00.000+0000',
  );

  if (eventId === undefined || !meaning || value === undefined || changedAt === undefined) return undefined;
  const { scenario, database } =
    typeof meaning === 'string' ? { scenario: meaning, database: undefined } : meaning;
  return {
    by: 'alarm',
    scenario,
    severity: settings.scenarios[scenario]?.severity ?? 'P1',
    mode: 'live',
    startedBy: `alarm ${String(name)}${database === undefined ? '' : ` of database ${database}`}`,
    eventId,
    state: value,
    changedAt,
  };
}

function isReason(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{Cc}]+$/u.test(value) && value.length <= maxReasonLength;
}

function namesOf<T extends string>(record: Readonly<Partial<Record<T, unknown>>>): readonly T[] {
  return Object.keys(record) as T[];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own member, or undefined: names such as `constructor` come from outside too. */
function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
