import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFromSlack, proofOf } from '../../../lambdas/answer-slack/from-slack.ts';

// The example of docs.slack.dev, Verifying requests from Slack, made by Slack.
const secret = '8f742231b10e8888abcd99yyyzzz85a5';
const body = Buffer.from(
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V' +
    '&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=' +
    '&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN' +
    '&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
);
const proof = {
  signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  timestamp: '1531420618',
};
const now = 1_531_420_618_000;

it('knows the request of Slack’s own example', () => {
  expect(isFromSlack(secret, proof, body, now)).toBe(true);
});

it.each([
  ['five minutes later', 300_000, true],
  ['later than that', 301_000, false],
  ['five minutes earlier, by our clock', -300_000, true],
  ['earlier than that', -301_000, false],
])('%s is taken: %s', (_, shift, taken) => {
  expect(isFromSlack(secret, proof, body, now + shift)).toBe(taken);
});

it.each([
  ['no number', { timestamp: 'now' }],
  ['a number of another kind', { timestamp: '1531420618.0' }],
  ['no signature', { signature: '' }],
  ['another version', { signature: proof.signature.replace('v0', 'v1') }],
  ['a signature in capitals', { signature: proof.signature.toUpperCase() }],
  ['a short signature', { signature: proof.signature.slice(0, -1) }],
  ['a timestamp that was not signed', { timestamp: '1531420619' }],
])('%s is not Slack’s', (_, changes) => {
  expect(isFromSlack(secret, { ...proof, ...changes }, body, now)).toBe(false);
});

describe('whatever is sent', () => {
  const sign = (by: string, timestamp: string, bytes: Uint8Array) =>
    `v0=${createHmac('sha256', by).update(`v0:${timestamp}:`).update(bytes).digest('hex')}`;

  it('passes when it is signed, as the very bytes that came', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string({ minLength: 1 }), (bytes, key) => {
        const signature = sign(key, proof.timestamp, bytes);
        expect(isFromSlack(key, { ...proof, signature }, Buffer.from(bytes), now)).toBe(true);
      }),
    );
  });

  it('never passes with a byte of it changed', () => {
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const changed = Buffer.from(body);
        changed[place] = (changed[place] ?? 0) ^ change;
        expect(isFromSlack(secret, proof, changed, now)).toBe(false);
      }),
    );
  });

  it('never passes with a digit of its signature changed, or another secret', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 66 }), fc.string({ unit: 'binary-ascii' }), (place, other) => {
        const digit = proof.signature.charAt(place) === '0' ? '1' : '0';
        const signature = proof.signature.slice(0, place) + digit + proof.signature.slice(place + 1);
        expect(isFromSlack(secret, { ...proof, signature }, body, now)).toBe(false);
        if (other !== secret) expect(isFromSlack(other, proof, body, now)).toBe(false);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (signature, timestamp) => {
        expect(isFromSlack(secret, { signature, timestamp }, body, now)).toBe(false);
      }),
    );
  });
});

it('the headers are found in any letters, and both are needed', () => {
  const { signature, timestamp } = proof;
  expect(proofOf({ 'X-Slack-Signature': signature, 'x-slack-request-timestamp': timestamp })).toEqual(proof);
  expect(proofOf({ 'x-slack-signature': signature })).toBeUndefined();
  expect(proofOf()).toBeUndefined();
});
