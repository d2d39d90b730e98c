import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aliasesOf, expectations, meets } from '../../../lambdas/aws/expected-answer.ts';
import type { RecordPlan } from '../../../lambdas/switch-dns/contract.ts';

const plain: RecordPlan = {
  name: 'www.example.com',
  type: 'A',
  ttl: 30,
  primary: { values: ['192.0.2.10', '192.0.2.11'] },
  standby: { values: ['198.51.100.10', '198.51.100.11'] },
};
const alias = (dnsName: string) => ({
  alias: { dnsName, hostedZoneId: 'Z1', evaluateTargetHealth: true },
});
const balanced: RecordPlan = {
  ...plain,
  primary: alias('primary.elb.amazonaws.com'),
  standby: alias('standby.elb.amazonaws.com.'),
};
const resolved = new Map([
  ['A primary.elb.amazonaws.com', ['192.0.2.10', '192.0.2.11']],
  ['A standby.elb.amazonaws.com', ['198.51.100.10', '198.51.100.11']],
]);

describe('what DNS should answer', () => {
  it('for plain values is exactly those of the target', () => {
    const [expectation] = expectations([plain], 'standby', new Map());
    expect(meets(expectation!, ['198.51.100.10', '198.51.100.11'])).toBe(true);
    expect(meets(expectation!, ['198.51.100.10'])).toBe(false);
    expect(meets(expectation!, ['192.0.2.10', '192.0.2.11'])).toBe(false);
    expect(meets(expectation!, [])).toBe(false);
  });

  it('for an alias is any of what the alias resolves to', () => {
    expect(aliasesOf([balanced]).map(({ dnsName }) => dnsName)).toEqual([
      'primary.elb.amazonaws.com',
      'standby.elb.amazonaws.com.',
    ]);
    const [expectation] = expectations([balanced], 'standby', resolved);
    expect(meets(expectation!, ['198.51.100.11'])).toBe(true);
    expect(meets(expectation!, ['198.51.100.11', '192.0.2.10'])).toBe(false);
  });

  it('for an alias may be new addresses of its load balancer beside known ones, but not only new ones', () => {
    const [expectation] = expectations([balanced], 'standby', resolved);
    expect(meets(expectation!, ['198.51.100.11', '198.51.100.99'])).toBe(true);
    expect(meets(expectation!, ['198.51.100.99'])).toBe(false);
  });

  it('for an alias that does not resolve is nothing that an answer could meet', () => {
    const [expectation] = expectations([balanced], 'standby', new Map());
    expect(meets(expectation!, ['198.51.100.11'])).toBe(false);
  });

  it('for listed members of a weighted set is nothing of the site they left', () => {
    const blue = { ...plain, setIdentifier: 'blue', weight: 10 };
    const green = {
      ...plain,
      setIdentifier: 'green',
      primary: { values: ['192.0.2.20'] },
      standby: { values: ['198.51.100.20'] },
    };
    const all = expectations([blue, green], 'standby', new Map());
    expect(all).toHaveLength(1);
    expect(meets(all[0]!, ['198.51.100.20'])).toBe(true);
    expect(meets(all[0]!, ['203.0.113.9'])).toBe(true);
    expect(meets(all[0]!, ['192.0.2.20'])).toBe(false);
  });

  it('is met by the target and never by the other site', () => {
    const site = fc.uniqueArray(fc.ipV4(), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(site, site, (primary, standby) => {
        fc.pre(!primary.some((value) => standby.includes(value)));
        const record = { ...plain, primary: { values: primary }, standby: { values: standby } };
        const [expectation] = expectations([record], 'standby', new Map());
        expect(meets(expectation!, standby)).toBe(true);
        expect(meets(expectation!, primary)).toBe(false);
      }),
    );
  });
});
