import type { Mode, Scenario, Severity } from '../incident/contract.ts';
import { InvalidInput } from '../incident/errors.ts';
import type { Settings } from './contract.ts';

/** What somebody, or something, asks for. Pure. */
export type Request = PersonsRequest | AlarmRequest;

interface PersonsRequest {
  readonly by: 'person';
  readonly scenario: Scenario;
  readonly severity: Severity;
  readonly mode: Mode;
  readonly startedBy: string;
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
const alarmStates = 'ALARM, OK, INSUFFICIENT_DATA';
const modes: readonly Mode[] = ['live', 'plan'];
const maxReasonLength = 200;

/**
 * Read a state machine's input: what a person typed, or an alarm's event.
 *
 * All that is wrong is said at once, because a person in a hurry corrects once.
 *
 * @throws InvalidInput with one `field: got X, allowed: …` for each wrong field
 */
export function parseRequest(
  input: unknown,
  settings: Pick<Settings, 'alarms' | 'scenarios' | 'severities'>,
): Request {
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
      ? parsePerson(object, settings, expect)
      : parseAlarm(object, settings, expect));
  if (wrong.length > 0 || !request) throw new InvalidInput(wrong.join('; '));
  return request;
}

/** Hand on a value that was found good; complain about undefined, saying what was got and what is allowed. */
type Expect = <T>(field: string, got: unknown, value: T | undefined, allowed: string) => T | undefined;
type Settled = Pick<Settings, 'alarms' | 'scenarios' | 'severities'>;

function parsePerson(input: object, settings: Settled, expect: Expect): PersonsRequest | undefined {
  for (const [field, value] of Object.entries(input)) {
    expect(
      field,
      value,
      fields.find((each) => each === field),
      `no such field, only ${fields.join(', ')}`,
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
  const scenario = oneOf('scenario', namesOf(settings.scenarios));
  const mode = oneOf('mode', modes, 'live');
  const severity = oneOf(
    'severity',
    namesOf(settings.severities),
    // A scenario that is wrong has no severity of its own; one complaint is enough then.
    scenario ? settings.scenarios[scenario].severity : 'P0',
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
  if (!scenario || !mode || !severity || !startedBy) return undefined;
  return { by: 'person', scenario, severity, mode, startedBy };
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
  const scenario = expect(
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

  if (eventId === undefined || !scenario || value === undefined || changedAt === undefined) return undefined;
  return {
    by: 'alarm',
    scenario,
    severity: settings.scenarios[scenario].severity,
    mode: 'live',
    startedBy: `alarm ${String(name)}`,
    eventId,
    state: value,
    changedAt,
  };
}

/** CloudWatch writes the offset without a colon, which is not ISO 8601's extended form. */
function readTime(timestamp: unknown): number | undefined {
  if (typeof timestamp !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(timestamp)) return undefined;
  const time = Date.parse(timestamp.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(time) ? undefined : time;
}

function isReason(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{Cc}]+$/u.test(value) && value.length <= maxReasonLength;
}

function namesOf<T extends string>(record: Readonly<Record<T, unknown>>): readonly T[] {
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
