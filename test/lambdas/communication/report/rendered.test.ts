import { describe, expect, it } from 'vitest';
import { reportHtml } from '../../../../lambdas/communication/report/html.ts';
import { reportLink } from '../../../../lambdas/communication/report/link.ts';
import { escapeMarkdown, reportMarkdown } from '../../../../lambdas/communication/report/markdown.ts';
import { fitting, valueText } from '../../../../lambdas/communication/report/shape.ts';
import type { IncidentRecord } from '../../../../lambdas/incident/contract.ts';
import { after, entry, failover, notice, record, reportOn } from './records.ts';

const htmlOf = (of: IncidentRecord) => reportHtml(reportOn(of));
const markdownOf = (of: IncidentRecord) => reportMarkdown(reportOn(of));
/** What a browser would show, near enough: no tags, no entities. */
const seen = (page: string) =>
  page
    .replace(/<style>[^]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ');

/** What must be in it, whatever it looks like. */
const parts = [
  'dev-20261123-120305',
  'recovered after 26 min',
  'alarm lifeboat-dev-primary-unhealthy opened the incident at 2026-11-23 12:03:05 UTC',
  'One other start joined it: alarm lifeboat-dev-primary-unreachable',
  'for 10 min of these a person was waited for',
  'erlmcp would lose 42 s of its writes',
  'Find out why the primary failed.',
  'approved the promotion (link)',
  'the region will not be back today',
  'read ECONNRESET after 38 ms',
  'the secret says the standby already',
  'nobody had taken the call',
  'HTTP 503: no service',
  'the provider has confirmed it',
  'look 1: all 3 tests pass',
  'incidents/dev-20261123-120305.json',
];

describe('the page', () => {
  const page = htmlOf(failover);

  it.each(parts)('has %s', (part) => {
    expect(seen(page).toLowerCase()).toContain(part.toLowerCase());
  });

  it('needs nothing else: no script, no link, nothing from elsewhere', () => {
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|\ssrc=|\shref=|\son\w+=/i);
  });

  it('is for small screens, for the dark and for paper', () => {
    for (const rule of [
      'width=device-width',
      'prefers-color-scheme:dark',
      'max-width:640px',
      '@media print',
    ]) {
      expect(page).toContain(rule);
    }
  });

  it('draws phases, who did something, who was told, and the RTO', () => {
    const svg = /<svg[^]*<\/svg>/.exec(page)?.[0] ?? '';
    for (const label of ['recovery', 'waiting: promotion', 'switch-dns', 'ada', 'oncall, slack', 'RTO 1 h']) {
      expect(svg).toContain(label);
    }
    expect(svg).not.toContain('RTO is over');
    expect(svg.match(/class="failed" d="M/g)).toHaveLength(2);
    expect(htmlOf({ ...failover, closedAt: after(7_200) })).toContain('RTO is over');
  });

  it('draws numbers alone, also of an incident that has just begun', () => {
    for (const page_ of [
      page,
      htmlOf(record()),
      htmlOf(record({ closedAt: after(0), outcome: 'recovered' })),
    ]) {
      expect(page_).not.toMatch(/NaN|Infinity|undefined|\[object/);
    }
  });
});

describe('the Markdown', () => {
  const markdown = markdownOf(failover);

  it.each(parts)('has %s', (part) => {
    expect(markdown.replaceAll('\\', '').replaceAll('&#39;', "'").toLowerCase()).toContain(
      part.toLowerCase(),
    );
  });

  it('has as many cells in each row as its table has columns', () => {
    const cells = (line: string) => line.replaceAll('\\|', '').split('|').length;
    for (const table of markdown.split('\n\n').filter((block) => block.startsWith('|'))) {
      expect(new Set(table.split('\n').map(cells)).size).toBe(1);
    }
  });
});

describe('a record with next to nothing in it', () => {
  const nothing = record();

  it('says that it is unknown', () => {
    for (const text of [seen(htmlOf(nothing)), markdownOf(nothing)]) {
      expect(text).toMatch(/Last seen well[ |]+unknown/);
      expect(text).toMatch(/nothing on the record measured it/);
      expect(text).toContain('No decision is on the record.');
      expect(text).toContain('Nobody, as far as the record says.');
      expect(text).toContain('The incident is not over: this is as of 2026-11-23 13:03:05 UTC');
      expect(text).not.toMatch(/Data loss[ |]+0 s/);
    }
  });
});

describe('markup in what people and machines wrote', () => {
  const nasty = '</td><script>alert("x")</script> | `a` *b* [c](javascript:d) & \\| \u2028 # e\r\n- f';
  const everywhere: IncidentRecord = {
    ...failover,
    ref: { ...failover.ref, startedBy: nasty },
    joined: [nasty],
    summary: nasty,
    executionArn: nasty,
    acknowledged: { at: after(1), by: nasty, via: nasty },
    timeline: [entry(1, nasty, nasty, nasty), entry(2, nasty, `approved the ${nasty} (x)`, nasty)],
    steps: [{ step: nasty, status: 'changed', summary: nasty, before: { [nasty]: nasty }, after: nasty }],
    checks: [{ name: nasty, held: false, evidence: nasty }],
    preImages: { [nasty]: nasty },
    notes: [{ at: after(3), by: nasty, text: nasty, via: nasty }],
    nextSteps: [nasty],
    notices: [notice(4, { subject: nasty, delivered: false, failure: nasty })],
  };

  it('is shown and not run on the page', () => {
    const page = htmlOf(everywhere);
    expect(page).not.toMatch(/<script/i);
    expect(page).not.toContain('alert("x")');
    expect(page.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(15);
  });

  it('breaks no table of the Markdown, and is no link and no tag in it', () => {
    const markdown = markdownOf(everywhere);
    expect(markdown).not.toMatch(/<script|(?<!\\)\]\(javascript/i);
    for (const table of markdown.split('\n\n').filter((block) => block.startsWith('|'))) {
      const columns = table
        .split('\n')
        .map((line) => line.replace(/\\\\/g, '').replace(/\\\|/g, '').split('|').length);
      expect(new Set(columns).size).toBe(1);
    }
  });

  it('begins no list and no line of its own', () => {
    expect(escapeMarkdown('- a')).toBe('\\- a');
    expect(escapeMarkdown('1. a')).toBe('1\\. a');
    expect(escapeMarkdown('1.5 s')).toBe('1.5 s');
    expect(escapeMarkdown('a\n# b')).toBe('a \\# b');
    expect(escapeMarkdown('\\|')).toBe('\\\\\\|');
  });
});

describe('what is secret', () => {
  it('is not shown, wherever a step has seen it', () => {
    const steps = [
      {
        step: 'swap-database',
        status: 'changed' as const,
        summary: 'swapped',
        before: { host: 'db-1', password: 'hunter2', nested: [{ taskToken: 'AQCEAAAAKgAAAAM' }] },
        after: { SecretString: '{"password":"hunter2"}' },
      },
    ];
    const of = { ...failover, steps, preImages: { 'swap-database': { apiKey: 'hunter2', port: 5432 } } };
    for (const text of [htmlOf(of), markdownOf(of)]) {
      expect(text).not.toMatch(/hunter2|AQCEAAAAKg/);
      expect(text).toContain('db-1');
      expect(text).toContain('not shown');
    }
  });

  it('is known by its name; the name of a secret is not one', () => {
    expect(valueText({ secret: 'lifeboat/prod/erlmcp', dbPassword: 'x' })).toBe(
      '{ "secret": "lifeboat/prod/erlmcp", "dbPassword": "(not shown)" }',
    );
  });
});

describe('a long incident', () => {
  /** The characters that take most on a page, and in Markdown. */
  const long = '"\'|<'.repeat(2_000);
  const many = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index));
  const huge: IncidentRecord = {
    ...failover,
    ref: { ...failover.ref, startedBy: long },
    executionArn: long,
    closedAt: after(26 * 3_600),
    summary: long,
    joined: many(500, () => long),
    changed: many(500, () => long),
    unchanged: many(500, () => long),
    nextSteps: many(500, () => long),
    timeline: [
      entry(0, 'alarm', 'the beginning'),
      ...many(3_000, (index) => entry(index * 31, `actor-${index % 90}`, long, long)),
      ...many(3_000, (index) => entry(index * 31, `decide-${index % 90}`, `go: ${long}`, long)),
      entry(93_000, 'close-incident', 'the end'),
    ],
    steps: many(500, () => ({
      step: long,
      status: 'changed',
      summary: long,
      before: { long },
      after: { long },
    })),
    checks: many(2_000, (index) => ({ name: `promotion/${index}/loss`, held: true, evidence: long })),
    notes: many(500, (index) => ({ at: after(index), by: long, text: long, via: 'Slack' })),
    preImages: Object.fromEntries(many(300, (index) => [`${index}${long}`, { long }])),
    notices: (['oncall', 'oncall-secondary', 'management', 'partners', 'public'] as const).flatMap(
      (audience) =>
        (['email', 'slack', 'sms', 'page', 'ticket'] as const).flatMap((channel) =>
          many(900, (index) =>
            notice(index * 104, {
              channel,
              audience,
              subject: long,
              delivered: index % 2 === 0,
              failure: long,
            }),
          ),
        ),
    ),
  };

  it.each([
    ['page', htmlOf],
    ['Markdown', markdownOf],
  ])('has a %s below a megabyte, made in a moment', (_, render) => {
    const began = performance.now();
    const text = render(huge);
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(text).toContain('the beginning');
    expect(text).toContain('the end');
    expect(text).toMatch(/… \d+ more, in incidents\/dev-20261123-120305\.json on the ledger …/);
  });

  it('says of each value that was cut where all of it is', () => {
    expect(htmlOf(huge)).toContain('(all of it in incidents/dev-20261123-120305.json, steps[0].before)');
  });

  it('of an ordinary kind is whole', () => {
    const ordinary = {
      ...failover,
      notices: Array.from({ length: 900 }, (_, index) =>
        notice(index * 104, { subject: `update ${index}.` }),
      ),
    };
    expect(htmlOf(ordinary)).toContain('update 450.');
    expect(htmlOf(ordinary)).not.toMatch(/… \d+ more/);
  });
});

describe('rows that fit', () => {
  it('are all of them', () => {
    expect(fitting(['ab', 'cd'], 6)).toEqual({ head: ['ab', 'cd'], tail: [], left: 0 });
  });

  it('are the first and the last', () => {
    const rows = Array.from({ length: 100 }, (_, index) => String(index).padStart(4, '0'));
    expect(fitting(rows, 50)).toEqual({
      head: rows.slice(0, 5),
      tail: rows.slice(95),
      left: 90,
    });
  });

  it('may be none, when one is too large', () => {
    expect(fitting(['x'.repeat(100)], 50)).toEqual({ head: [], tail: [], left: 1 });
  });
});

it('the link leads to the object in the console of its region', () => {
  const link = new URL(reportLink('lifeboat-prod-ledger', 'us-east-2', 'reports/prod-1/report.html'));
  expect(link.origin + link.pathname).toBe(
    'https://us-east-2.console.aws.amazon.com/s3/object/lifeboat-prod-ledger',
  );
  expect(Object.fromEntries(link.searchParams)).toEqual({
    region: 'us-east-2',
    prefix: 'reports/prod-1/report.html',
  });
});
