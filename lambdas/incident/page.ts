import { escapeHtml } from '../communication/render/escape.ts';

/** The pages behind signed links: plain HTML without scripts, which every telephone shows. Pure. */

export function page(title: string, body: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="robots" content="noindex">',
    `<title>${escapeHtml(title)}</title><style>${style}</style></head>`,
    `<body><main>${body.join('\n')}</main></body></html>`,
  ].join('\n');
}

/** A page that says why not, and what to do. */
export function refusedPage(title: string, sentences: readonly string[]): string {
  return page(title, [
    `<h1>${escapeHtml(title)}</h1>`,
    ...sentences.map((sentence) => `<p>${escapeHtml(sentence)}</p>`),
  ]);
}

interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly autocomplete: 'name' | 'off';
  readonly maxLength: number;
  readonly value: string;
  /** It may be left empty, and has several lines. */
  readonly optional?: true;
}

/** A labelled field of a form, with what was typed before. */
export function field({ name, label, hint, autocomplete, maxLength, value, optional }: Field): string {
  const attributes =
    `id="${name}" name="${name}"${optional ? '' : ' required'} maxlength="${maxLength}"` +
    ` autocomplete="${autocomplete}" aria-describedby="${name}-hint"`;
  return [
    `<p><label for="${name}">${escapeHtml(label)}</label>`,
    `<span class="hint" id="${name}-hint">${escapeHtml(hint)}</span>`,
    // A line break right after the tag is not part of the text.
    optional
      ? `<textarea ${attributes} rows="4">\n${escapeHtml(value)}</textarea></p>`
      : `<input ${attributes} value="${escapeHtml(value)}"></p>`,
  ].join('');
}

/** What was wrong with a form, above it; nothing when nothing was. */
export function alert(sentence: string, wrong: readonly string[]): readonly string[] {
  if (wrong.length === 0) return [];
  const items = wrong.map((item) => `<li>${escapeHtml(item)}</li>`).join('');
  return [`<div role="alert" class="wrong"><p>${escapeHtml(sentence)}</p><ul>${items}</ul></div>`];
}

const style = [
  ':root{color-scheme:light dark}',
  'body{font:1.0625rem/1.5 system-ui,sans-serif;margin:0;padding:1rem}',
  'main{max-width:42rem;margin:0 auto}',
  'h1,p{overflow-wrap:anywhere}',
  'pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;border-left:.25rem solid;padding-left:.75rem}',
  'label{display:block;font-weight:600}.hint{display:block;font-size:.9375rem}',
  'input,textarea{font:inherit;width:100%;box-sizing:border-box;padding:.5rem}',
  'button{font:inherit;font-weight:600;padding:.625rem 1.25rem;min-height:2.75rem}',
  '.wrong{border:.125rem solid;padding:0 .75rem}',
].join('');
