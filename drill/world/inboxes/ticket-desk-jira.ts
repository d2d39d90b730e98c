import { adfErrors, adfText } from './adf.ts';
import { isBlank, isObject, members, type ApiAnswer, type ApiRequest } from './api-server.ts';
import type { Ticket, TicketComment, TicketDesk } from './tickets.ts';

/** The part of Jira Cloud's REST API, version 3, that opens issues, finds them, comments on them and moves them. */

interface JiraOptions {
  readonly project: string;
  readonly issueType: string;
  /** `email:token`. */
  readonly token: string;
  /** Milliseconds that the search is behind the writes. */
  readonly searchLag: number;
}

const limits = { summary: 255, text: 32_767, label: 255, page: 100 } as const;
/** The workflow, from the first status on; a transition leads to each of the others. */
const workflow = [
  { id: '1', name: 'Open', category: 'new' },
  { id: '3', name: 'In Progress', category: 'indeterminate' },
  { id: '5', name: 'Resolved', category: 'done' },
] as const;

interface Issue extends Ticket {
  readonly statusId: string;
  readonly labels: readonly string[];
}

export class JiraDesk implements TicketDesk {
  readonly #options: JiraOptions;
  #issues: Issue[] = [];

  readonly refusals = {
    unauthorized: jiraError(401, ['Client must be authenticated to access this resource.']),
    ratelimited: jiraError(429, ['Rate limit exceeded.']),
    error: jiraError(503, ['Service Unavailable']),
  };

  constructor(options: JiraOptions) {
    this.#options = options;
  }

  get tickets(): readonly Ticket[] {
    return this.#issues.map((issue) => ({
      ref: issue.ref,
      title: issue.title,
      text: issue.text,
      raw: issue.raw,
      state: issue.state,
      ...(issue.resolution === undefined ? {} : { resolution: issue.resolution }),
      fields: { labels: issue.labels },
      comments: issue.comments,
      openedAt: issue.openedAt,
      ...(issue.closedAt === undefined ? {} : { closedAt: issue.closedAt }),
    }));
  }

  answer({ method, path, query, headers, body }: ApiRequest, now: number): ApiAnswer {
    const basic = Buffer.from(this.#options.token).toString('base64');
    if (headers.authorization !== `Basic ${basic}`) return this.refusals.unauthorized;
    const route = path.replace(/^\/rest\/api\/3/, '');
    if (route === '/search') {
      return jiraError(410, [
        'The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.',
      ]);
    }
    if (route === '/search/jql' && method === 'GET') return this.#search(query, now);
    if (route === '/issue' && method === 'POST') return this.#create(body, now);
    const [, key, part] = /^\/issue\/([^/]+)(?:\/(comment|transitions))?$/.exec(route) ?? [];
    const index = this.#issues.findIndex(({ ref }) => ref === key);
    const issue = this.#issues[index];
    if (!issue) return jiraError(404, ['Issue does not exist or you do not have permission to see it.']);
    const change = (changes: Partial<Issue>) => void (this.#issues[index] = { ...issue, ...changes });
    switch (`${method} ${part ?? ''}`) {
      case 'GET ':
        return { status: 200, body: shown(issue) };
      case 'GET comment':
        return comments(issue, query);
      case 'POST comment':
        return comment(issue, members(body)['body'], now, change);
      case 'POST transitions':
        return transition(members(members(body)['transition'])['id'], now, change);
      default:
        return jiraError(405, ['Method Not Allowed']);
    }
  }

  #create(body: unknown, now: number): ApiAnswer {
    const fields = members(members(body)['fields']);
    const errors = this.#errorsOf(fields);
    if (Object.keys(errors).length > 0) return { status: 400, body: { errorMessages: [], errors } };
    const number = this.#issues.length + 1;
    const ref = `${this.#options.project}-${String(number)}`;
    this.#issues.push({
      ref,
      title: String(fields['summary']),
      text: adfText(fields['description']),
      raw: fields['description'],
      state: 'open',
      statusId: workflow[0].id,
      labels: (fields['labels'] ?? []) as string[],
      fields: {},
      comments: [],
      openedAt: now,
    });
    return { status: 201, body: { id: String(10_000 + number), key: ref, self: `/rest/api/3/issue/${ref}` } };
  }

  #errorsOf(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
    const { project, issuetype, summary, description, labels } = fields;
    const errors: Record<string, string> = {};
    if (members(project)['key'] !== this.#options.project) errors['project'] = 'valid project is required';
    if (members(issuetype)['name'] !== this.#options.issueType) {
      errors['issuetype'] = 'Specify a valid issue type';
    }
    if (isBlank(summary)) errors['summary'] = 'You must specify a summary of the issue.';
    else if (/[\r\n]/.test(String(summary))) {
      errors['summary'] = 'The summary is invalid because it contains newline characters.';
    } else if (String(summary).length > limits.summary) {
      errors['summary'] = `Summary can't exceed ${limits.summary} characters.`;
    }
    if (description !== undefined) {
      const [error] = textErrors(description);
      if (error !== undefined) errors['description'] = error;
    }
    if (labels !== undefined) {
      const bad = Array.isArray(labels)
        ? (labels as unknown[]).find(
            (label) => typeof label !== 'string' || /\s/.test(label) || label.length > limits.label,
          )
        : labels;
      if (bad !== undefined)
        errors['labels'] =
          `The label '${typeof bad === 'string' ? bad : ''}' contains spaces which is invalid.`;
    }
    return errors;
  }

  /** As much JQL as finds issues of a project by their labels. */
  #search(query: URLSearchParams, now: number): ApiAnswer {
    const jql = query.get('jql') ?? '';
    const [conditions = '', order = ''] = jql.split(/\s+ORDER BY\s+/i);
    const terms = conditions
      .split(/\s+AND\s+/i)
      .map((term) => /^(project|labels)\s*=\s*"([^"]*)"$/.exec(term.trim()));
    if (terms.some((term) => term === null) || !/^(created (ASC|DESC))?$/i.test(order)) {
      return jiraError(400, [`Error in the JQL Query: ${jql}`]);
    }
    if (terms.some((term) => term?.[1] === 'project' && term[2] !== this.#options.project)) {
      return jiraError(400, ["The value does not exist for the field 'project'."]);
    }
    const labels = terms.flatMap((term) => (term?.[1] === 'labels' ? [String(term[2])] : []));
    const found = this.#issues.filter(
      (issue) =>
        issue.openedAt + this.#options.searchLag <= now &&
        labels.every((label) => issue.labels.includes(label)),
    );
    const sorted = /desc$/i.test(order) ? found.toReversed() : found;
    const chosen = sorted.slice(0, Number(query.get('maxResults') ?? 50));
    const fields = (query.get('fields') ?? 'id').split(',');
    return {
      status: 200,
      body: {
        issues: chosen.map((issue) => ({
          id: issue.ref,
          key: issue.ref,
          fields: Object.fromEntries(
            Object.entries(shown(issue).fields).filter(([name]) => fields.includes(name)),
          ),
        })),
        isLast: chosen.length === sorted.length,
      },
    };
  }
}

function shown(issue: Issue) {
  const status = workflow.find(({ id }) => id === issue.statusId);
  return {
    id: issue.ref,
    key: issue.ref,
    fields: {
      summary: issue.title,
      description: issue.raw,
      labels: issue.labels,
      status: { id: status?.id, name: status?.name, statusCategory: { key: status?.category } },
    },
    transitions: workflow
      .filter(({ id }) => id !== issue.statusId)
      .map(({ id, name, category }) => ({
        id: `1${id}`,
        name,
        to: { id, name, statusCategory: { key: category } },
      })),
  };
}

function comments(issue: Issue, query: URLSearchParams): ApiAnswer {
  const order = query.get('orderBy') ?? 'created';
  if (!/^[+-]?created$/.test(order)) return jiraError(400, ['orderBy is not valid']);
  const all = issue.comments.map(({ raw, at }) => ({ body: raw, created: new Date(at).toISOString() }));
  const size = Math.min(Number(query.get('maxResults') ?? limits.page), limits.page);
  return {
    status: 200,
    body: { comments: (order === '-created' ? all.toReversed() : all).slice(0, size), total: all.length },
  };
}

type Change = (changes: Partial<Issue>) => void;

function comment(issue: Issue, body: unknown, now: number, change: Change): ApiAnswer {
  const [error] = textErrors(body);
  if (error !== undefined) return { status: 400, body: { errorMessages: [], errors: { comment: error } } };
  const added: TicketComment = { text: adfText(body), raw: body, at: now };
  change({ comments: [...issue.comments, added] });
  return { status: 201, body: { id: String(issue.comments.length + 1), body } };
}

function transition(id: unknown, now: number, change: Change): ApiAnswer {
  const to = workflow.find((status) => `1${status.id}` === id);
  if (!to) return jiraError(400, ['The transition is not valid for the current state of the issue.']);
  const closed =
    to.category === 'done' ? { state: 'closed' as const, resolution: to.name, closedAt: now } : {};
  change({ statusId: to.id, ...closed });
  return { status: 204 };
}

function textErrors(value: unknown): readonly string[] {
  if (!isObject(value))
    return ['Operation value must be an Atlassian Document (see the Atlassian Document Format)'];
  const errors = adfErrors(value);
  if (errors.length > 0) return errors;
  // The form in which the real one counts is its own; the document is longer than any of them.
  return JSON.stringify(value).length > limits.text
    ? [`The entered text is too long. It exceeds the allowed limit of ${limits.text} characters.`]
    : [];
}

function jiraError(status: number, errorMessages: readonly string[]): ApiAnswer {
  return { status, body: { errorMessages, errors: {} } };
}
