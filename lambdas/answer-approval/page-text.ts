import { moment, duration } from '../incident/time-words.ts';
import type { Approval } from '../request-approval/contract.ts';
import { lengths } from './form.ts';

/** The pages behind a signed link: plain HTML without scripts, which every telephone shows. Pure. */

interface Asked {
  readonly application: string;
  readonly environment: string;
  readonly approval: Approval;
  readonly decision: 'approve' | 'reject';
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What was typed before, and what was wrong with it. */
  readonly typed?: { readonly by: string; readonly reason: string; readonly wrong: readonly string[] };
}

const verbs = { approve: 'Approve', reject: 'Reject' } as const;

/** The question and a form; nothing is decided before it is sent. */
export function askPage({ application, environment, approval, decision, now, typed }: Asked): string {
  const { gate, question, evidence, incidentId, askedAt, expiresAt } = approval;
  const left = duration((Date.parse(expiresAt) - now) / 1_000);
  const title = `${verbs[decision]} the ${gate}?`;
  const field = (name: 'by' | 'reason', label: string, hint: string, autocomplete: string) =>
    [
      `<p><label for="${name}">${label}</label>`,
      `<span class="hint" id="${name}-hint">${hint}</span>`,
      `<input id="${name}" name="${name}" required maxlength="${lengths[name]}" autocomplete="${autocomplete}"`,
      ` aria-describedby="${name}-hint" value="${escaped(typed?.[name] ?? '')}"></p>`,
    ].join('');
  return page(title, [
    `<h1>${escaped(title)}</h1>`,
    ...(typed && typed.wrong.length > 0
      ? [`<div role="alert" class="wrong"><p>Nothing was decided.</p>${list(typed.wrong)}</div>`]
      : []),
    `<p>${escaped(application)} in ${escaped(environment)}, incident ${escaped(incidentId)}.</p>`,
    `<p><strong>Answer by ${moment(expiresAt)}, in ${left}.</strong> If nobody does, nothing is done, and the automation stops.</p>`,
    `<h2>Question</h2><pre>${escaped(question)}</pre>`,
    `<h2>Evidence</h2><pre>${escaped(evidence)}</pre>`,
    `<h2>Your answer</h2>`,
    `<form method="post"><input type="hidden" name="asked" value="${escaped(askedAt)}">`,
    field('by', 'Your name', 'Goes on the record of the incident.', 'name'),
    field('reason', 'Reason', 'One line: why you decide so.', 'off'),
    `<p><button type="submit">${verbs[decision]} the ${escaped(gate)}</button></p></form>`,
    `<p class="hint">Nothing is decided before you press the button. To decide otherwise, open the other link of the message.</p>`,
  ]);
}

export function donePage({ gate, state, by, reason, incidentId }: Approval): string {
  const title = `The ${gate} is ${state}`;
  return page(title, [
    `<h1>${escaped(title)}</h1>`,
    `<p>By ${escaped(by ?? '')}: ${escaped(reason ?? '')}</p>`,
    state === 'approved'
      ? '<p>The automation goes on now; the next status update says how far it is.</p>'
      : '<p>Nothing is done, and the automation stops. It tells what a person can do instead.</p>',
    `<p class="hint">Incident ${escaped(incidentId)}. You can close this page.</p>`,
  ]);
}

/** A page that says why not, and what to do. */
export function refusedPage(title: string, sentences: readonly string[]): string {
  return page(title, [
    `<h1>${escaped(title)}</h1>`,
    ...sentences.map((sentence) => `<p>${escaped(sentence)}</p>`),
  ]);
}

function list(items: readonly string[]): string {
  return `<ul>${items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;
}

function page(title: string, body: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="robots" content="noindex">',
    `<title>${escaped(title)}</title><style>${style}</style></head>`,
    `<body><main>${body.join('\n')}</main></body></html>`,
  ].join('\n');
}

const style = [
  ':root{color-scheme:light dark}',
  'body{font:1.0625rem/1.5 system-ui,sans-serif;margin:0;padding:1rem}',
  'main{max-width:42rem;margin:0 auto}',
  'pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;border-left:.25rem solid;padding-left:.75rem}',
  'label{display:block;font-weight:600}.hint{display:block;font-size:.9375rem}',
  'input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem}',
  'button{font:inherit;font-weight:600;padding:.625rem 1.25rem;min-height:2.75rem}',
  '.wrong{border:.125rem solid;padding:0 .75rem}',
].join('');

/** For text and for attributes in double quotes. */
function escaped(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}
