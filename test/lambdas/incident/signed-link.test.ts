import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readSignedLink, signedLink, type Link } from '../../../lambdas/incident/signed-link.ts';

const link: Link = {
  incident: 'dev-20261123T040012-site-failure',
  gate: 'promotion',
  decision: 'approve',
  expires: 1_795_500_000,
};
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

it('any query is a link or none, never an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (query) => {
      expect(read(query)).toBeUndefined();
    }),
  );
});
