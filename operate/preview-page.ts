import { createHash } from 'node:crypto';
import { blocksOf } from '../lambdas/communication/channels/slack-blocks.ts';
import { headBlocks } from '../lambdas/communication/channels/slack-head.ts';
import type { Content } from '../lambdas/communication/contract.ts';
import { withNotice, type History } from '../lambdas/communication/page/history.ts';
import { statusPageHtml } from '../lambdas/communication/page/html.ts';
import { emailHtml } from '../lambdas/communication/render/email-html.ts';
import { escapeHtml } from '../lambdas/communication/render/escape.ts';
import { plainText } from '../lambdas/communication/render/plain.ts';
import { smsText } from '../lambdas/communication/render/sms.ts';
import type { Audience, ChannelName } from '../lambdas/incident/contract.ts';
import { duration, moment } from '../lambdas/incident/time-words.ts';
import { script, style } from './preview-style.ts';
import { slackHtml } from './preview-slack.ts';
import type { Heard, Preview, Shown } from './preview.ts';

/** The preview as one page that needs nothing else, and sends nothing when something is tapped. */

const audiences: Readonly<Record<Audience, string>> = {
  oncall: 'First on call',
  'oncall-secondary': 'Second on call',
  management: 'Management',
  'customers-enterprise': 'Enterprise customers',
  'customers-standard': 'Standard customers',
  partners: 'Partners',
  public: 'The public',
};

const channels: Readonly<Record<ChannelName, string>> = {
  email: 'E-mail',
  sms: 'Text message',
  slack: 'Slack',
  pagerduty: 'PagerDuty',
  ticket: 'Ticket',
  statuspage: 'Statuspage',
  page: 'Our status page',
};

/** Side by side where they are narrow. */
const narrow: ReadonlySet<ChannelName> = new Set(['sms', 'pagerduty', 'ticket', 'statuspage', 'slack']);

export function previewHtml(preview: Preview): string {
  const { severity, scenario, environment, settings, sample, heard } = preview;
  const byAudience = Map.groupBy(heard, ({ audience }) => audience);
  const count = heard.reduce((sum, { messages }) => sum + messages.length, 0);
  const title = `What ${settings.application} would send: ${severity}, ${scenario}, ${environment}`;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; form-action 'none'; base-uri 'none'">`,
    `<title>${escapeHtml(title)}</title><style>${style}</style></head><body><main>`,
    `<h1>${escapeHtml(title)}</h1>`,
    `<p>${count} messages by ${heard.length} ways, of a sample: incident <code>${escapeHtml(sample.incident.id)}</code> never was, ` +
      'and none of its links leads anywhere. It ends in one of the two ways that are shown last.</p>',
    `<nav>${[...byAudience].map(([audience, ways]) => `<a href="#${audience}">${audiences[audience]} <small>${ways.map(({ channel }) => channels[channel]).join(', ')}</small></a>`).join('')}</nav>`,
    ...[...byAudience].map(
      ([audience, ways]) =>
        `<section id="${audience}"><h2>${audiences[audience]}</h2>${ways.map((way) => wayHtml(way, preview)).join('\n')}</section>`,
    ),
    `</main><script>${script}</script></body></html>`,
  ].join('\n');
}

function wayHtml(heard: Heard, preview: Preview): string {
  const { audience, channel, messages } = heard;
  const cards =
    channel === 'page'
      ? pageCards(messages, preview)
      : messages.map((shown) => cardHtml(shown, bodyHtml(shown, channel, preview), preview));
  return [
    `<h3 id="${audience}-${channel}">${channels[channel]} <small>${audiences[audience]}</small></h3>`,
    messages.length === 0
      ? '<p>Nothing.</p>'
      : `<div class="${narrow.has(channel) ? 'narrow' : 'wide'}">${cards.join('\n')}</div>`,
  ].join('\n');
}

function cardHtml({ title, kind, delivery }: Shown, body: string, { sample }: Preview): string {
  const after = (delivery.now - Date.parse(sample.incident.startedAt)) / 1_000;
  return `<article data-kind="${kind}"><h4>${escapeHtml(title)} <small>after ${duration(after)}, ${moment(delivery.now)}</small></h4>${body}</article>`;
}

function bodyHtml(shown: Shown, channel: Exclude<ChannelName, 'page'>, preview: Preview): string {
  const { content } = shown.delivery.message;
  switch (channel) {
    case 'email':
      return [
        `<p class="subject">${escapeHtml(content.subject)}</p>`,
        `<div class="both">${frame(emailHtml(content), content.subject)}`,
        `<details open><summary>Plain text</summary><pre>${escapeHtml(plainText(content))}</pre></details></div>`,
      ].join('');
    case 'sms': {
      const text = smsText(content);
      return `<pre class="bubble">${escapeHtml(text)}</pre><p class="quiet">${Buffer.byteLength(text)} bytes</p>`;
    }
    case 'slack':
      return slackBody(shown, preview);
    case 'pagerduty':
    case 'statuspage':
      return plain(content);
    case 'ticket':
      // A ticket is read by more people than may answer: it gets no link that acts.
      return plain({ ...content, links: content.links.filter(({ url }) => !isSigned(url)) });
  }
}

function isSigned(url: string): boolean {
  return URL.parse(url)?.searchParams.has('signature') === true;
}

function plain(content: Content): string {
  return `<p class="subject">${escapeHtml(content.subject)}</p><pre>${escapeHtml(plainText(content))}</pre>`;
}

/** The message, and how the head of the thread looks then. */
function slackBody({ kind, delivery }: Shown, { settings, sample }: Preview): string {
  const { record, now, message } = delivery;
  const buttons = settings.channels.slack?.buttons === true;
  const question = kind === 'approval' ? record?.pending?.[0] : undefined;
  const gate = (['promotion', 'restore', 'configuration', 'hardware'] as const).find(
    (each) => each === question?.gate,
  );
  const given =
    buttons && question && gate
      ? {
          value: { incident: sample.incident.id, gate, askedAt: question.askedAt },
          actions: ['lifeboat_approve', 'lifeboat_reject'] as const,
        }
      : undefined;
  const head = headBlocks({
    incident: sample.incident,
    record,
    application: settings.application,
    now,
    buttons,
  });
  const said = slackHtml(blocksOf(message.content, given));
  if (kind === 'opened') {
    return `<p class="quiet">The head of the thread</p>${slackHtml(head)}<p class="quiet">The first answer below it</p>${said}`;
  }
  return `${said}<details><summary>The head of the thread then</summary>${slackHtml(head)}</details>`;
}

/** The page after each notice; of the two ends each follows the same beginning. */
function pageCards(messages: readonly Shown[], preview: Preview): readonly string[] {
  const { application, publicName } = preview.settings;
  let before: History | null = null;
  return messages.map((shown) => {
    const { delivery, kind } = shown;
    const history: History = withNotice(before, delivery) ?? before ?? { incidents: [] };
    if (kind !== 'escalation') before = history;
    const page = statusPageHtml(history, { application, publicName, now: delivery.now });
    return cardHtml(shown, frame(page, shown.title), preview);
  });
}

/** No script runs in it and nothing is sent from it; the page around it may see how high it is. */
function frame(html: string, title: string): string {
  return `<iframe sandbox="allow-same-origin" title="${escapeHtml(title)}" srcdoc="${escapeHtml(html)}"></iframe>`;
}
