import type { Mode, RestoreRequest, Scenario, Severity } from '../incident/contract.ts';
import { InvalidInput } from '../incident/errors.ts';
import type { Settings } from './contract.ts';
import { readTime, wholeSecond, zonedTime } from './time.ts';

/** What somebody, or something, asks for. Pure. */
export type Request = PersonsRequest | AlarmRequest;

interface PersonsRequest {
  readonly by: 'person';
  readonly scenario: Scenario;
  readonly severity: Severity;
  readonly mode: Mode;
  readonly startedBy: string;
  /** Of data-corruption, when the person said more than the scenario. */
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
const restoreFields = ['recoverTo', 'databases'] as const;
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
type Settled = Pick<Settings, 'alarms' | 'databases' | 'scenarios' | 'severities'>;

function parsePerson(
  input: object,
  settings: Settled,
  now: number,
  expect: Expect,
): PersonsRequest | undefined {
  // Whether a restore can be asked for at all: then its fields are fields.
  const allowed = settings.databases.length > 0 ? [...fields, ...restoreFields] : fields;
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
  const scenario = oneOf('scenario', scenariosOf(settings));
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
  const restore = parseRestore(input, scenario, settings.databases, now, expect);
  if (!scenario || !mode || !severity || !startedBy) return undefined;
  return { by: 'person', scenario, severity, mode, startedBy, ...(restore ? { restore } : {}) };
}

/** What a person said about a restore; undefined when nothing, or when it is wrong. */
function parseRestore(
  input: object,
  scenario: Scenario | undefined,
  known: readonly string[],
  now: number,
  expect: Expect,
): RestoreRequest | undefined {
  if (known.length === 0) return undefined;
  const given = restoreFields.filter((field) => member(input, field) !== undefined);
  if (scenario === 'site-failure') {
    for (const field of given) {
      expect(field, member(input, field), undefined, 'only with the scenario data-corruption');
    }
    return undefined;
  }
  const [time, names] = [member(input, 'recoverTo'), member(input, 'databases')];
  const at = typeof time === 'string' ? zonedTime(time) : undefined;
  const recoverTo =
    time === undefined
      ? undefined
      : expect(
          'recoverTo',
          time,
          at !== undefined && at <= now ? wholeSecond(at) : undefined,
          at === undefined
            ? 'a time with its zone such as 2026-11-23T10:00:00Z or 2026-11-23T11:00:00+01:00'
            : `a time that is past; it is ${wholeSecond(now)} now`,
        );
  const databases =
    names === undefined
      ? undefined
      : expect(
          'databases',
          names,
          isListOf(known, names) ? names : undefined,
          `a list of one or more of ${known.join(', ')}, each once`,
        );
  if (recoverTo === undefined && databases === undefined) return undefined;
  return { ...(recoverTo === undefined ? {} : { recoverTo }), ...(databases ? { databases } : {}) };
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
