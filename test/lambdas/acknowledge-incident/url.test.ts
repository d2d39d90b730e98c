import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { handler } from '../../../lambdas/acknowledge-incident/handler.ts';
import { forgetSecretToken } from '../../../lambdas/aws/secret-token.ts';
import type { UrlResponse } from '../../../lambdas/incident/function-url.ts';
import { acknowledgeLink, signedLink } from '../../../lambdas/incident/signed-link.ts';
import { anIncident, duringAnIncident, startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';
import { fakeSendNotice, ofDev, type SendNotice } from './deployed.ts';

const secrets = mockClient(SecretsManagerClient);
const { id } = anIncident;
const at = '2026-11-23T04:05:00.000Z';
const key = `incidents/${id}.json`;
const expires = Date.parse('2026-11-23T06:00:00.000Z') / 1_000;
const base = 'https://abc.on.aws/';
const queryOf = (of = { incident: id, expires }, secret = 'the-key') =>
  new URL(acknowledgeLink(base, secret, 'dev', of)).search.slice(1);
const call = (method: string, rawQueryString: string, body?: string) =>
  handler({
    version: '2.0',
    rawQueryString,
    requestContext: { http: { method, path: '/' } },
    ...(body === undefined ? {} : { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }),
  }) as Promise<UrlResponse>;
const send = (form: Readonly<Record<string, string>> = {}, query = queryOf()) =>
  call('POST', query, new URLSearchParams({ by: 'Ada Lovelace', note: '', ...form }).toString());
let sendNotice: SendNotice;

beforeEach(() => {
  deploy(ofDev);
  forgetSecretToken(ofDev.signingSecret);
  secrets.reset();
  secrets.on(GetSecretValueCommand).resolves({ SecretString: 'the-key' });
  sendNotice = fakeSendNotice();
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(at) });
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('to open the link', () => {
  it('shows how things stand and a form, and changes nothing', async () => {
    const steps = [
      { step: 'x', status: 'changed', summary: '<b>promoted</b>', before: null, after: null },
    ] as const;
    const bucket = startBucket(duringAnIncident({ steps }));
    for (const method of ['GET', 'HEAD', 'GET']) {
      const { statusCode, headers, body } = await call(method, queryOf());
      expect([statusCode, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      for (const part of [
        'Take the call?',
        'P0: site-failure of erlmcp in dev',
        'started by alarm lifeboat-dev-primary-unhealthy',
        'It must be over by 2026-11-23 05:00:12 UTC, in 55 min 12 s.',
        '&lt;b&gt;promoted&lt;/b&gt;',
        '<label for="by">Your name</label>',
        '<label for="note">Note</label>',
      ]) {
        expect(body).toContain(part);
      }
      // The note may be left out.
      expect(body.match(/ required /g)).toHaveLength(1);
    }
    expect(bucket.calls.filter((each) => each.startsWith('put'))).toEqual([]);
    expect(sendNotice.started).toEqual([]);
  });

  it('loads nothing, runs nothing, is not framed, kept, or told to another site', async () => {
    startBucket(duringAnIncident());
    const { headers, body } = await call('GET', queryOf());
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
    });
    expect(body).not.toMatch(/<script|src=|href=|url\(|@import/);
  });

  it('says who has the call when somebody has', async () => {
    startBucket(duringAnIncident({ acknowledged: { at, by: '<i>Grace</i>', via: 'Slack' } }));
    const { statusCode, body } = await call('GET', queryOf());
    expect(statusCode).toBe(200);
    expect(body).toContain('&lt;i&gt;Grace&lt;/i&gt; has it since 2026-11-23 04:05:00 UTC (Slack).');
    expect(body).not.toContain('<form');
  });

  it('says so when it runs late', async () => {
    startBucket(duringAnIncident());
    vi.setSystemTime('2026-11-23T05:10:12.000Z');
    expect((await call('GET', queryOf())).body).toContain(
      'should have been over at 2026-11-23 05:00:12 UTC, 10 min ago.',
    );
  });
});

describe('to send the form', () => {
  it('takes the call, and the others hear of it', async () => {
    const bucket = startBucket(duringAnIncident());
    const { statusCode, body } = await send();
    expect(statusCode).toBe(200);
    expect(body).toContain('Ada Lovelace has it since 2026-11-23 04:05:00 UTC (link).');
    expect(bucket.record(id).acknowledged).toEqual({ at, by: 'Ada Lovelace', via: 'link' });
    expect(bucket.record(id).notes).toBeUndefined();
    expect(sendNotice.started.map(({ input }) => input)).toEqual([
      { incident: anIncident, kind: 'acknowledged', detail: 'Ada Lovelace (link)' },
    ]);
  });

  it('keeps a note as it was written, in any letters', async () => {
    const bucket = startBucket(duringAnIncident());
    const text = `<script>alert(1)</script> "&" ${'語'.repeat(1_900)}\r\nthe end`;
    expect((await send({ note: text })).statusCode).toBe(200);
    expect(bucket.record(id).notes).toEqual([
      { at, by: 'Ada Lovelace', via: 'link', text: text.replace('\r', '') },
    ]);
    expect(sendNotice.started).toHaveLength(1);
  });

  it('asks again for what is wrong, and keeps what was typed', async () => {
    const bucket = startBucket(duringAnIncident());
    const { statusCode, body } = await send({ by: ' ', note: '</textarea><script>' + 'x'.repeat(2_000) });
    expect(statusCode).toBe(422);
    expect(body).toContain('Nobody has taken the call yet.');
    expect(body).toContain('Your name: allowed is one line of text, 1 to 200 characters.');
    expect(body).toContain('Note: allowed is 1 to 2000 characters of text');
    expect(body).toContain('\n&lt;/textarea&gt;&lt;script&gt;xxx');
    expect(bucket.record(id).acknowledged).toBeUndefined();
  });

  it('a second time is refused with who has it, and writes nothing', async () => {
    const bucket = startBucket(duringAnIncident());
    await send({ note: 'once' });
    const before = bucket.record(id);
    for (const form of [{ note: 'once' }, { note: 'twice' }, { by: 'Grace' }]) {
      const { statusCode, body } = await send(form);
      expect(statusCode).toBe(409);
      expect(body).toContain(`Ada Lovelace has the call of ${id} since ${at} (link): ask them.`);
    }
    expect(bucket.record(id)).toEqual(before);
    expect(sendNotice.started).toHaveLength(1);
  });

  it('by two at once takes it for one, and both are answered', async () => {
    const bucket = startBucket(duringAnIncident());
    const answers = await Promise.all([send(), send({ by: 'Grace' })]);
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 409]);
    const { by } = bucket.record(id).acknowledged ?? { by: 'nobody' };
    for (const { body } of answers) expect(body).toContain(by);
  });

  it('again after a failure in between finishes it, with one note', async () => {
    const bucket = startBucket(duringAnIncident());
    bucket.fail('put', key, awsError('ServiceUnavailable', 'x', 503), { after: true });
    const { statusCode, headers, body } = await send({ note: 'once' });
    expect([statusCode, headers['retry-after']]).toEqual([503, '30']);
    expect(body).toContain('It is not known whether you have the call.');
    expect((await send({ note: 'once' })).statusCode).toBe(200);
    expect(bucket.record(id).notes).toHaveLength(1);
  });

  it('stands when nobody can be told', async () => {
    const bucket = startBucket(duringAnIncident());
    sendNotice.failure = awsError('ServiceException', 'x', 500);
    expect((await send()).statusCode).toBe(200);
    expect(bucket.record(id).acknowledged).toMatchObject({ by: 'Ada Lovelace' });
  });
});

describe('is refused:', () => {
  const gateLink = new URL(
    signedLink(base, 'the-key', 'dev', { incident: id, gate: 'promotion', decision: 'approve', expires }),
  ).search.slice(1);

  it.each([
    ['a link that was changed', queryOf().replace('T040012', 'T040013')],
    ['a later end', queryOf().replace(String(expires), String(expires + 1))],
    ['another key', queryOf(undefined, 'other')],
    ['a link to answer a gate', gateLink],
    ['no link at all', ''],
  ])('%s', async (_, query) => {
    const bucket = startBucket(duringAnIncident());
    for (const answer of [await call('GET', query), await send({}, query)]) {
      expect(answer.statusCode).toBe(403);
      expect(answer.body).toContain('This link is not one of ours');
    }
    expect(bucket.calls).toEqual([]);
  });

  it('one that has expired', async () => {
    const bucket = startBucket(duringAnIncident());
    vi.setSystemTime(expires * 1_000);
    for (const answer of [await call('GET', queryOf()), await send()]) {
      expect(answer.statusCode).toBe(410);
      expect(answer.body).toContain('npm run acknowledge -- --env dev --incident');
    }
    expect(bucket.record(id).acknowledged).toBeUndefined();
  });

  it.each(['closed', 'escalated'] as const)('an incident that is %s', async (state) => {
    const bucket = startBucket(duringAnIncident({ state }));
    for (const answer of [await call('GET', queryOf()), await send({ note: 'x' })]) {
      expect(answer.statusCode).toBe(410);
    }
    expect(bucket.calls.filter((each) => each.startsWith('put'))).toEqual([]);
  });

  it('an incident that nobody knows', async () => {
    startBucket(duringAnIncident());
    const query = queryOf({ incident: 'dev-x', expires });
    expect((await call('GET', query)).statusCode).toBe(404);
    expect((await send({}, query)).statusCode).toBe(404);
  });

  it('a body that is too long, and a method of another kind', async () => {
    startBucket(duringAnIncident());
    expect((await send({ note: 'x'.repeat(40_000) })).statusCode).toBe(413);
    const { statusCode, headers } = await call('PUT', queryOf());
    expect([statusCode, headers['allow']]).toEqual([405, 'GET, HEAD, POST']);
  });

  it('everything while the key cannot be read, without a word about it', async () => {
    secrets.on(GetSecretValueCommand).rejects(awsError('AccessDeniedException', 'arn:secret', 400));
    const { statusCode, body } = await call('GET', queryOf());
    expect(statusCode).toBe(500);
    expect(body).not.toContain('secret');
  });
});
