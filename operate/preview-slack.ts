import type { KnownBlock } from '@slack/web-api';
import { escapeHtml } from '../lambdas/communication/render/escape.ts';

/** Slack's blocks as they look in Slack, near enough to be read. Pure. */

/** Those that our blocks have (slack-blocks.ts, slack-head.ts). */
const signs: Readonly<Record<string, string>> = {
  red_circle: dot('red'),
  large_orange_circle: dot('orange'),
  large_green_circle: dot('green'),
  large_blue_circle: dot('blue'),
  rotating_light: '🚨',
  raised_hand: '✋',
  mag: '🔍',
};

function dot(color: string): string {
  return `<span class="dot ${color}">●</span>`;
}

export function slackHtml(blocks: readonly KnownBlock[]): string {
  return `<div class="slack">${blocks.map(blockHtml).join('\n')}</div>`;
}

function blockHtml(block: KnownBlock): string {
  switch (block.type) {
    case 'header':
      return `<h5>${signed(escapeHtml(block.text.text))}</h5>`;
    case 'section':
      return [
        ...(block.text ? [`<p>${textHtml(block.text)}</p>`] : []),
        ...(block.fields
          ? [`<div class="fields">${block.fields.map((field) => `<p>${textHtml(field)}</p>`).join('')}</div>`]
          : []),
      ].join('');
    case 'context':
      return `<p class="context">${block.elements.map((element) => ('text' in element ? textHtml(element) : '')).join(' ')}</p>`;
    case 'actions':
      return `<p class="actions">${block.elements.map(buttonHtml).join(' ')}</p>`;
    case 'divider':
      return '<hr>';
    default:
      return `<pre>${escapeHtml(JSON.stringify(block, null, 2))}</pre>`;
  }
}

interface Text {
  readonly type: string;
  readonly text: string;
}

function textHtml({ type, text }: Text): string {
  return type === 'mrkdwn' ? mrkdwnHtml(text) : signed(escapeHtml(text));
}

/** A button that leads somewhere does not here: it is a sample. */
function buttonHtml(element: { readonly type: string }): string {
  const { text, style = 'plain' } = element as { readonly text?: Text; readonly style?: string };
  return `<span class="button ${escapeHtml(style)}">${text ? textHtml(text) : escapeHtml(element.type)}</span>`;
}

/**
 * Slack's own markup: bold, italic, struck, code. Its three characters come escaped; what would be markup and is not
 * has a character without width behind its sign, so that it is none here either.
 */
export function mrkdwnHtml(text: string): string {
  const plain = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  const between = (sign: string) =>
    new RegExp(`(^|[\\s(])${sign}(?![\\s\\u200b])([^\\n]*?[^\\s])${sign}(?=$|[\\s.,:;!?)])`, 'gm');
  const marked = escapeHtml(plain)
    .replace(between('\\*'), '$1<strong>$2</strong>')
    .replace(between('_'), '$1<em>$2</em>')
    .replace(between('~'), '$1<s>$2</s>')
    .replace(between('`'), '$1<code>$2</code>');
  return signed(marked);
}

function signed(html: string): string {
  return html.replace(/:([a-z_]+):/g, (whole, name: string) => signs[name] ?? whole);
}
