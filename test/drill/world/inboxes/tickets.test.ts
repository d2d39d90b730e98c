import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WorldClock } from '../../../../drill/clock.ts';
import { createAuthority, type Authority } from '../../../../drill/world/certificates.ts';
import { startTickets, type Tickets } from '../../../../drill/world/inboxes/tickets.ts';
import type { TicketSettings } from '../../../../lambdas/communication/contract.ts';
import { ask } from '../ask.ts';

let authority: Authority;
let tickets: Tickets;
let host: string;
let headers: Record<string, string>;
const clock = new WorldClock({ start: Date.UTC(2026, 10, 23), speed: Infinity, whileBusy: 'not-at-all' });

const use = (settings: TicketSettings, token: string, given: Record<string, string>) => {
  beforeEach(async () => {
    host = new URL(settings.url).hostname;
    headers = given;
    tickets = await startTickets({ clock, authority, settings, token });
  });
  afterEach(() => tickets.stop());
};
const call = (method: string, path: string, body?: unknown, other: Record<string, string> = {}) =>
  ask(`https://127.0.0.1:${tickets.port}${path}`, {
    method,
    headers: { ...headers, ...other },
    ca: authority.certificatePem,
    servername: host,
    ...(body === undefined ? {} : { body }),
  });
const basic = (token: string) => `Basic ${Buffer.from(token).toString('base64')}`;

beforeAll(async () => {
  authority = await createAuthority();
});
afterAll(() => clock.stop());

describe('Jira', () => {
  use(
    {
      system: 'jira',
      url: 'https://company.atlassian.net',
      project: 'OPS',
      issueType: 'Incident',
      tokenSecret: 'ticket',
    },
    'bot@company.com:token',
    { authorization: basic('bot@company.com:token') },
  );
  const text = (value: string) => ({
    type: 'doc',
    version: 1,
    content: [{ type: 'paragraph', content: [{ type: 'text', text: value }] }],
  });
  const fields = {
    project: { key: 'OPS' },
    issuetype: { name: 'Incident' },
    summary: 'Site down',
    description: text('It is down.'),
    labels: ['lifeboat', 'inc-1'],
  };
  const search = (jql: string, more = '') =>
    call('GET', `/rest/api/3/search/jql?jql=${encodeURIComponent(jql)}${more}`);

  it('keeps an issue, its comments and its way to done', async () => {
    const opened = await call('POST', '/rest/api/3/issue', { fields });
    expect([opened.status, opened.body['key']]).toEqual([201, 'OPS-1']);
    expect((await call('POST', '/rest/api/3/issue/OPS-1/comment', { body: text('More.') })).status).toBe(201);
    const read = await call('GET', '/rest/api/3/issue/OPS-1?expand=transitions');
    const { transitions } = read.body as { transitions: { id: string; name: string }[] };
    const done = transitions.find(({ name }) => name === 'Resolved');
    const moved = await call('POST', '/rest/api/3/issue/OPS-1/transitions', { transition: { id: done?.id } });
    expect(moved.status).toBe(204);
    expect(tickets.tickets()).toMatchObject([
      {
        ref: 'OPS-1',
        title: 'Site down',
        text: 'It is down.',
        state: 'closed',
        resolution: 'Resolved',
        fields: { labels: ['lifeboat', 'inc-1'] },
        comments: [{ text: 'More.' }],
      },
    ]);
  });

  it('finds what was written some seconds ago, and has no other search', async () => {
    const jql = 'project = "OPS" AND labels = "inc-1" ORDER BY created ASC';
    await call('POST', '/rest/api/3/issue', { fields });
    expect((await search(jql)).body).toEqual({ issues: [], isLast: true });
    await clock.sleep(3_000);
    expect((await search(jql)).body['issues']).toEqual([{ id: 'OPS-1', key: 'OPS-1', fields: {} }]);
    expect((await search(jql, '&fields=labels')).body['issues']).toMatchObject([
      { fields: { labels: ['lifeboat', 'inc-1'] } },
    ]);
    expect((await search('labels = "inc-2"')).body['issues']).toEqual([]);
    expect((await search('project = "NONE"')).status).toBe(400);
    expect((await search('labels ~ x')).status).toBe(400);
    expect((await call('GET', '/rest/api/3/search?jql=x')).status).toBe(410);
  });

  it.each([
    ['project', { project: { key: 'NONE' } }],
    ['issuetype', { issuetype: { name: 'Outage' } }],
    ['summary', { summary: '' }],
    ['summary', { summary: 'two\nlines' }],
    ['summary', { summary: 'x'.repeat(256) }],
    ['description', { description: 'plain text' }],
    ['description', { description: text('') }],
    ['description', { description: text('x'.repeat(32_768)) }],
    ['description', { description: { type: 'doc', version: 1, content: [{ type: 'text', text: 'x' }] } }],
    ['description', { description: { type: 'doc', version: 1, content: [{ type: 'table', content: [] }] } }],
    [
      'description',
      { description: { type: 'doc', version: 1, content: [{ type: 'bulletList', content: [] }] } },
    ],
    ['labels', { labels: ['with space'] }],
  ])('refuses a wrong %s', async (field, wrong) => {
    const answer = await call('POST', '/rest/api/3/issue', { fields: { ...fields, ...wrong } });
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.body['errors'] as object)).toEqual([field]);
    expect(tickets.tickets()).toEqual([]);
  });

  it('refuses who has no token, and what is not there', async () => {
    const other = { authorization: basic('bot@company.com:other') };
    expect((await call('POST', '/rest/api/3/issue', { fields }, other)).status).toBe(401);
    expect((await call('POST', '/rest/api/3/issue/OPS-9/comment', { body: text('x') })).status).toBe(404);
    await call('POST', '/rest/api/3/issue', { fields });
    expect((await call('POST', '/rest/api/3/issue/OPS-1/comment', { body: 'x' })).status).toBe(400);
    const moved = await call('POST', '/rest/api/3/issue/OPS-1/transitions', { transition: { id: '99' } });
    expect(moved.status).toBe(400);
  });
});

describe('ServiceNow', () => {
  use(
    { system: 'servicenow', url: 'https://company.service-now.com', tokenSecret: 'ticket' },
    'lifeboat:password',
    { authorization: basic('lifeboat:password') },
  );
  const table = '/api/now/table/incident';
  const open = async (more: object = {}) => {
    const answer = await call('POST', table, {
      short_description: 'Site down',
      correlation_id: 'inc-1',
      ...more,
    });
    return (answer.body['result'] as { sys_id: string }).sys_id;
  };

  it('keeps an incident with its journal', async () => {
    const id = await open({ unknown: 'x', short_description: 'x'.repeat(200) });
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    await call('PATCH', `${table}/${id}`, { work_notes: 'First.' });
    await call('PATCH', `${table}/${id}`, { work_notes: 'Second.' });
    expect(tickets.tickets()).toMatchObject([
      { ref: id, title: 'x'.repeat(160), state: 'open', comments: [{ text: 'First.' }, { text: 'Second.' }] },
    ]);
    expect(tickets.tickets()[0]?.fields).not.toHaveProperty('unknown');
    expect((await call('GET', `${table}/${id}`)).body['result']).toMatchObject({ work_notes: '' });
    const { work_notes: notes } = (await call('GET', `${table}/${id}?sysparm_display_value=true`)).body[
      'result'
    ] as { work_notes: string };
    expect(notes).toMatch(/\(Work notes\)\nSecond\.\n\n.*\(Work notes\)\nFirst\.\n\n$/);
  });

  it('finds by a column, and everything by what is none', async () => {
    await open();
    await open({ correlation_id: 'inc-2' });
    const found = async (query: string) =>
      (
        (await call('GET', `${table}?sysparm_query=${query}&sysparm_fields=correlation_id`)).body[
          'result'
        ] as []
      ).length;
    expect(await found('correlation_id=inc-2^ORDERBYsys_created_on')).toBe(1);
    expect(await found('corelation_id=inc-2')).toBe(2);
  });

  it('is not resolved without a word', async () => {
    const id = await open();
    const refused = await call('PATCH', `${table}/${id}`, { state: '6', close_code: 'Solution provided' });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('Resolution notes');
    expect(tickets.tickets()[0]?.state).toBe('open');
    await call('PATCH', `${table}/${id}`, {
      state: '6',
      close_code: 'Solution provided',
      close_notes: 'Mended.',
    });
    expect(tickets.tickets()[0]).toMatchObject({ state: 'closed', closedAt: clock.now() });
  });

  it('refuses who has no password, and what is not there', async () => {
    expect((await call('GET', table, undefined, { authorization: basic('a:b') })).status).toBe(401);
    const missing = await call('PATCH', `${table}/none`, { state: '2' });
    expect([missing.status, missing.body['error']]).toMatchObject([404, { message: 'No Record found' }]);
    expect((await call('POST', '/api/now/table/other', {})).status).toBe(400);
    expect((await call('POST', table, 'no json')).status).toBe(400);
  });
});

describe('GitHub', () => {
  use(
    {
      system: 'github',
      url: 'https://api.github.com',
      repository: 'company/erlmcp',
      tokenSecret: 'ticket',
    },
    'github_pat_1',
    { authorization: 'Bearer github_pat_1', 'user-agent': 'test', 'x-github-api-version': '2022-11-28' },
  );
  const issues = '/repos/company/erlmcp/issues';

  it('keeps an issue, its comments and why it was closed', async () => {
    const opened = await call('POST', issues, {
      title: 'Site down',
      body: '<!-- hidden -->\nIt is **down**.',
    });
    expect([opened.status, opened.body['number']]).toEqual([201, 1]);
    await call('POST', `${issues}/1/comments`, { body: 'More.' });
    await call('PATCH', `${issues}/1`, { state: 'closed', state_reason: 'completed' });
    expect(tickets.tickets()).toMatchObject([
      {
        ref: '1',
        title: 'Site down',
        text: 'It is **down**.',
        raw: '<!-- hidden -->\nIt is **down**.',
        state: 'closed',
        resolution: 'completed',
        comments: [{ text: 'More.' }],
      },
    ]);
  });

  it('lists what changed since, by state', async () => {
    const list = async (query: string) =>
      (JSON.parse((await call('GET', `${issues}?${query}`)).text) as { number: number }[]).map(
        ({ number }) => number,
      );
    await call('POST', issues, { title: 'one' });
    await clock.sleep(60_000);
    const later = new Date(clock.now()).toISOString();
    await call('POST', issues, { title: 'two' });
    await call('PATCH', `${issues}/2`, { state: 'closed' });
    expect(await list('state=all')).toEqual([2, 1]);
    expect(await list('')).toEqual([1]);
    expect(await list(`state=all&since=${later}`)).toEqual([2]);
    expect(await list('state=all&per_page=1&page=2')).toEqual([1]);
  });

  it.each([
    [{}, 'title', 'missing_field'],
    [{ title: 'x'.repeat(257) }, 'title', 'custom'],
    [{ title: 'x', body: 'x'.repeat(65_537) }, 'body', 'custom'],
  ])('refuses a wrong issue', async (body, field, code) => {
    const answer = await call('POST', issues, body);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      message: 'Validation Failed',
      errors: [{ resource: 'Issue', field, code }],
    });
  });

  it('refuses who has no token or name, an unknown version, and what is not there', async () => {
    expect((await call('GET', issues, undefined, { authorization: 'Bearer other' })).body['message']).toBe(
      'Bad credentials',
    );
    expect((await call('GET', issues, undefined, { 'user-agent': '' })).status).toBe(403);
    expect((await call('GET', issues, undefined, { 'x-github-api-version': '2020-01-01' })).status).toBe(400);
    expect((await call('GET', '/repos/company/other/issues')).status).toBe(404);
    expect((await call('POST', `${issues}/9/comments`, { body: 'x' })).status).toBe(404);
    await call('POST', issues, { title: 'x' });
    expect((await call('PATCH', `${issues}/1`, { state: 'done' })).status).toBe(422);
    expect((await call('POST', `${issues}/1/comments`, {})).status).toBe(422);
  });

  it('says of a limit 403, and when to come back', async () => {
    tickets.fail('ratelimited', { times: 1, retryAfter: 60 });
    const answer = await call('GET', issues);
    expect([answer.status, answer.headers['retry-after']]).toEqual([403, '60']);
  });
});
