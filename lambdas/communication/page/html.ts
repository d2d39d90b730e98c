import { duration, moment } from '../../incident/time-words.ts';
import type { Section } from '../contract.ts';
import { escapeHtml } from '../render/escape.ts';
import type { History, PublicIncident, PublicUpdate } from './history.ts';

/** Our own status page: one file without scripts, which any telephone shows. Pure. */

interface About {
  readonly application: string;
  readonly publicName: string;
  /** Milliseconds since the epoch: when it is written. */
  readonly now: number;
}

const words: Readonly<Record<PublicUpdate['state'], string>> = {
  investigating: 'Investigating',
  identified: 'Being restored',
  resolved: 'Resolved',
};
/** Of the updates before the newest, only how things stood. */
const standing = new Set(['Current status', 'Resolution']);

export function statusPageHtml({ incidents }: History, { application, publicName, now }: About): string {
  const open = incidents.filter(({ resolvedAt }) => resolvedAt === undefined);
  const past = incidents.filter(({ resolvedAt }) => resolvedAt !== undefined);
  const title = `${application} status`;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    // Whoever waits need not press a key.
    open.length > 0 ? '<meta http-equiv="refresh" content="60">' : '',
    `<title>${escapeHtml(title)}</title><style>${style}</style></head><body>`,
    `<header><h1>${escapeHtml(application)}</h1><p>${escapeHtml(publicName)}</p></header><main>`,
    `<div class="state ${open.length > 0 ? 'bad' : 'good'}" role="status"><strong>${stateOf(open)}</strong></div>`,
    ...open.map((incident) => article(incident, true)),
    '<h2>Past incidents</h2>',
    past.length === 0 ? '<p class="quiet">None in the last twelve months.</p>' : byDay(past),
    `</main><footer><p>Written ${time(new Date(now).toISOString())}. Times are UTC.</p></footer></body></html>`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function stateOf(open: readonly PublicIncident[]): string {
  const [first] = open;
  if (!first) return 'All is well';
  const state = first.updates[0]?.state ?? 'investigating';
  return state === 'investigating' ? 'We are looking into a possible problem' : 'There is a problem';
}

function byDay(past: readonly PublicIncident[]): string {
  const days = Map.groupBy(past, ({ startedAt }) => startedAt.slice(0, 10));
  return [...days]
    .map(
      ([day, incidents]) =>
        `<section><h3><time datetime="${day}">${day}</time></h3>${incidents.map((incident) => article(incident, false)).join('')}</section>`,
    )
    .join('\n');
}

function article(incident: PublicIncident, open: boolean): string {
  const { title, severity, startedAt, resolvedAt, updates } = incident;
  const lasted =
    resolvedAt === undefined
      ? ''
      : `, lasted ${duration((Date.parse(resolvedAt) - Date.parse(startedAt)) / 1_000)}`;
  const list = updates.map((update, index) => updateOf(update, open && index === 0)).join('');
  return [
    `<article><h3>${escapeHtml(title)}</h3>`,
    `<p class="quiet">${escapeHtml(severity)}, since ${time(startedAt)}${escapeHtml(lasted)}</p>`,
    open
      ? `<ol>${list}</ol>`
      : `<details><summary>${updates.length} updates</summary><ol>${list}</ol></details>`,
    '</article>',
  ].join('');
}

function updateOf({ at, state, sections }: PublicUpdate, whole: boolean): string {
  const shown = whole ? sections : sections.filter(({ title }) => standing.has(title));
  return `<li><p class="when"><strong>${words[state]}</strong> ${time(at)}</p>${shown.map(sectionOf).join('')}</li>`;
}

function sectionOf({ title, body }: Section): string {
  const head = title === '' ? '' : `<strong>${escapeHtml(title)}:</strong> `;
  if (typeof body === 'string') return `<p>${head}${escapeHtml(body)}</p>`;
  return `<p>${head}${body.map(escapeHtml).join('; ')}</p>`;
}

function time(at: string): string {
  return `<time datetime="${escapeHtml(at)}">${escapeHtml(moment(at).replace(' UTC', ''))}</time>`;
}

const style = [
  ':root{color-scheme:light dark;--line:#8885}',
  'body{font:1.0625rem/1.5 system-ui,sans-serif;margin:0}header,main,footer{max-width:44rem;margin:0 auto;padding:1rem}',
  'h1{margin:0;font-size:1.5rem}header p{margin:0;opacity:.7}h2{font-size:1.2rem;margin-top:2.5rem}h3{font-size:1.05rem;margin:1rem 0 .25rem}',
  '.state{padding:1rem 1.25rem;border-radius:.5rem;color:#fff;font-size:1.25rem}.good{background:#1b6e3c}.bad{background:#b3261e}',
  'article{border:1px solid var(--line);border-radius:.5rem;padding:.25rem 1rem .75rem;margin:1rem 0;overflow-wrap:anywhere}',
  'ol{list-style:none;padding:0;margin:0}li{border-top:1px solid var(--line);padding:.5rem 0}li p{margin:.25rem 0}',
  '.quiet,.when time{opacity:.75}summary{cursor:pointer;min-height:2rem}',
].join('');
