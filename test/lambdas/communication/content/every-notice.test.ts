import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subjectLine } from '../../../../lambdas/aws/topic.ts';
import { emailHtml } from '../../../../lambdas/communication/render/email-html.ts';
import { escapeHtml } from '../../../../lambdas/communication/render/escape.ts';
import { plainText } from '../../../../lambdas/communication/render/plain.ts';
import { smsText } from '../../../../lambdas/communication/render/sms.ts';
import { hostile, longDetail } from '../render/hostile.ts';
import { after, audiences, incidentOf, kinds, minute, openRecord, scenarios, start, told } from './news.ts';

/** Every kind to every audience in every shape. */

const cases = kinds.flatMap((kind) => audiences.map((audience) => [kind, audience] as const));
const bytes = (text: string) => Buffer.byteLength(text);

describe.each(cases)('%s, to %s', (kind, audience) => {
  const strange = {
    application: hostile,
    publicName: hostile,
    contacts: [hostile],
    detail: hostile,
    record: openRecord({
      summary: hostile,
      nextSteps: [hostile],
      notes: [{ at: after(1), by: hostile, text: hostile, via: hostile }],
      acknowledged: { at: after(1), by: hostile, via: hostile },
    }),
  };

  it('is harmless in a mail, and as it was written in plain text, whatever names and details hold', () => {
    const content = told(kind, audience, strange);
    const html = emailHtml(content);
    expect(html).not.toMatch(/<(script|img)/i);
    expect(html).not.toContain(hostile);
    expect(html).toContain(escapeHtml(hostile).slice(0, 60));
    expect(plainText(content)).toContain('<script>alert(1)</script> &');
  });

  it('has room for a detail of 4,000 characters, or cuts it and says so', () => {
    const record = openRecord({
      summary: longDetail,
      timeline: [{ at: after(1), actor: 'assess-primary', event: longDetail }],
    });
    const content = told(kind, audience, { detail: longDetail, record });
    expect(bytes(plainText(content))).toBeLessThanOrEqual(60_000);
    const cut = plainText(content, 1_500);
    expect(bytes(cut)).toBeLessThanOrEqual(1_500);
    expect(cut.isWellFormed()).toBe(true);
    expect(bytes(smsText(content))).toBeLessThanOrEqual(700);
    expect(smsText(content).startsWith(content.subject)).toBe(true);
    expect(bytes(emailHtml(content))).toBeLessThanOrEqual(100_000);
    expect(subjectLine(content.subject).length).toBeLessThanOrEqual(100);
  });

  it('has a subject of one line and something to say', () => {
    const content = told(kind, audience);
    expect(content.subject).toMatch(/^[^\n]{10,}$/);
    expect(plainText(content).length).toBeGreaterThan(40);
  });
});

it('has a subject and a text in every shape, whatever is on the record', () => {
  const anything = fc.record({
    kind: fc.constantFrom(...kinds),
    audience: fc.constantFrom(...audiences),
    scenario: fc.constantFrom(...scenarios),
    severity: fc.constantFrom('P0', 'P1', 'P2', 'P3'),
    mode: fc.constantFrom('live', 'plan'),
    detail: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
    recorded: fc.boolean(),
    lastGoodAt: fc.constantFrom(null, after(-1)),
    now: fc.integer({ min: start - minute, max: start + 1_500 * minute }),
    since: fc.option(fc.integer({ min: -1, max: 1_500 }).map(after), { nil: undefined }),
    evidence: fc.string(),
    percent: fc.constantFrom(undefined, 50, 80, 100, 150),
  });
  fc.assert(
    fc.property(anything, ({ kind, audience, scenario, severity, mode, recorded, ...rest }) => {
      const { detail, lastGoodAt, now, since, evidence, percent } = rest;
      const incident = incidentOf(scenario, { severity, mode });
      const checks = [{ name: 'verify/x', held: 'unknown', evidence }] as const;
      const content = told(kind, audience, {
        incident,
        record: recorded ? openRecord({ ref: incident, lastGoodAt, checks }) : null,
        now,
        ...(detail === undefined ? {} : { detail }),
        ...(since === undefined ? {} : { since }),
        ...(percent === undefined ? {} : { percent }),
      });
      const given = `${detail ?? ''}${evidence}`;
      if (/undefined|NaN|object/.test(given)) return;
      expect(subjectLine(content.subject)).not.toBe('');
      for (const shown of [plainText(content), smsText(content), emailHtml(content)]) {
        expect(shown).not.toMatch(/undefined|NaN|Invalid Date|\[object/);
      }
    }),
    { numRuns: 400 },
  );
});

it('nothing is called unchanged but an update that says so', () => {
  for (const [kind, audience] of cases) {
    const content = told(kind, audience, { since: after(10) });
    expect(content.unchanged === true, `${kind} to ${audience}`).toBe(kind === 'update');
    if (content.unchanged) {
      expect(plainText(content)).toContain(`Nothing has changed since 2026-11-23 04:10:12 UTC.`);
    }
  }
});
