import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acknowledgeLink,
  readAcknowledgeLink,
  readSignedLink,
  signedLink,
  type AcknowledgeLink,
  type Link,
} from '../../../lambdas/incident/signed-link.ts';

const link: Link = {
  incident: 'dev-20261123T040012-site-failure',
  gate: 'promotion',
  decision: 'approve',
  expires: 1_795_500_000,
};
/** As it was signed when gates were all that links were for. */
const sentBefore =
  'incident=dev-20261123T040012-site-failure&gate=promotion&decision=approve&expires=1795500000' +
  '&signature=c8eL2EEJkSeoQ6ev0wAXjl8AeZX4_h9KtV45hY3lv2c';
const queryOf = (of: Link = link, key = 'key', environment = 'dev') =>
  new URL(signedLink('https://abc.lambda-url.eu-central-1.on.aws/', key, environment, of)).search.slice(1);
const read = (query: string) => readSignedLink('key', 'dev', query);

it('says what was signed', () => {
  expect(read(queryOf())).toEqual(link);
});

it('holds neither the key nor more than it says', () => {
  expect([...new URLSearchParams(queryOf()).keys()]).toEqual([
    'incident',
    'gate',
    'decision',
    'expires',
    'signature',
  ]);
  expect(queryOf(link, 'a-key-that-is-secret')).not.toContain('a-key-that-is-secret');
});

it.each([
  ['incident', 'dev-20261123T040012-site-failure-2'],
  ['gate', 'restore'],
  ['decision', 'reject'],
  ['expires', '1795500001'],
  ['expires', '1795500000.0'],
  ['signature', ''],
  ['signature', 'A'.repeat(43)],
])('is none of ours when its %s is %s', (name, value) => {
  const query = new URLSearchParams(queryOf());
  query.set(name, value);
  const said = read(query.toString());
  // The same number, written otherwise, says the same and is signed.
  if (value === '1795500000.0') expect(said).toEqual(link);
  else expect(said).toBeUndefined();
});

it.each([
  ['another key', queryOf(link, 'other')],
  ['another environment', queryOf(link, 'key', 'prod')],
  ['a member that is left out', queryOf().replace(/&expires=\d+/, '')],
  ['a member too many', `${queryOf()}&by=me`],
  ['a member twice', `${queryOf()}&decision=reject`],
  ['nothing', ''],
])('is none of ours with %s', (_, query) => {
  expect(read(query)).toBeUndefined();
});

it('cannot be made by moving letters from one member to the next', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), (a, b) => {
      const [one, other] = [queryOf({ ...link, incident: a + b }), queryOf({ ...link, incident: a })];
      expect(new URLSearchParams(one).get('signature')).not.toBe(new URLSearchParams(other).get('signature'));
    }),
  );
});

it('that was sent before there were links of two kinds is still good', () => {
  expect(read(sentBefore)).toEqual(link);
});

describe('a link to take the call', () => {
  const call: AcknowledgeLink = { incident: link.incident, action: 'acknowledge', expires: link.expires };
  const base = 'https://abc.lambda-url.eu-central-1.on.aws/';
  const callQuery = (of: Omit<AcknowledgeLink, 'action'> = call, key = 'key', environment = 'dev') =>
    new URL(acknowledgeLink(base, key, environment, of)).search.slice(1);
  const readCall = (query: string) => readAcknowledgeLink('key', 'dev', query);

  it('says what was signed, and is the same however it is made', () => {
    expect(readCall(callQuery())).toEqual(call);
    expect(signedLink(base, 'key', 'dev', call)).toBe(acknowledgeLink(base, 'key', 'dev', call));
  });

  it.each([
    ['another key', callQuery(call, 'other')],
    ['another environment', callQuery(call, 'key', 'prod')],
    ['another incident', callQuery().replace('T040012', 'T040013')],
    ['a later end', callQuery().replace(/expires=\d+/, 'expires=1999999999')],
    ['another action', callQuery().replace('acknowledge', 'approve')],
    ['a member that is left out', callQuery().replace(/&action=\w+/, '')],
    ['a member too many', `${callQuery()}&gate=promotion`],
    ['nothing', ''],
  ])('is none of ours with %s', (_, query) => {
    expect(readCall(query)).toBeUndefined();
  });

  it('never answers a gate, nor the other way round, whatever members are exchanged', () => {
    expect(read(callQuery())).toBeUndefined();
    expect(readCall(queryOf())).toBeUndefined();
    const gate = new URLSearchParams(queryOf());
    gate.set('signature', new URLSearchParams(callQuery()).get('signature') ?? '');
    expect(read(gate.toString())).toBeUndefined();
    const other = new URLSearchParams(callQuery());
    other.set('signature', new URLSearchParams(queryOf()).get('signature') ?? '');
    expect(readCall(other.toString())).toBeUndefined();
  });

  it.each([
    ['to take the call', callQuery(), readCall],
    ['to answer a gate', queryOf(), read],
  ] as const)('%s never passes with a byte changed', (_, query, readIt) => {
    const said = readIt(query);
    expect(said).toBeDefined();
    fc.assert(
      fc.property(fc.nat(query.length - 1), fc.integer({ min: 33, max: 126 }), (place, code) => {
        const changed = query.slice(0, place) + String.fromCharCode(code) + query.slice(place + 1);
        // An escape of the same letter says the same, and is signed.
        const isSame = [...new URLSearchParams(changed)].join() === [...new URLSearchParams(query)].join();
        if (!isSame) expect(readIt(changed)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

it('any query is a link or none, never an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (query) => {
      expect(read(query)).toBeUndefined();
      expect(readAcknowledgeLink('key', 'dev', query)).toBeUndefined();
    }),
  );
});
