import { describe, expect, it } from 'vitest';
import { mergePatch, startWorld } from './world.ts';

const configMaps = '/api/v1/namespaces/erlmcp/configmaps';
const secrets = '/api/v1/namespaces/erlmcp/secrets';
const named = (name: string, more: object) => ({ body: { metadata: { name }, ...more } });
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a secret', () => {
  it('keeps what is given as text as base64, over what is there', async () => {
    const { call } = await startWorld();
    const given = { data: { a: base64('1'), b: base64('2') }, stringData: { b: 'three' } };
    const { status, body } = await call('POST', secrets, named('login', given));
    expect(status).toBe(201);
    expect(body).toMatchObject({ type: 'Opaque', data: { a: base64('1'), b: base64('three') } });
    expect(body).not.toHaveProperty('stringData');
    const patch = { body: { stringData: { a: 'one' } }, type: mergePatch };
    expect((await call('PATCH', `${secrets}/login`, patch)).body).toMatchObject({
      data: { a: base64('one'), b: base64('three') },
    });
  });

  it.each([
    ['what is no base64', { data: { a: '%%%' } }, 400, 'illegal base64 data'],
    ['what is no text', { stringData: { a: 1 } }, 400, 'cannot unmarshal number'],
    ['a key that is none', { stringData: { 'a b': '' } }, 422, 'a valid config key must consist of'],
    [
      'a certificate without its key',
      { type: 'kubernetes.io/tls', data: {} },
      422,
      'data[tls.key]: Required',
    ],
    ['a login without a name', { type: 'kubernetes.io/basic-auth' }, 422, 'data[username]: Required value'],
    [
      'more than a mebibyte',
      { stringData: { a: 'x'.repeat(1024 * 1024), b: 'y' } },
      422,
      'Secret "refused" is invalid: data: Too long: may not be more than 1048576 bytes',
    ],
  ])('is refused with %s', async (_, given, status, message) => {
    const { call } = await startWorld();
    const answer = await call('POST', secrets, named('refused', given));
    expect(answer.status).toBe(status);
    expect(answer.body['message']).toContain(message);
    expect((await call('GET', `${secrets}/refused`)).status).toBe(404);
  });

  it('of exactly a mebibyte is taken', async () => {
    const { call } = await startWorld();
    const given = { stringData: { a: 'x'.repeat(1024 * 1024) } };
    expect((await call('POST', secrets, named('large', given))).status).toBe(201);
  });

  it('stays of its type', async () => {
    const { call } = await startWorld();
    await call('POST', secrets, named('login', { type: 'company.com/own' }));
    const answer = await call('PUT', `${secrets}/login`, named('login', {}));
    expect(answer.body['message']).toContain('type: Invalid value: "Opaque": field is immutable');
  });
});

describe('a config map', () => {
  it('holds text and bytes, each key once', async () => {
    const { call } = await startWorld();
    const bytes = Buffer.from([0, 255]).toString('base64');
    const given = { data: { text: 'ü' }, binaryData: { raw: bytes } };
    expect((await call('POST', configMaps, named('both', given))).body).toMatchObject(given);
    const twice = await call('POST', configMaps, named('twice', { data: { a: '' }, binaryData: { a: '' } }));
    expect(twice.body['message']).toContain('duplicate of key present in data');
  });

  it('is refused when it is larger than a mebibyte, also on a dry run', async () => {
    const { call } = await startWorld();
    const given = named('large', { data: { a: 'x'.repeat(1024 * 1024 + 1) } });
    const answer = await call('POST', `${configMaps}?dryRun=All`, given);
    expect(answer).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
  });

  it('that is immutable keeps its data until it is deleted, and takes labels', async () => {
    const { call } = await startWorld();
    await call('POST', configMaps, named('fixed', { data: { a: '1' }, immutable: true }));
    const change = (body: object) => call('PATCH', `${configMaps}/fixed`, { body, type: mergePatch });
    expect((await change({ data: { a: '2' } })).body['message']).toContain(
      'data: Forbidden: field is immutable when `immutable` is set',
    );
    expect((await change({ immutable: false })).status).toBe(422);
    expect((await change({ metadata: { labels: { owner: 'me' } } })).status).toBe(200);
    expect((await call('DELETE', `${configMaps}/fixed`)).status).toBe(200);
    expect((await call('POST', configMaps, named('fixed', { data: { a: '2' } }))).status).toBe(201);
  });

  it('with the root certificate is in every namespace, and comes back', async () => {
    const { call } = await startWorld();
    await call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'other' } } });
    const root = '/api/v1/namespaces/other/configmaps/kube-root-ca.crt';
    expect((await call('GET', root)).body).toMatchObject({
      data: { 'ca.crt': expect.stringContaining('BEGIN CERTIFICATE') as string },
    });
    await call('DELETE', root);
    expect((await call('GET', root)).status).toBe(200);
    await call('DELETE', '/api/v1/namespaces/other');
    expect((await call('GET', root)).status).toBe(404);
  });
});

describe('a long list', () => {
  it('comes page by page, all of one version', async () => {
    const { call } = await startWorld();
    for (const name of ['a', 'b', 'c', 'd']) await call('POST', configMaps, named(name, {}));
    const seen: string[] = [];
    let next = '';
    do {
      const { body } = await call('GET', `${configMaps}?limit=2&continue=${encodeURIComponent(next)}`);
      const page = body as { items: { metadata: { name: string } }[]; metadata: { continue?: string } };
      seen.push(...page.items.map(({ metadata }) => metadata.name));
      next = page.metadata.continue ?? '';
      await call('DELETE', `${configMaps}/d`);
    } while (next !== '');
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'kube-root-ca.crt']);
  });

  it('is begun anew when the server has lost the place', async () => {
    const { call } = await startWorld();
    const { status, body } = await call('GET', `${configMaps}?limit=2&continue=lost`);
    expect({ status, reason: body['reason'] }).toEqual({ status: 410, reason: 'Expired' });
  });
});
