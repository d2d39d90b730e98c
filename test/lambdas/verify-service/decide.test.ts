import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../lambdas/aws/answer.ts';
import {
  dnsAgrees,
  judgeService,
  type NameSight,
  type Observations,
} from '../../../lambdas/verify-service/decide.ts';

const fresh = (server: string): Answer => ({ server, values: ['198.51.100.10'] });
const old = (server: string): Answer => ({ server, values: ['192.0.2.10'] });
const silent = (server: string): Answer => ({ server, values: null, silence: 'ETIMEOUT' });
const name: NameSight = {
  expectation: {
    name: 'www.example.com',
    type: 'A',
    target: ['198.51.100.10'],
    origin: ['192.0.2.10'],
    match: 'equal',
  },
  authoritative: [fresh('ns-1'), fresh('ns-2')],
  resolvers: [fresh('1.1.1.1'), fresh('8.8.8.8')],
  ttl: 30,
};
const served = { address: '198.51.100.10', ok: true, evidence: '200 in 9 ms' };
const good: Observations = {
  target: 'standby',
  url: 'https://www.example.com/health',
  names: [name],
  services: [served],
  movedSeconds: 30,
};
const withName = (changes: Partial<NameSight>) => ({ names: [{ ...name, ...changes }] });

describe('the service is verified', () => {
  it.each<[string, Partial<Observations>]>([
    ['when everybody answers the target and it serves there', {}],
    [
      'when one resolver is silent and another answers',
      withName({ resolvers: [fresh('1.1.1.1'), silent('8.8.8.8')] }),
    ],
    [
      'when two name servers answer and the others are silent',
      withName({ authoritative: [fresh('a'), fresh('b'), silent('c')] }),
    ],
  ])('%s', (_, changes) => {
    expect(judgeService({ ...good, ...changes }, 'live')).toMatchObject({
      verified: true,
      summary:
        'https://www.example.com/health is served by the standby: everybody asked answers with it, and it answers there',
    });
  });

  it('with a silent resolver on the record as unknown', () => {
    const { checks } = judgeService(
      { ...good, ...withName({ resolvers: [fresh('1.1.1.1'), silent('8.8.8.8')] }) },
      'live',
    );
    expect(checks.find((check) => check.name.endsWith('8.8.8.8'))?.held).toBe('unknown');
  });
});

describe('the service is not verified', () => {
  it.each<[string, Partial<Observations>, string]>([
    [
      'while a resolver answers from its cache',
      withName({ resolvers: [old('1.1.1.1'), fresh('8.8.8.8')] }),
      'verify/www.example.com A at 1.1.1.1: 1.1.1.1 answers 192.0.2.10, still; it may keep that for 30 s after the change',
    ],
    [
      'when no resolver answers',
      withName({ resolvers: [silent('1.1.1.1'), silent('8.8.8.8')] }),
      '8.8.8.8 does not answer',
    ],
    [
      'while a name server answers the origin',
      withName({ authoritative: [fresh('a'), old('b')] }),
      'b answers 192.0.2.10',
    ],
    [
      'when one name server answers alone',
      withName({ authoritative: [fresh('a'), silent('b')] }),
      'b does not answer',
    ],
    [
      'when the service fails at any answered address',
      { services: [served, { ...served, address: '198.51.100.11', ok: false, evidence: '503' }] },
      'at 198.51.100.11: 503',
    ],
    [
      'while a cache may keep the old answer',
      { movedSeconds: 29 },
      'verify/caches: the zone has answered so for 29 s or more; who asked before may keep the old answer for 30 s',
    ],
    [
      'while a cache may keep the old answer of an alias, whose TTL is a minute',
      { ...withName({ ttl: null }), movedSeconds: 59 },
      'may keep the old answer for 60 s',
    ],
    ['when there is no address to call', { services: [] }, 'no address to call it at'],
  ])('%s', (_, changes, reason) => {
    const output = judgeService({ ...good, ...changes }, 'live');
    expect(output.verified).toBe(false);
    expect(output.summary).toContain(reason);
  });
});

it('the service is called only once DNS agrees', () => {
  expect(dnsAgrees([name])).toBe(true);
  expect(dnsAgrees([{ ...name, resolvers: [old('1.1.1.1')] }])).toBe(false);
  expect(dnsAgrees([{ ...name, authoritative: [silent('a'), silent('b')] }])).toBe(false);
});

it('in mode plan it is told what a live run would verify', () => {
  const output = judgeService(
    { ...good, ...withName({ resolvers: [old('1.1.1.1')] }), services: null },
    'plan',
  );
  expect(output.verified).toBe(true);
  expect(output.summary).toContain('would verify https://www.example.com/health at the standby');
  expect(output.checks.every(({ held }) => held !== false)).toBe(true);
});
