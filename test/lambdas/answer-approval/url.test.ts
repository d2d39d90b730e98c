import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { UrlResponse } from '../../../lambdas/answer-approval/contract.ts';
import { handler } from '../../../lambdas/answer-approval/handler.ts';
import { forgetSecretToken } from '../../../lambdas/aws/secret-token.ts';
import { signedLink, type Link } from '../../../lambdas/incident/signed-link.ts';
import type { Approval } from '../../../lambdas/request-approval/contract.ts';
import { anIncident, startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';
import { approvalKey, asked, expiresAt, newWaiting, ofDev, whileAsked, type Waiting } from './waiting.ts';

const secrets = mockClient(SecretsManagerClient);
const link: Link = {
  incident: anIncident.id,
  gate: 'promotion',
  decision: 'approve',
  expires: Date.parse(expiresAt) / 1_000,
};
const queryOf = (changes: Partial<Link> = {}, key = 'the-key') =>
  new URL(signedLink('https://abc.on.aws/', key, 'dev', { ...link, ...changes })).search.slice(1);
const call = (method: string, rawQueryString: string, body?: string) =>
  handler({
    version: '2.0',
    rawPath: '/',
    rawQueryString,
    requestContext: { http: { method, path: '/' } },
    ...(body === undefined ? {} : { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }),
  }) as Promise<UrlResponse>;
const open = (query = queryOf()) => call('GET', query);
const form = (changes: Readonly<Record<string, string>> = {}) =>
  new URLSearchParams({
    by: 'Ada Lovelace',
    reason: 'the site is lost',
    asked: asked().askedAt,
    ...changes,
  }).toString();
const send = (changes?: Readonly<Record<string, string>>, query = queryOf()) =>
  call('POST', query, form(changes));
let waiting: Waiting;
let logged: string;

beforeEach(() => {
  deploy(ofDev);
  forgetSecretToken(ofDev.signingSecret);
  secrets.reset();
  secrets.on(GetSecretValueCommand).resolves({ SecretString: 'the-key' });
  waiting = newWaiting();
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T04:20:00.000Z') });
  logged = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    logged += String(text);
    return true;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('to open a signed link', () => {
  it('shows the question, the evidence, the deadline and a form, and decides nothing', async () => {
    const bucket = startBucket(whileAsked());
    for (const method of ['GET', 'HEAD', 'GET']) {
      const { statusCode, headers, body } = await call(method, queryOf());
      expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      for (const part of [
        'Approve the promotion?',
        'Shall the standby take over?\nIt is a one-way door.',
        'replica lag 4 s',
        'Answer by 2026-11-23 04:40:00 UTC, in 20 min.',
        'nothing is done',
        '<form method="post">',
        '<label for="by">Your name</label>',
        '<label for="reason">Reason</label>',
      ]) {
        expect(body).toContain(part);
      }
      expect(body.match(/ required /g)).toHaveLength(2);
    }
    expect(bucket.read(approvalKey)).toEqual(asked());
    expect(waiting.heard).toEqual([]);
  });

  it('lets nothing of the question be more than text', async () => {
    const nasty = `<script>alert(1)</script> " onload='x' & <b>`;
    startBucket(whileAsked({ question: nasty, evidence: nasty }));
    const { body } = await open();
    expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &quot; onload=&#39;x&#39; &amp; &lt;b&gt;');
    expect(body).not.toMatch(/<script|<b>/);
  });

  it('loads nothing, runs nothing, is not framed, kept, or told to another site', async () => {
    startBucket(whileAsked());
    const { headers, body } = await open();
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
    });
    expect(body).not.toMatch(/<script|src=|href=|url\(|@import/);
  });

  it('that was answered says by whom, and asks nothing', async () => {
    startBucket(whileAsked({ state: 'rejected', by: 'Grace', reason: 'wait' }));
    const { statusCode, body } = await open();
    expect(statusCode).toBe(200);
    expect(body).toContain('The promotion is rejected');
    expect(body).toContain('By Grace: wait');
    expect(body).not.toContain('<form');
  });
});

describe('to send the form', () => {
  it.each([
    ['approve', 'approved'],
    ['reject', 'rejected'],
  ] as const)('of the link to %s decides so, once', async (decision, state) => {
    const bucket = startBucket(whileAsked());
    const { statusCode, body } = await send({}, queryOf({ decision }));
    expect(statusCode).toBe(200);
    expect(body).toContain(`The promotion is ${state}`);
    expect(bucket.read(approvalKey)).toMatchObject({
      state,
      by: 'Ada Lovelace',
      reason: 'the site is lost',
      via: 'signed link',
    });
    expect(bucket.record(anIncident.id).timeline).toMatchObject([
      { actor: 'Ada Lovelace', event: `${state} the promotion (signed link)`, detail: 'the site is lost' },
    ]);
    expect(waiting.heard).toMatchObject([{ decision }]);
  });

  it('asks again for what is missing, and keeps what was typed', async () => {
    const bucket = startBucket(whileAsked());
    const { statusCode, body } = await send({ by: '', reason: 'a "good" <one>' });
    expect(statusCode).toBe(422);
    expect(body).toContain('Nothing was decided.');
    expect(body).toContain('Your name: allowed is one line of text, 1 to 200 characters.');
    expect(body).toContain('value="a &quot;good&quot; &lt;one&gt;"');
    expect(bucket.read(approvalKey)).toEqual(asked());
  });

  it('may be tried again when the waiting state could not be told', async () => {
    startBucket(whileAsked());
    waiting.fail(awsError('ServiceUnavailable', 'x', 503), 3);
    const { statusCode, headers, body } = await send();
    expect([statusCode, headers['retry-after']]).toEqual([503, '30']);
    expect(body).toContain('It is not known whether your answer was kept');
    expect((await send()).statusCode).toBe(200);
    expect(waiting.heard).toHaveLength(1);
  });
});

describe('refused, with what to do, is', () => {
  it.each([
    ['a link with another signature', queryOf().replace(/signature=...../, 'signature=AAAAA')],
    ['a link whose decision was changed', queryOf().replace('decision=approve', 'decision=reject')],
    ['a link of another key', queryOf({}, 'other')],
    ['a link without anything', ''],
  ])('%s', async (_, query) => {
    const bucket = startBucket(whileAsked());
    for (const response of [await open(query), await send({}, query)]) {
      expect(response.statusCode).toBe(403);
      expect(response.body).toContain('Nothing was decided');
      expect(response.body).toContain('npm run approve');
      expect(response.body).not.toContain('Shall the standby');
    }
    expect(bucket.calls).toEqual([]);
  });

  it('an answer that is sent again, by the same person or another', async () => {
    const bucket = startBucket(whileAsked());
    await send();
    const record = bucket.record(anIncident.id);
    for (const again of [await send(), await send({ by: 'Mallory' }, queryOf({ decision: 'reject' }))]) {
      expect(again.statusCode).toBe(409);
      expect(again.body).toContain('It was approved by Ada Lovelace at 2026-11-23T04:20:00.000Z');
    }
    expect(bucket.record(anIncident.id)).toEqual(record);
    expect(waiting.heard).toHaveLength(1);
  });

  it('a link whose time is over', async () => {
    startBucket(whileAsked());
    vi.setSystemTime(expiresAt);
    for (const response of [await open(), await send()]) {
      expect(response.statusCode).toBe(410);
      expect(response.body).toContain('start lifeboat-dev-incident again');
    }
    expect(waiting.heard).toEqual([]);
  });

  it('the link of an earlier question, although the gate asks again', async () => {
    const bucket = startBucket(whileAsked({ expiresAt: '2026-11-23T05:40:00.000Z' }));
    vi.setSystemTime('2026-11-23T04:45:00.000Z');
    expect((await send()).statusCode).toBe(410);
    expect(bucket.read<Approval>(approvalKey).state).toBe('asked');
  });

  it('an answer to a question that was replaced after it was read', async () => {
    const bucket = startBucket(whileAsked({ askedAt: '2026-11-23T04:19:00.000Z' }));
    const { statusCode, body } = await send();
    expect(statusCode).toBe(409);
    expect(body).toContain('read it again');
    expect(bucket.read<Approval>(approvalKey).state).toBe('asked');
  });

  it('an answer to what nobody asked', async () => {
    startBucket();
    for (const response of [await open(), await send()]) expect(response.statusCode).toBe(404);
  });

  it('a body that is too long, and a method of another kind', async () => {
    startBucket(whileAsked());
    expect((await send({ reason: 'x'.repeat(20_000) })).statusCode).toBe(413);
    expect((await call('DELETE', queryOf())).statusCode).toBe(405);
    expect(waiting.heard).toEqual([]);
  });
});

it('no page and no log tells the key or the token, whatever goes wrong', async () => {
  const bucket = startBucket(whileAsked());
  const bodies: string[] = [];
  const keep = async (response: Promise<UrlResponse>) => bodies.push((await response).body);
  await keep(open());
  bucket.fail('get', 'approvals/', awsError('AccessDenied'), { times: 2 });
  await keep(open());
  await keep(send());
  await keep(send());
  expect(bodies.join()).not.toMatch(/the-key|token-1/);
  expect(logged).not.toMatch(/the-key|token-1/);
});
