import type { DrillReport } from './contract.ts';
import { html, type Markup } from './markup.ts';
import { slackView } from './slack-view.ts';

/** What people read, each channel as it looks there. Nothing of it runs: mails and pages are in frames without scripts. */

type Inboxes = DrillReport['inboxes'];

export function inboxViews(inboxes: Inboxes, since: (at: string) => string): Markup {
  const { mail, sms, slack, pagerduty, statuspage, tickets, page } = inboxes;
  const boxes = [...Map.groupBy(mail, ({ to }) => to)];
  const phones = [...Map.groupBy(sms, ({ to }) => to)];
  return html`
    ${slack.length === 0 ? '' : part('Slack', slack.length, slackView(slack, since))}
    ${boxes.map(([to, mails]) =>
      part(
        `Mail of ${to}`,
        mails.length,
        html`${mails.map(
          ({ at, subject, text, html: rich, from }) =>
            html`<details class="mail">
              <summary><time>${since(at)}</time> ${subject}</summary>
              <p class="where">from ${from}</p>
              ${rich === undefined ? html`<pre>${text}</pre>` : frame(rich, subject)}
            </details>`,
        )}`,
      ),
    )}
    ${phones.map(([to, texts]) =>
      part(
        `Telephone ${to}`,
        texts.length,
        html`${texts.map(({ at, text }) => html`<p class="bubble"><time>${since(at)}</time>${text}</p>`)}`,
      ),
    )}
    ${
      pagerduty.length === 0
        ? ''
        : part(
            'PagerDuty',
            pagerduty.length,
            html`${pagerduty.map(
              ({ dedupKey, status, severity, summary, log }) =>
                html`<article class="card">
                  <p><b>${summary}</b></p>
                  <p class="where">${severity}, ${status} · ${dedupKey}</p>
                  <ol>
                    ${log.map(({ at, action, summary: what }) => html`<li><time>${since(at)}</time> ${action} ${what}</li>`)}
                  </ol>
                </article>`,
            )}`,
          )
    }
    ${
      statuspage.length === 0
        ? ''
        : part(
            'Statuspage',
            statuspage.length,
            html`${statuspage.map(
              ({ name, status, impact, updates }) =>
                html`<article class="card">
                  <p><b>${name}</b></p>
                  <p class="where">${impact}, ${status}</p>
                  ${updates.toReversed().map(
                    ({ at, status: then, body }) =>
                      html`<p class="where">${then} <time>${since(at)}</time></p>
                        <pre>${body}</pre>`,
                  )}
                </article>`,
            )}`,
          )
    }
    ${
      tickets.length === 0
        ? ''
        : part(
            'Ticket',
            tickets.length,
            html`${tickets.map(
              ({ ref, title, text, state, comments }) =>
                html`<article class="card">
                  <p><b>${ref}: ${title}</b> <span class="status">${state}</span></p>
                  <pre>${text}</pre>
                  ${comments.map(
                    ({ at, text: words }) =>
                      html`<p class="where">comment <time>${since(at)}</time></p>
                        <pre>${words}</pre>`,
                  )}
                </article>`,
            )}`,
          )
    }
    ${page === null ? '' : part('Our own status page', 1, frame(page, 'status page'))}
  `;
}

function part(title: string, count: number, content: Markup): Markup {
  return html`<details class="inbox">
    <summary>${title} <span class="where">${count}</span></summary>
    ${content}
  </details>`;
}

function frame(content: string, title: string): Markup {
  return html`<iframe sandbox="" loading="lazy" title="${title}" srcdoc="${content}"></iframe>`;
}

export const inboxCss = `
.inbox > summary { font-weight: 600; padding: .3rem 0; } .inbox { padding: .35rem 0; }
iframe { width: 100%; height: 34rem; border: 1px solid var(--line); border-radius: 6px; background: #fff; }
.mail { margin-left: 1rem; } .bubble { background: var(--panel); border: 1px solid var(--line); border-radius: 12px; padding: .5rem .8rem; max-width: 30rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.bubble time { display: block; } .card, .post { border: 1px solid var(--line); border-radius: 8px; padding: .6rem 1rem; margin: .6rem 0; overflow-wrap: anywhere; }
.card ol { padding-left: 1.2rem; } .card p, .post p { margin: .25rem 0; } .post h4 { margin: .3rem 0; font-size: 1.05rem; }
.thread { border-left: 3px solid var(--line); padding-left: 1rem; } .fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .2rem 1rem; }
.button { display: inline-block; border: 1px solid var(--line); border-radius: 4px; padding: .15rem .7rem; font-weight: 600; } .button.primary { background: var(--good); color: var(--paper); } .button.danger { background: var(--bad); color: var(--paper); }
`;
