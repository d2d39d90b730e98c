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

/** The incidents of Statuspage's API for one page, as strict as its OpenAPI document says. JSON only. */

interface StatuspageUpdate {
  readonly status: string;
  readonly body: string;
  /** Whether those who have subscribed got a mail. */
  readonly delivered: boolean;
  /** Milliseconds since the epoch, incident time. */
  readonly at: number;
}

/** An incident as the page shows it. */
export interface StatuspageIncident {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly impact: string;
  readonly metadata: unknown;
  readonly createdAt: number;
  readonly resolvedAt?: number;
  /** Oldest first. */
  readonly updates: readonly StatuspageUpdate[];
}

interface StatuspageOptions {
  readonly clock: Clock;
  readonly authority: Authority;
  readonly apiKey: string;
  readonly pageId: string;
  /** Of one key, in any 60 s; default 60, as the documentation says. */
  readonly requestsPerMinute?: number;
  readonly preferredPort?: number;
}

export interface Statuspage extends ApiLevers {
  /** Oldest first. */
  incidents(): readonly StatuspageIncident[];
  /** Every word it has said, oldest first. */
  messages(): readonly (StatuspageUpdate & { readonly incident: string; readonly name: string })[];
}

const limits = { name: 255, body: 25_000, list: 100 } as const;
const statuses: readonly unknown[] = ['investigating', 'identified', 'monitoring', 'resolved'];
const impacts: readonly unknown[] = ['none', 'maintenance', 'minor', 'major', 'critical'];
const minute = 60_000;

/** Under `api.statuspage.io`. */
export async function startStatuspage(options: StatuspageOptions): Promise<Statuspage> {
  const { clock, authority, preferredPort } = options;
  const page = new Page(options);
  const levers = await startApi({
    clock,
    authority,
    names: ['api.statuspage.io'],
    ...(preferredPort === undefined ? {} : { preferredPort }),
    refusals: {
      unauthorized: refusal(401, 'Could not authenticate'),
      ratelimited: refusal(429, 'Too many requests'),
      error: refusal(503, 'Service unavailable'),
    },
    answer: (request) => page.answer(request),
  });
  return {
    ...levers,
    incidents: () => page.incidents,
    messages: () =>
      page.incidents
        .flatMap(({ id, name, updates }) => updates.map((update) => ({ ...update, incident: id, name })))
        .toSorted((a, b) => a.at - b.at),
  };
}

type Given = Readonly<Record<string, unknown>>;

class Page {
  readonly #options: StatuspageOptions;
  incidents: StatuspageIncident[] = [];
  #asked: number[] = [];

  constructor(options: StatuspageOptions) {
    this.#options = options;
  }

  answer({ method, path, query, headers, body }: ApiRequest): ApiAnswer {
    const { apiKey, pageId } = this.#options;
    const key = /^OAuth (.+)$/.exec(headers.authorization ?? '')?.[1] ?? query.get('api_key');
    if (key !== apiKey) return refusal(401, 'Could not authenticate');
    if (!this.#hasRoom()) return refusal(420, 'Rate limit exceeded');
    const [, page, id] = /^\/v1\/pages\/([^/]+)\/incidents(?:\/([^/]+?))?(?:\.json)?$/.exec(path) ?? [];
    if (page !== pageId) return notFound();
    if (method === 'POST' && id === undefined) return this.#create(body);
    if (method === 'GET' && (id === undefined || id === 'unresolved')) return this.#list(id, query);
    const index = this.incidents.findIndex((incident) => incident.id === id);
    const incident = this.incidents[index];
    if (!incident) return notFound();
    if (method === 'GET') return { status: 200, body: shown(incident) };
    if (method === 'PATCH' || method === 'PUT') return this.#update(index, incident, body);
    return refusal(405, 'Method not allowed');
  }

  #hasRoom(): boolean {
    const now = this.#options.clock.now();
    this.#asked = this.#asked.filter((at) => at > now - minute);
    if (this.#asked.length >= (this.#options.requestsPerMinute ?? 60)) return false;
    this.#asked.push(now);
    return true;
  }

  #list(id: string | undefined, query: URLSearchParams): ApiAnswer {
    const size = Number(query.get(id === undefined ? 'limit' : 'per_page') ?? limits.list);
    const chosen = this.incidents.filter(({ status }) => id === undefined || status !== 'resolved');
    return { status: 200, body: chosen.toReversed().slice(0, Math.min(size, limits.list)).map(shown) };
  }

  #create(body: unknown): ApiAnswer {
    const given = members(members(body)['incident']);
    const error = isBlank(given['name']) ? "Name can't be blank" : errorOf(given);
    if (error !== undefined) return refusal(422, error);
    const at = this.#options.clock.now();
    const status = textOr(given['status'], 'investigating');
    const incident: StatuspageIncident = {
      id: `inc${String(this.incidents.length + 1).padStart(9, '0')}`,
      name: String(given['name']),
      status,
      impact: textOr(given['impact_override'], 'none'),
      metadata: given['metadata'] ?? {},
      createdAt: at,
      ...(status === 'resolved' ? { resolvedAt: at } : {}),
      updates: [updateOf(given, status, at)],
    };
    this.incidents.push(incident);
    return { status: 201, body: shown(incident) };
  }

  #update(index: number, before: StatuspageIncident, body: unknown): ApiAnswer {
    const given = members(members(body)['incident']);
    if (!isObject(members(body)['incident'])) return refusal(400, 'incident is missing');
    const error = errorOf(given);
    if (error !== undefined) return refusal(422, error);
    const at = this.#options.clock.now();
    const status = textOr(given['status'], before.status);
    const isWord = given['body'] !== undefined || status !== before.status;
    const after: StatuspageIncident = {
      ...before,
      name: textOr(given['name'], before.name),
      status,
      impact: textOr(given['impact_override'], before.impact),
      metadata: given['metadata'] ?? before.metadata,
      ...(status === 'resolved' && before.resolvedAt === undefined ? { resolvedAt: at } : {}),
      updates: isWord ? [...before.updates, updateOf(given, status, at)] : before.updates,
    };
    this.incidents[index] = after;
    return { status: 200, body: shown(after) };
  }
}

function errorOf({
  name,
  status,
  body,
  impact_override: impact,
  metadata,
  ...rest
}: Given): string | undefined {
  if (name !== undefined && isBlank(name)) return "Name can't be blank";
  if (typeof name === 'string' && name.length > limits.name) {
    return `Name is too long (maximum is ${limits.name} characters)`;
  }
  if (status !== undefined && !statuses.includes(status)) return 'Status is not included in the list';
  if (impact !== undefined && !impacts.includes(impact)) return 'Impact override is not included in the list';
  if (body !== undefined && typeof body !== 'string') return 'Body is not a text';
  if (typeof body === 'string' && body.length > limits.body) {
    return `Body is too long (maximum is ${limits.body} characters)`;
  }
  if (metadata !== undefined && !(isObject(metadata) && Object.values(members(metadata)).every(isObject))) {
    return 'Metadata top level values must be objects';
  }
  const { deliver_notifications: deliver } = rest;
  return deliver === undefined || typeof deliver === 'boolean'
    ? undefined
    : 'Deliver notifications is no boolean';
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function updateOf(given: Given, status: string, at: number): StatuspageUpdate {
  const { body, deliver_notifications: deliver } = given;
  return { status, body: typeof body === 'string' ? body : '', delivered: deliver !== false, at };
}

function shown(incident: StatuspageIncident): object {
  const { id, name, status, impact, metadata, createdAt, resolvedAt, updates } = incident;
  return {
    id,
    name,
    status,
    impact,
    impact_override: impact,
    metadata,
    created_at: new Date(createdAt).toISOString(),
    resolved_at: resolvedAt === undefined ? null : new Date(resolvedAt).toISOString(),
    incident_updates: updates.toReversed().map((update, index) => ({
      id: `${id}-${String(updates.length - index)}`,
      incident_id: id,
      status: update.status,
      body: update.body,
      deliver_notifications: update.delivered,
      created_at: new Date(update.at).toISOString(),
    })),
  };
}

function notFound(): ApiAnswer {
  return refusal(404, 'The requested resource could not be found.');
}

function refusal(status: number, message: string): ApiAnswer {
  return { status, body: { message } };
}
