import { isBlank, members, type ApiAnswer, type ApiRequest } from './api-server.ts';
import type { Ticket, TicketComment, TicketDesk } from './tickets.ts';

/** The issues of one repository by GitHub's REST API. */

const limits = { title: 256, body: 65_536, page: 100 } as const;
const apiVersions: readonly unknown[] = ['2022-11-28'];
const reasons: readonly unknown[] = ['completed', 'not_planned', 'duplicate', 'reopened'];

interface Issue extends Ticket {
  readonly raw: string;
  readonly updatedAt: number;
}

export class GitHubDesk implements TicketDesk {
  readonly #repository: string;
  readonly #token: string;
  #issues: Issue[] = [];

  readonly refusals = {
    unauthorized: failure(401, 'Bad credentials'),
    ratelimited: failure(403, 'You have exceeded a secondary rate limit. Please wait a few minutes.'),
    error: failure(503, 'Service Unavailable'),
  };

  constructor(repository: string, token: string) {
    this.#repository = repository;
    this.#token = token;
  }

  get tickets(): readonly Ticket[] {
    return this.#issues;
  }

  answer({ method, path, query, headers, body }: ApiRequest, now: number): ApiAnswer {
    if (isBlank(headers['user-agent'])) {
      return failure(
        403,
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
      );
    }
    const version = headers['x-github-api-version'];
    if (version !== undefined && !apiVersions.includes(version)) {
      return failure(400, `The version '${String(version)}' is not supported`);
    }
    const token = /^(?:Bearer|token) (.+)$/i.exec(headers.authorization ?? '')?.[1];
    if (token !== undefined && token !== this.#token) return this.refusals.unauthorized;
    const [, repository, number, part] =
      /^\/repos\/([^/]+\/[^/]+)\/issues(?:\/(\d+)(?:\/(comments))?)?$/.exec(path) ?? [];
    // Who has no right to see it does not hear that it is there.
    if (token === undefined || repository !== this.#repository) return failure(404, 'Not Found');
    if (number === undefined) {
      if (method === 'GET') return this.#list(query);
      return method === 'POST' ? this.#create(members(body), now) : failure(404, 'Not Found');
    }
    const index = this.#issues.findIndex(({ ref }) => ref === number);
    const issue = this.#issues[index];
    if (!issue) return failure(404, 'Not Found');
    const change = (changes: Partial<Issue>) => {
      this.#issues[index] = { ...issue, ...changes, updatedAt: now };
      return shown(this.#issues[index]);
    };
    switch (`${method} ${part ?? ''}`) {
      case 'GET ':
        return { status: 200, body: shown(issue) };
      case 'PATCH ':
        return edit(members(body), now, change);
      case 'GET comments':
        return comments(issue, query);
      case 'POST comments':
        return comment(issue, members(body)['body'], now, change);
      default:
        return failure(404, 'Not Found');
    }
  }

  #create({ title, body = '' }: Readonly<Record<string, unknown>>, now: number): ApiAnswer {
    if (isBlank(title)) return invalid('Issue', 'title', 'missing_field');
    if (String(title).length > limits.title) {
      return invalid('Issue', 'title', 'custom', `title is too long (maximum is ${limits.title} characters)`);
    }
    const raw = String(body);
    if (raw.length > limits.body) return tooLong('Issue');
    const issue: Issue = {
      ref: String(this.#issues.length + 1),
      title: String(title),
      text: read(raw),
      raw,
      state: 'open',
      fields: {},
      comments: [],
      openedAt: now,
      updatedAt: now,
    };
    this.#issues.push(issue);
    return { status: 201, body: shown(issue) };
  }

  #list(query: URLSearchParams): ApiAnswer {
    const state = query.get('state') ?? 'open';
    const since = sinceOf(query);
    const found = this.#issues
      .filter((issue) => state === 'all' || issue.state === state)
      .filter(({ updatedAt }) => updatedAt >= since);
    const sorted = query.get('direction') === 'asc' ? found : found.toReversed();
    return { status: 200, body: page(sorted, query).map(shown) };
  }
}

type Change = (changes: Partial<Issue>) => object;

function edit(given: Readonly<Record<string, unknown>>, now: number, change: Change): ApiAnswer {
  const { state, state_reason: reason } = given;
  if (state !== undefined && state !== 'open' && state !== 'closed')
    return invalid('Issue', 'state', 'invalid');
  if (!isBlank(reason) && !reasons.includes(reason)) return invalid('Issue', 'state_reason', 'invalid');
  if (state !== 'closed') return { status: 200, body: change({}) };
  const resolution = isBlank(reason) ? 'completed' : String(reason);
  return { status: 200, body: change({ state, resolution, closedAt: now }) };
}

function comments(issue: Issue, query: URLSearchParams): ApiAnswer {
  const found = issue.comments.filter(({ at }) => at >= sinceOf(query));
  return {
    status: 200,
    body: page(found, query).map(({ raw, at }) => ({ body: raw, created_at: new Date(at).toISOString() })),
  };
}

function comment(issue: Issue, body: unknown, now: number, change: Change): ApiAnswer {
  if (isBlank(body)) return invalid('IssueComment', 'body', 'missing_field');
  const raw = String(body);
  if (raw.length > limits.body) return tooLong('IssueComment');
  const added: TicketComment = { text: read(raw), raw, at: now };
  change({ comments: [...issue.comments, added] });
  return { status: 201, body: { id: issue.comments.length + 1, body: raw } };
}

/** Comments of HTML are not shown; the rest of the Markdown stands as it was written. */
function read(raw: string): string {
  return raw.replace(/<!--[\s\S]*?-->\n?/g, '');
}

function sinceOf(query: URLSearchParams): number {
  const since = query.get('since');
  // It knows no parts of a second.
  return since === null ? 0 : Math.floor(Date.parse(since) / 1_000) * 1_000;
}

function page<Item>(items: readonly Item[], query: URLSearchParams): readonly Item[] {
  const size = Math.min(Number(query.get('per_page') ?? 30), limits.page);
  const start = (Number(query.get('page') ?? 1) - 1) * size;
  return items.slice(start, start + size);
}

function shown({ ref, title, raw, state, resolution, openedAt, updatedAt }: Issue): object {
  return {
    id: 1_000 + Number(ref),
    number: Number(ref),
    title,
    body: raw,
    state,
    state_reason: resolution ?? null,
    created_at: new Date(openedAt).toISOString(),
    updated_at: new Date(updatedAt).toISOString(),
  };
}

function tooLong(resource: string): ApiAnswer {
  return invalid(resource, 'body', 'custom', `body is too long (maximum is ${limits.body} characters)`);
}

function invalid(resource: string, field: string, code: string, message?: string): ApiAnswer {
  const error = { resource, field, code, ...(message === undefined ? {} : { message }) };
  return { status: 422, body: { message: 'Validation Failed', errors: [error] } };
}

function failure(status: number, message: string): ApiAnswer {
  return {
    status,
    body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
  };
}
