import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutToBytes, cutToCharacters } from '../../../../lambdas/communication/render/cut.ts';
import { plainText } from '../../../../lambdas/communication/render/plain.ts';
import { smsText } from '../../../../lambdas/communication/render/sms.ts';
import { aContent, hostile, longDetail } from './hostile.ts';

const bytes = (text: string) => Buffer.byteLength(text);
/** Whether every character is whole: half a pair, or half of UTF-8's bytes, would not come back as it was. */
const isWhole = (text: string) => text.isWellFormed() && !text.includes('\ufffd');

describe('plain text', () => {
  it('has facts, titled sections, lists and links in their order', () => {
    expect(plainText(aContent())).toBe(
      [
        'Incident ID: prod-1\nSeverity: P0 (critical, complete failure)',
        'Issue:\nThe primary site appears to be lost.',
        'Current status:\n- one\n- two',
        'Without a title.',
        'Take the call:\nhttps://answer.example/?a=1&b=2',
      ].join('\n\n'),
    );
  });

  it('shows markup as it was written', () => {
    expect(plainText(aContent({ sections: [{ title: 'Issue', body: hostile }] }))).toContain(hostile);
  });

  it('shows a detail of 4,000 characters whole', () => {
    expect(plainText(aContent({ sections: [{ title: 'Issue', body: longDetail }] }))).toContain(longDetail);
  });

  it.each([100, 101, 102, 103, 1_000])('is cut to %i bytes at a whole character, and says so', (most) => {
    const text = plainText(aContent({ sections: [{ title: '', body: '🔥'.repeat(2_000) }] }), most);
    expect(bytes(text)).toBeLessThanOrEqual(most);
    expect(bytes(text)).toBeGreaterThan(most - 4);
    expect(isWhole(text)).toBe(true);
    expect(text).toMatch(/\n\(cut: the rest is on the record of the incident\)$/);
  });

  it('is never longer than what nobody reads', () => {
    expect(bytes(plainText(aContent({ sections: [{ title: '', body: 'x'.repeat(300_000) }] })))).toBe(60_000);
  });
});

describe('a text message', () => {
  const url = (length: number) => `https://answer.example/?${'x'.repeat(length - 24)}`;

  it('begins with the subject, and ends where a tap leads', () => {
    expect(smsText(aContent())).toBe(
      '[P0] prod-1: recovery started\nThe primary site appears to be lost.\nTake the call: https://answer.example/?a=1&b=2',
    );
  });

  it('has nothing of the sections', () => {
    expect(smsText(aContent())).not.toContain('Current status');
  });

  it('cuts a detail of 4,000 characters, never within one, and never the link', () => {
    const text = smsText(aContent({ short: longDetail }));
    expect(bytes(text)).toBeLessThanOrEqual(700);
    expect(bytes(text)).toBeGreaterThan(695);
    expect(isWhole(text)).toBe(true);
    expect(text).toContain('[P0] prod-1: recovery started\nThe node');
    expect(text).toMatch(/\.\.\.\nTake the call: https:\/\/answer\.example\/\?a=1&b=2$/);
  });

  it('has both links of a question, so that no answer is nearer than the other', () => {
    const links = [
      { label: 'Approve the promotion', url: url(230) },
      { label: 'Reject the promotion', url: url(230) },
    ];
    const text = smsText(aContent({ links, short: longDetail }));
    for (const link of links) expect(text).toContain(`\n${link.label}: ${link.url}`);
    expect(bytes(text)).toBeLessThanOrEqual(700);
  });

  it('has both answers with links as long as they are, and says where the third is', () => {
    const links = [
      { label: 'Approve the promotion', url: url(240) },
      { label: 'Reject the promotion', url: url(240) },
      { label: 'Take the call', url: url(250) },
    ];
    const subject =
      '[P0] prod-20261123T040012-site-failure: a person must decide on the promotion by 04:31:52 UTC';
    const text = smsText(aContent({ links, subject, short: longDetail }));
    expect(text.startsWith(subject.slice(0, 80))).toBe(true);
    expect(text).toContain('\nApprove the promotion: https://');
    expect(text).toContain('\nReject the promotion: https://');
    expect(text).toMatch(/\nOther links are in the mail\.$/);
    expect(bytes(text)).toBeLessThanOrEqual(700);
  });

  it('has no answer rather than only one of them', () => {
    const links = [
      { label: 'Approve', url: url(400) },
      { label: 'Reject', url: url(400) },
    ];
    const text = smsText(aContent({ links, short: longDetail }));
    expect(text).not.toMatch(/Approve|Reject/);
    expect(text).toMatch(/\nOther links are in the mail\.$/);
    expect(bytes(text)).toBeLessThanOrEqual(700);
  });

  it('drops a link that is longer than the message', () => {
    const text = smsText(aContent({ links: [{ label: 'Read', url: url(900) }] }));
    expect(text).not.toContain('https://');
    expect(text).toMatch(/\nOther links are in the mail\.$/);
  });

  it('fits whatever it says', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 2_000 });
    const links = fc.array(fc.record({ label: text, url: fc.webUrl({ size: 'large' }) }), { maxLength: 4 });
    fc.assert(
      fc.property(text, text, links, (subject, short, given) => {
        expect(bytes(smsText(aContent({ subject, short, links: given })))).toBeLessThanOrEqual(700);
      }),
    );
  });
});

describe('cutting', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 });

  it('leaves alone what fits', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(cutToBytes(given, bytes(given))).toBe(given);
        expect(cutToCharacters(given, given.length)).toBe(given);
      }),
    );
  });

  it('keeps within bytes and characters, with whole characters only', () => {
    fc.assert(
      fc.property(text, fc.nat(120), (given, most) => {
        const byBytes = cutToBytes(given, most);
        expect(bytes(byBytes)).toBeLessThanOrEqual(most);
        expect(byBytes.isWellFormed()).toBe(true);
        const byCharacters = cutToCharacters(given, most);
        expect(byCharacters.length).toBeLessThanOrEqual(most);
        expect(byCharacters.isWellFormed()).toBe(true);
      }),
    );
  });

  it('says so with the ending it is given, where that fits', () => {
    expect(cutToBytes('abcdefgh', 6, '...')).toBe('abc...');
    expect(cutToCharacters('abcdefgh', 6)).toBe('abcde…');
    expect(cutToBytes('abcdefgh', 2, '...')).toBe('ab');
  });
});
