import type { Content } from '../../../../lambdas/communication/contract.ts';

/** What somebody could bring into a notice: markup of every channel. */
export const hostile =
  `<script>alert(1)</script> & "quoted" 'single' <img src=x onerror=alert(1)> *bold* _it_ ~no~ \`code\` ` +
  '<!channel> <@U123> [link](https://evil.example) ${x} {{x}} <https://evil.example|click>';

/** 4,000 characters, two of UTF-16 and four bytes each now and then, so that cuts go through the middle of some. */
export const longDetail = 'The node äöü 🔥 does not answer. '.repeat(130).slice(0, 4_000);

export function aContent(changes: Partial<Content> = {}): Content {
  return {
    subject: '[P0] prod-1: recovery started',
    short: 'The primary site appears to be lost.',
    facts: [
      ['Incident ID', 'prod-1'],
      ['Severity', 'P0 (critical, complete failure)'],
    ],
    sections: [
      { title: 'Issue', body: 'The primary site appears to be lost.' },
      { title: 'Current status', body: ['one', 'two'] },
      { title: 'Empty', body: '' },
      { title: '', body: 'Without a title.' },
    ],
    links: [{ label: 'Take the call', url: 'https://answer.example/?a=1&b=2' }],
    tone: 'trouble',
    ...changes,
  };
}
