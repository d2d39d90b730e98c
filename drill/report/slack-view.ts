import type { DrillReport } from './contract.ts';
import { html, Markup } from './markup.ts';

/** Slack's thread as its readers see it, from the blocks that were sent. */

type Post = DrillReport['inboxes']['slack'][number];
type Json = Readonly<Record<string, unknown>>;

export function slackView(posts: readonly Post[], since: (at: string) => string): Markup {
  const heads = posts.filter(({ threadTs }) => threadTs === undefined);
  return html`${heads.map((head) => {
    const answers = posts.filter(({ threadTs }) => threadTs === head.ts);
    return html`<div class="slack">
      ${post(head, since)}
      <p class="where">${answers.length} replies</p>
      <div class="thread">${answers.map((answer) => post(answer, since))}</div>
    </div>`;
  })}`;
}

function post({ at, editedAt, text, blocks }: Post, since: (at: string) => string): Markup {
  return html`<article class="post">
    <p class="who">
      <b>Lifeboat</b> <time>${since(at)}</time>
      ${editedAt === undefined ? '' : html`<span class="where">(edited ${since(editedAt)})</span>`}
    </p>
    ${blocks.length === 0 ? html`<p>${mrkdwn(text)}</p>` : blocks.map((block) => blockOf(block as Json))}
  </article>`;
}

function blockOf(block: Json): Markup {
  switch (block['type']) {
    case 'header':
      return html`<h4>${emoji(textOf(block['text']))}</h4>`;
    case 'section': {
      const fields = (block['fields'] ?? []) as readonly Json[];
      return html`${block['text'] === undefined ? '' : html`<p>${mrkdwn(textOf(block['text']))}</p>`}
      ${fields.length === 0 ? '' : html`<div class="fields">${fields.map((field) => html`<p>${mrkdwn(textOf(field))}</p>`)}</div>`}`;
    }
    case 'context':
      return html`<p class="where">
        ${((block['elements'] ?? []) as readonly Json[]).map((element) => mrkdwn(textOf(element)))}
      </p>`;
    case 'actions':
      return html`<p>
        ${((block['elements'] ?? []) as readonly Json[]).map(
          (button) =>
            html`<span class="button ${typeof button['style'] === 'string' ? button['style'] : ''}"
              >${textOf(button['text'])}</span
            > `,
        )}
      </p>`;
    default:
      return html`<hr />`;
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { text } = (value ?? {}) as Json;
  return typeof text === 'string' ? text : '';
}

/** Slack's markup: what it escapes is escaped already, and what is left of < and > is a link. */
function mrkdwn(text: string): Markup {
  const safe = text
    .replace(/<(https:\/\/[^|>\s"]+)\|([^>]*)>/g, '\ue001$1\ue002$2\ue003')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/\ue001([^\ue002]*)\ue002([^\ue003]*)\ue003/g, '<a href="$1">$2</a>')
    .replace(/(^|[\s>])\*(\S(?:[^*\n]*\S)?)\*(?=\W|$)/g, '$1<b>$2</b>')
    .replace(/\n/g, '<br>');
  return new Markup(safe);
}

const signs: Readonly<Record<string, string>> = {
  red_circle: '🔴',
  large_orange_circle: '🟠',
  large_green_circle: '🟢',
  large_blue_circle: '🔵',
  rotating_light: '🚨',
  raised_hand: '✋',
  mag: '🔍',
};

function emoji(text: string): string {
  return text.replace(/:([a-z_]+):/g, (whole, name: string) => signs[name] ?? whole);
}
