import { createHash } from 'node:crypto';
import { isBlank, isObject, members, type ApiAnswer, type ApiRequest } from './api-server.ts';
import type { Ticket, TicketComment, TicketDesk } from './tickets.ts';

/** The incident table of a ServiceNow instance, by its Table API, with the base system's data policy. */

/** Columns and how many characters each keeps; more are cut without a word. */
const columns: Readonly<Record<string, number>> = {
  short_description: 160,
  description: 4_000,
  correlation_id: 100,
  correlation_display: 100,
  urgency: 40,
  impact: 40,
  state: 40,
  close_code: 40,
  close_notes: 4_000,
};
const journalLength = 4_000;
/** Resolved and Closed. */
const over: readonly unknown[] = ['6', '7'];

interface Row {
  readonly sysId: string;
  readonly number: string;
  readonly values: Readonly<Record<string, string>>;
  readonly notes: readonly TicketComment[];
  readonly openedAt: number;
  readonly closedAt?: number;
}

export class ServiceNowDesk implements TicketDesk {
  readonly #token: string;
  #rows: Row[] = [];

  readonly refusals = {
    unauthorized: failure(401, 'User Not Authenticated', 'Required to provide Auth information'),
    ratelimited: failure(429, 'Rate limit exceeded', 'The request was throttled'),
    error: failure(503, 'Service Unavailable', ''),
  };

  constructor(token: string) {
    this.#token = token;
  }

  get tickets(): readonly Ticket[] {
    return this.#rows.map(({ sysId, number, values, notes, openedAt, closedAt }) => {
      const isOver = over.includes(values['state']);
      return {
        ref: sysId,
        title: values['short_description'] ?? '',
        text: values['description'] ?? '',
        raw: values['description'],
        state: isOver ? 'closed' : 'open',
        ...(isOver ? { resolution: values['close_code'] ?? '' } : {}),
        fields: { number, ...values },
        comments: notes,
        openedAt,
        ...(closedAt === undefined ? {} : { closedAt }),
      };
    });
  }

  answer({ method, path, query, headers, body }: ApiRequest, now: number): ApiAnswer {
    if (headers.authorization !== `Basic ${Buffer.from(this.#token).toString('base64')}`) {
      return this.refusals.unauthorized;
    }
    const [, table, id] = /^\/api\/now\/(?:v\d\/)?table\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
    if (table !== 'incident') return failure(400, `Invalid table ${String(table)}`, '');
    if (id === undefined && method === 'GET') {
      return { status: 200, body: { result: this.#query(query).map((row) => shown(row, query)) } };
    }
    if (method !== 'GET' && !isObject(body)) {
      return failure(400, 'Exception while reading request', 'The payload is not valid JSON.');
    }
    if (id === undefined) return method === 'POST' ? this.#create(members(body), now) : notAllowed();
    const index = this.#rows.findIndex(({ sysId }) => sysId === id);
    const row = this.#rows[index];
    if (!row) {
      return failure(404, 'No Record found', "Record doesn't exist or ACL restricts the record retrieval");
    }
    if (method === 'GET') return { status: 200, body: { result: shown(row, query) } };
    if (method !== 'PATCH' && method !== 'PUT') return notAllowed();
    const result = this.#written(row, members(body), now);
    if ('status' in result) return result;
    this.#rows[index] = result;
    return { status: 200, body: { result: shown(result, new URLSearchParams()) } };
  }

  #create(given: Readonly<Record<string, unknown>>, now: number): ApiAnswer {
    const count = this.#rows.length + 1;
    const fresh: Row = {
      sysId: createHash('md5')
        .update(`incident ${String(count)}`)
        .digest('hex'),
      number: `INC${String(10_000 + count).padStart(7, '0')}`,
      values: { state: '1', urgency: '3', impact: '3' },
      notes: [],
      openedAt: now,
    };
    const row = this.#written(fresh, given, now);
    if ('status' in row) return row;
    this.#rows.push(row);
    return { status: 201, body: { result: shown(row, new URLSearchParams()) } };
  }

  /** What is no column is ignored, as the real one does. */
  #written(row: Row, given: Readonly<Record<string, unknown>>, now: number): Row | ApiAnswer {
    const written = Object.entries(columns).flatMap(([column, length]) => {
      const value = given[column];
      return typeof value === 'string' ? [[column, value.slice(0, length)] as const] : [];
    });
    const values = { ...row.values, ...Object.fromEntries(written) };
    const isOver = over.includes(values['state']);
    const missing = [
      ...(isBlank(values['close_code']) ? ['Resolution code'] : []),
      ...(isBlank(values['close_notes']) ? ['Resolution notes'] : []),
    ];
    if (isOver && missing.length > 0) {
      return failure(
        403,
        'Operation Failed',
        `Data Policy Exception: The following fields are mandatory: ${missing.join(', ')}`,
      );
    }
    const { work_notes: note } = given;
    const text = isBlank(note) ? undefined : String(note).slice(0, journalLength);
    return {
      ...row,
      values,
      notes: text === undefined ? row.notes : [...row.notes, { text, raw: note, at: now }],
      ...(isOver && row.closedAt === undefined ? { closedAt: now } : {}),
    };
  }

  /** An encoded query; a condition that it does not understand is left out, and so finds more and not less. */
  #query(query: URLSearchParams): readonly Row[] {
    const conditions = (query.get('sysparm_query') ?? '').split('^').flatMap((part) => {
      const [, column = '', value = ''] = /^(\w+)=(.*)$/.exec(part) ?? [];
      return column in columns ? [[column, value] as const] : [];
    });
    return this.#rows
      .filter(({ values }) => conditions.every(([column, value]) => (values[column] ?? '') === value))
      .slice(0, Number(query.get('sysparm_limit') ?? 10_000));
  }
}

/** Journals are empty in values, and all of their entries, newest first, in what is displayed. */
function shown({ sysId, number, values, notes, openedAt }: Row, query: URLSearchParams): object {
  const stamp = (at: number) => new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  const journal = notes
    .toReversed()
    .map(({ text, at }) => `${stamp(at)} - Lifeboat (Work notes)\n${text}\n\n`)
    .join('');
  const all: Record<string, string> = {
    sys_id: sysId,
    number,
    ...values,
    sys_created_on: stamp(openedAt),
    work_notes: query.get('sysparm_display_value') === 'true' ? journal : '',
  };
  const wanted = query.get('sysparm_fields')?.split(',');
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted?.includes(name) ?? true));
}

function notAllowed(): ApiAnswer {
  return failure(405, 'Method not supported', '');
}

function failure(status: number, message: string, detail: string): ApiAnswer {
  return { status, body: { error: { message, detail }, status: 'failure' } };
}
