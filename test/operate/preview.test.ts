import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Scenario, Severity } from '../../lambdas/incident/contract.ts';
import { communicationOf } from '../../lib/config/communication.ts';
import { loadEnvironment } from '../../lib/config/load.ts';
import { parsePreviewArguments } from '../../operate/preview-arguments.ts';
import { previewHtml } from '../../operate/preview-page.ts';
import { mrkdwnHtml, slackHtml } from '../../operate/preview-slack.ts';
import { previewOf } from '../../operate/preview.ts';
import { typed } from './acknowledge-aws.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'lifeboat-preview-'));
afterAll(() => rmSync(directory, { recursive: true }));

const prod = loadEnvironment('prod');
const severities: readonly Severity[] = ['P0', 'P1', 'P2', 'P3'];
const scenarios: readonly Scenario[] = [
  'site-failure',
  'data-corruption',
  'configuration-loss',
  'application-failure',
  'hardware-failure',
];
const page = previewHtml(previewOf(prod, 'P0', 'site-failure'));

describe.each(['dev', 'staging', 'prod'])('the preview of %s', (name) => {
  const environment = loadEnvironment(name);
  const cases = severities.flatMap((severity) => scenarios.map((scenario) => [severity, scenario] as const));

  it.each(cases)('has every route and kind in %s, %s', (severity, scenario) => {
    const { heard } = previewOf(environment, severity, scenario);
    const routes = communicationOf(environment).routes[severity];
    const shown = heard.flatMap(({ audience, channel, messages }) =>
      messages.map(({ kind }) => `${audience} ${channel} ${kind}`),
    );
    const ways = new Set(routes.flatMap(({ to, by }) => by.map((channel) => `${to} ${channel}`)));
    expect(heard.map(({ audience, channel }) => `${audience} ${channel}`).sort()).toEqual([...ways].sort());
    for (const { to, by, hears } of routes) {
      for (const channel of by) {
        for (const kind of hears) {
          // No gate asks about a restart.
          if (scenario === 'application-failure' && kind === 'approval') continue;
          // Of a channel that fails those hear who have another.
          if (kind === 'undelivered' && heard.every((each) => each.channel === channel)) continue;
          expect(shown).toContain(`${to} ${channel} ${kind}`);
        }
      }
    }
  });

  it.each(cases)(
    'has a milestone for each, and updates with and without changes in %s, %s',
    (severity, scenario) => {
      const { heard, settings } = previewOf(environment, severity, scenario);
      const email = heard.find(({ audience, channel }) => audience === 'oncall' && channel === 'email')!;
      const of = (kind: string) => email.messages.filter((each) => each.kind === kind);
      expect(of('milestone')).toHaveLength(settings.milestones.length);
      expect(of('update').map(({ delivery }) => delivery.message.content.unchanged)).toEqual([false, true]);
      for (const { delivery } of email.messages) {
        expect(JSON.stringify(delivery.message.content)).not.toMatch(/undefined|NaN|Invalid Date/);
      }
    },
  );
});

describe('what is shown', () => {
  const { heard } = previewOf(prod, 'P0', 'site-failure');
  const by = (audience: string, channel: string) =>
    heard.find((each) => each.audience === audience && each.channel === channel)!.messages;

  it('is in the order in which it would come, with the two ends last', () => {
    for (const { messages } of heard) {
      const during = messages.filter(({ kind }) => kind !== 'escalation' && kind !== 'recovered');
      const times = during.map(({ delivery }) => delivery.now);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(messages.slice(during.length).map(({ kind }) => kind)).toEqual(['escalation', 'recovered']);
    }
  });

  it('tells those who wait for a confirmation once it is confirmed', () => {
    const [first] = by('customers-enterprise', 'email');
    expect(first?.delivery.record?.confirmedAt).toBeDefined();
    expect(by('oncall', 'email')[0]?.delivery.record?.confirmedAt).toBeUndefined();
  });

  it('gives links that act to those who act, and the report to colleagues', () => {
    const labels = (audience: string) =>
      new Set(
        by(audience, 'email').flatMap(({ delivery }) =>
          delivery.message.content.links.map(({ label }) => label),
        ),
      );
    expect(labels('oncall')).toContain('Take the call');
    expect(labels('oncall')).toContain('Approve the promotion');
    expect(labels('management')).toEqual(new Set(['Read the report']));
    expect(labels('customers-standard')).toEqual(new Set());
  });

  it('gives a ticket no link that acts', () => {
    const ticket = page.slice(page.indexOf('id="oncall-ticket"'), page.indexOf('id="oncall-sms"'));
    expect(ticket).toContain('Read the report');
    expect(ticket).not.toContain('signature');
  });

  it('is drawn in every channel own form', () => {
    expect(page.match(/<article data-kind/g)).toHaveLength(
      heard.reduce((sum, { messages }) => sum + messages.length, 0),
    );
    const frames = heard.filter(({ channel }) => channel === 'email' || channel === 'page');
    expect(page.match(/<iframe sandbox="allow-same-origin" /g)).toHaveLength(
      frames.reduce((sum, { messages }) => sum + messages.length, 0),
    );
    expect(page).toContain('<span class="button primary">Approve …</span>');
    expect(page).toMatch(/<pre class="bubble">\[P0\] prod-/);
    // Of the public page, the end that is shown last does not have the other end in it.
    const last = page.slice(page.lastIndexOf('<iframe'));
    expect(last).toContain('Resolved');
    expect(last).not.toContain('by hand');
  });
});

describe('the page', () => {
  it('needs nothing else, and runs one script of its own', () => {
    expect(page).toContain("default-src 'none'");
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/<(img|link|form|input)\b| src=/);
  });

  it('escapes what looks like markup, twice within a frame', () => {
    const hostile = '</iframe><img src=x onerror=alert(1)>"\'&';
    const made = previewHtml(
      previewOf({ ...prod, application: { ...prod.application, name: hostile } }, 'P0', 'site-failure'),
    );
    expect(made).not.toContain('<img');
    expect(made.match(/<\/iframe>/g)).toHaveLength(page.match(/<\/iframe>/g)!.length);
    expect(made).toContain('&lt;/iframe&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
    expect(made).toContain('&amp;lt;img src=x');
  });
});

describe('Slack blocks', () => {
  it.each([
    ['*Issue*\nlost', '<strong>Issue</strong>\nlost'],
    ['*Now* check_dns: 2 * 3 * 4', '<strong>Now</strong> check_dns: 2 * 3 * 4'],
    ['*\u200bnot bold* and a_b_c', '*\u200bnot bold* and a_b_c'],
    ['_so_ ~not~ `code`', '<em>so</em> <s>not</s> <code>code</code>'],
    ['a &lt;b&gt; &amp;amp; c', 'a &lt;b&gt; &amp;amp; c'],
    [':unknown_sign: 10:20:30', ':unknown_sign: 10:20:30'],
  ])('draw %j', (text, html) => {
    expect(mrkdwnHtml(text)).toBe(html);
  });

  it('show what they do not know as it is', () => {
    expect(slackHtml([{ type: 'image', image_url: 'https://example.com/<a>', alt_text: 'a' }])).toContain(
      'https://example.com/&lt;a&gt;',
    );
    expect(slackHtml([{ type: 'divider' }])).toContain('<hr>');
  });
});

describe('npm run preview', () => {
  it('writes the page without asking anybody', async () => {
    const out = path.join(directory, 'made');
    const args = ['--env', 'prod', '--severity', 'P0', '--out', out];
    const made = await typed('preview-main.ts', args, 'http://127.0.0.1:9');
    expect([made.code, made.err]).toEqual([0, '']);
    expect(made.out).toContain(`is in ${path.join(out, 'index.html')}\n`);
    expect(made.out).toContain('  public by page: 5\n');
    expect(readFileSync(path.join(out, 'index.html'), 'utf8')).toBe(page);
  });

  it('ends with 2 when the command is wrong, and writes nothing', async () => {
    const out = path.join(directory, 'wrong');
    const { code, err } = await typed(
      'preview-main.ts',
      ['--severity', 'P9', '--scenario', 'flood', '--out', out],
      '',
    );
    expect(code).toBe(2);
    for (const part of [
      '--env: got nothing',
      '--severity: got "P9", allowed: P0, P1, P2, P3',
      '--scenario: got "flood", allowed: site-failure,',
      'usage: npm run preview',
    ]) {
      expect(err).toContain(part);
    }
    expect(existsSync(out)).toBe(false);
  });

  it('has defaults', () => {
    expect(parsePreviewArguments(['--env', 'dev', '--severity', 'P1'])).toEqual({
      ...{ env: 'dev', severity: 'P1', scenario: 'site-failure', out: 'preview' },
    });
    expect(parsePreviewArguments(['--help'])).toBeNull();
  });
});
