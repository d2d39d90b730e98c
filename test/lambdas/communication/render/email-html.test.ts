import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Content } from '../../../../lambdas/communication/contract.ts';
import { emailHtml } from '../../../../lambdas/communication/render/email-html.ts';
import { escapeHtml } from '../../../../lambdas/communication/render/escape.ts';
import { aContent, hostile, longDetail } from './hostile.ts';

/** Gmail hides what comes after so many bytes. */
const clipped = 102_000;

/** Every tag of it, with its attributes. */
const tagsOf = (html: string) => html.match(/<[^>]+>/g) ?? [];
const namesOf = (html: string) => new Set(tagsOf(html).map((tag) => /^<[/!]?([a-z]+)/i.exec(tag)?.[1]));
const allowed = new Set([
  ...['doctype', 'html', 'head', 'meta', 'title', 'body'],
  ...['table', 'tr', 'td', 'div', 'ul', 'li', 'a', 'br'],
]);

describe('a formatted mail', () => {
  it('has the subject in its title and its band, with the severity', () => {
    const html = emailHtml(aContent());
    expect(html).toContain('<title>[P0] prod-1: recovery started</title>');
    expect(html).toMatch(
      /background:#b3261e[^>]*>\s*<div[^>]*>Incident · P0 \(critical, complete failure\)</,
    );
  });

  it('shows how things stand in the list of mails', () => {
    expect(emailHtml(aContent())).toMatch(
      /<div style="display:none[^>]*>The primary site appears to be lost\./,
    );
  });

  it.each<[Content['tone'], string]>([
    ['trouble', 'Incident'],
    ['progress', 'Update'],
    ['recovered', 'Recovered'],
    ['plan', 'Plan'],
  ])('says in its band what a %s is', (tone, word) => {
    expect(emailHtml(aContent({ tone, facts: [] }))).toContain(`>${word}</div>`);
  });

  it('has facts, texts and lists in their order, and nothing of what is empty', () => {
    const html = emailHtml(aContent());
    const order = [
      'Incident ID',
      'Issue',
      'Current status',
      '<li',
      'one',
      'two',
      'Without a title.',
      'Take the call',
    ];
    const places = order.map((part) => html.indexOf(part, html.indexOf('max-width')));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(html).not.toContain('Empty');
  });

  it('is readable on a telephone: one column that is as wide as the screen', () => {
    const html = emailHtml(aContent());
    expect(html).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    expect(html).toContain('width="100%"');
    expect(html).not.toMatch(/[^-]width:\s*\d+px|white-space:\s*nowrap/);
  });

  it('escapes what is in every part', () => {
    const html = emailHtml({
      subject: hostile,
      short: hostile,
      facts: [[hostile, hostile]],
      sections: [
        { title: hostile, body: hostile },
        { title: '', body: [hostile] },
      ],
      links: [{ label: hostile, url: `https://answer.example/"onmouseover="x<script>` }],
      tone: 'trouble',
    });
    expect([...namesOf(html)].filter((name) => !allowed.has(String(name)))).toEqual([]);
    expect(tagsOf(html).filter((tag) => /\son[a-z]+=/i.test(tag))).toEqual([]);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot; &#39;single&#39;');
  });

  it('links to nothing but https, and loads nothing', () => {
    const urls = [
      'javascript:alert(1)',
      'http://plain.example/',
      'data:text/html,x',
      '//elsewhere.example',
      ' https://space.example',
      `https://${'x'.repeat(3_000)}.example`,
    ];
    const html = emailHtml(aContent({ links: urls.map((url) => ({ label: 'x', url })) }));
    expect(html).not.toContain('<a ');
    expect(emailHtml(aContent())).toContain('href="https://answer.example/?a=1&amp;b=2"');
    expect(html).not.toMatch(/\bsrc=|url\(|@import|<link/);
  });

  it('shows a detail of 4,000 characters whole', () => {
    const html = emailHtml(aContent({ sections: [{ title: 'Issue', body: longDetail }] }));
    expect(html).toContain(escapeHtml(longDetail));
    expect(html).not.toContain('was cut');
  });

  it('says that it was cut, and where the rest is', () => {
    const html = emailHtml(aContent({ sections: [{ title: 'Issue', body: longDetail.repeat(3) }] }));
    expect(html).toContain('…</div>');
    expect(html).toContain('What ends with … was cut: the rest is on the record of the incident.');
  });

  it('says how many lines of a list are left out', () => {
    const body = Array.from({ length: 45 }, (_, index) => `entry ${index}`);
    const html = emailHtml(aContent({ sections: [{ title: 'Changes', body }] }));
    expect(html).toContain('<li style="word-break:break-word;">15 more …</li>');
    expect(html).not.toContain('entry 30');
    expect(html).toContain('on the record of the incident');
  });

  it.each([
    [
      'long lists of quotes',
      {
        sections: Array.from({ length: 9 }, () => ({
          title: 'x',
          body: Array<string>(60).fill(`"'`.repeat(900)),
        })),
      },
    ],
    [
      'long texts',
      { sections: Array.from({ length: 60 }, () => ({ title: 'x', body: '🔥'.repeat(9_000) })) },
    ],
    [
      'many sections',
      { sections: Array.from({ length: 900 }, () => ({ title: '"'.repeat(300), body: '"'.repeat(300) })) },
    ],
    ['many facts', { facts: Array.from({ length: 900 }, () => ['label', '"'.repeat(5_000)] as const) }],
    [
      'many links',
      {
        links: Array.from({ length: 90 }, () => ({
          label: '"'.repeat(500),
          url: `https://a.example/${'&'.repeat(1_900)}`,
        })),
      },
    ],
    ['a long subject', { subject: '"'.repeat(200_000), short: '"'.repeat(200_000) }],
  ] satisfies [string, Partial<Content>][])('is never so long that its end is hidden: %s', (_, changes) => {
    const html = emailHtml(aContent(changes));
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(clipped);
    expect(html).toMatch(/<\/html>$/);
  });

  it('is whole, small enough and free of markup that is not its own, whatever it says', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4_000 }),
      fc.constantFrom(hostile, longDetail),
    );
    const content = fc.record({
      subject: text,
      short: text,
      facts: fc.array(fc.tuple(text, text), { maxLength: 8 }),
      sections: fc.array(fc.record({ title: text, body: fc.oneof(text, fc.array(text)) }), { maxLength: 9 }),
      links: fc.array(fc.record({ label: text, url: fc.oneof(fc.webUrl(), text) }), { maxLength: 4 }),
      tone: fc.constantFrom('trouble', 'progress', 'recovered', 'plan'),
    });
    fc.assert(
      fc.property(content, (given) => {
        const html = emailHtml(given);
        expect(Buffer.byteLength(html)).toBeLessThanOrEqual(clipped);
        expect([...namesOf(html)].filter((name) => !allowed.has(String(name)))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
