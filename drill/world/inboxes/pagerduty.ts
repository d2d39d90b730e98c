import type { Clock } from '../../clock.ts';
import type { Authority } from '../certificates.ts';
import {
  isBlank,
  isObject,
  members,
  startApi,
  type ApiAnswer,
  type ApiLevers,
  type ApiRequest,
} from './api-server.ts';

/** PagerDuty's Events API v2 for one service, as strict as the real one. */

type Action = 'trigger' | 'acknowledge' | 'resolve';

/** An event as it was taken. */
export interface PagerDutyEvent {
  readonly action: Action;
  readonly dedupKey: string;
  /** Of a trigger. */
  readonly summary?: string;
  readonly severity?: string;
  readonly source?: string;
  readonly component?: string;
  readonly group?: string;
  readonly class?: string;
  readonly details?: unknown;
  readonly links?: readonly { readonly href: string; readonly text?: string }[];
  /** Milliseconds since the epoch, incident time. */
  readonly at: number;
}

/** An alert as those on call see it. */
export interface PagerDutyAlert {
  readonly dedupKey: string;
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  /** Of the trigger that opened it. */
  readonly summary: string;
  readonly severity: string;
  readonly openedAt: number;
  /** The events it got, oldest first. */
  readonly log: readonly PagerDutyEvent[];
}

interface PagerDutyOptions {
  readonly clock: Clock;
  readonly authority: Authority;
  /** Integration key of the service, 32 letters and digits. */
  readonly routingKey: string;
  readonly preferredPort?: number;
}

export interface PagerDuty extends ApiLevers {
  /** What was taken, oldest first. */
  messages(): readonly PagerDutyEvent[];
  /** Oldest first; each of them called somebody once, when it was opened. */
  alerts(): readonly PagerDutyAlert[];
}

/** The limits of the documentation (Events API v2: overview, and how to send an alert event). */
const limits = { summary: 1_024, dedupKey: 255, routingKey: 32, bytes: 512 * 1_024 } as const;
const actions: readonly string[] = ['trigger', 'acknowledge', 'resolve'];
const severities: readonly string[] = ['critical', 'warning', 'error', 'info'];

/** Under `events.pagerduty.com`. It has no 401: a key that it does not know is a bad request. */
export async function startPagerDuty(options: PagerDutyOptions): Promise<PagerDuty> {
  const { clock, authority, routingKey, preferredPort } = options;
  const service = new Service(clock, routingKey);
  const levers = await startApi({
    clock,
    authority,
    names: ['events.pagerduty.com'],
    ...(preferredPort === undefined ? {} : { preferredPort }),
    refusals: {
      unauthorized: invalid(['Invalid routing key']),
      ratelimited: {
        status: 429,
        body: { status: 'throttle exceeded', message: 'Requests are arriving too quickly' },
      },
      error: { status: 503, body: { status: 'error', message: 'Service unavailable' } },
    },
    answer: (request) => service.answer(request),
  });
  return { ...levers, messages: () => service.events, alerts: () => service.alerts };
}

class Service {
  readonly #clock: Clock;
  readonly #routingKey: string;
  readonly events: PagerDutyEvent[] = [];
  readonly alerts: PagerDutyAlert[] = [];

  constructor(clock: Clock, routingKey: string) {
    this.#clock = clock;
    this.#routingKey = routingKey;
  }

  answer({ method, path, bytes, body }: ApiRequest): ApiAnswer {
    if (path !== '/v2/enqueue') return { status: 404, body: { status: 'error', message: 'Not Found' } };
    if (method !== 'POST') return { status: 405, body: { status: 'error', message: 'Method Not Allowed' } };
    // The documentation names the limit, and not the answer.
    if (bytes > limits.bytes) return { status: 413, body: { status: 'error', message: 'Payload too large' } };
    if (!isObject(body)) return invalid(['JSON is invalid']);
    const given = members(body);
    const errors = errorsOf(given);
    if (errors.length > 0) return invalid(errors);
    if (given['routing_key'] !== this.#routingKey) return invalid(['Invalid routing key']);
    const dedupKey = isBlank(given['dedup_key'])
      ? `generated-${String(this.events.length + 1)}`
      : String(given['dedup_key']);
    this.#take(eventOf(given, dedupKey, this.#clock.now()));
    return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: dedupKey } };
  }

  /** What it took it may yet have no alert for: it is a queue, and says nothing of it. */
  #take(event: PagerDutyEvent): void {
    this.events.push(event);
    const index = this.alerts.findLastIndex(
      ({ dedupKey, status }) => dedupKey === event.dedupKey && status !== 'resolved',
    );
    const open = this.alerts[index];
    if (open) {
      this.alerts[index] = { ...open, status: after(event.action, open.status), log: [...open.log, event] };
    } else if (event.action === 'trigger') {
      const { dedupKey, summary = '', severity = '', at } = event;
      this.alerts.push({ dedupKey, status: 'triggered', summary, severity, openedAt: at, log: [event] });
    }
  }
}

function after(action: Action, status: PagerDutyAlert['status']): PagerDutyAlert['status'] {
  if (action === 'trigger') return status;
  return action === 'acknowledge' ? 'acknowledged' : 'resolved';
}

function eventOf(given: Readonly<Record<string, unknown>>, dedupKey: string, at: number): PagerDutyEvent {
  const action = given['event_action'] as Action;
  if (action !== 'trigger') return { action, dedupKey, at };
  const payload = members(given['payload']);
  const texts = ['summary', 'severity', 'source', 'component', 'group', 'class'].flatMap((name) =>
    isBlank(payload[name]) ? [] : [[name, String(payload[name])]],
  );
  return {
    action,
    dedupKey,
    ...(Object.fromEntries(texts) as Partial<PagerDutyEvent>),
    ...(payload['custom_details'] === undefined ? {} : { details: payload['custom_details'] }),
    links: (given['links'] ?? []) as NonNullable<PagerDutyEvent['links']>,
    at,
  };
}

function errorsOf(given: Readonly<Record<string, unknown>>): readonly string[] {
  const { routing_key: key, event_action: action, dedup_key: dedupKey, links } = given;
  const errors: string[] = [];
  if (isBlank(key)) errors.push("'routing_key' is missing or blank");
  else {
    if (String(key).length !== limits.routingKey) {
      errors.push(`Length of 'routing_key' is incorrect (should be ${limits.routingKey} characters)`);
    }
    if (!/^[a-z0-9]*$/i.test(String(key))) {
      errors.push("'routing_key' cannot contain non-alphanumeric characters.");
    }
  }
  if (isBlank(action)) errors.push("'event_action' is missing or blank");
  else if (!actions.includes(String(action))) {
    errors.push(`'event_action' is invalid (must be one of the following: ${actions.join(', ')})`);
  }
  if (!isBlank(dedupKey) && String(dedupKey).length > limits.dedupKey) {
    errors.push(`'dedup_key' is too long (maximum is ${limits.dedupKey} characters)`);
  }
  if (action !== 'trigger') {
    return action !== undefined && isBlank(dedupKey)
      ? [...errors, "'dedup_key' is missing or blank"]
      : errors;
  }
  if (
    links !== undefined &&
    !(Array.isArray(links) && links.every((link) => !isBlank(members(link)['href'])))
  ) {
    errors.push("'links' is invalid (each needs an 'href')");
  }
  return [...errors, ...payloadErrors(given['payload'])];
}

function payloadErrors(payload: unknown): readonly string[] {
  if (!isObject(payload)) return ["'payload' is missing or blank"];
  const given = members(payload);
  const errors = ['summary', 'source', 'severity']
    .filter((name) => isBlank(given[name]))
    .map((name) => `'payload.${name}' is missing or blank`);
  if (typeof given['summary'] === 'string' && given['summary'].length > limits.summary) {
    errors.push(`'payload.summary' is too long (maximum is ${limits.summary} characters)`);
  }
  if (!isBlank(given['severity']) && !severities.includes(String(given['severity']))) {
    errors.push(`'payload.severity' is invalid (must be one of the following: ${severities.join(', ')})`);
  }
  if (!isBlank(given['timestamp']) && Number.isNaN(Date.parse(String(given['timestamp'])))) {
    errors.push("'payload.timestamp' is invalid");
  }
  if (given['custom_details'] !== undefined && !isObject(given['custom_details'])) {
    errors.push("'payload.custom_details' is not an object");
  }
  return errors;
}

function invalid(errors: readonly string[]): ApiAnswer {
  return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors } };
}
