import { escapeHtml } from '../communication/render/escape.ts';
import type { Acknowledgement, IncidentRecord } from '../incident/contract.ts';
import { lengths, longestNote } from '../incident/form.ts';
import { alert, field, page } from '../incident/page.ts';
import { duration, moment } from '../incident/time-words.ts';

/** The pages behind a signed link to take the call. Pure. */

interface Open {
  readonly application: string;
  readonly record: IncidentRecord;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What was typed before, and what was wrong with it. */
  readonly typed?: { readonly by: string; readonly note: string; readonly wrong: readonly string[] };
}

/** What is going on and a form; nothing is taken before it is sent. */
export function takePage({ application, record, now, typed }: Open): string {
  const { id, environment, severity, scenario, startedAt, startedBy, deadline } = record.ref;
  const left = (Date.parse(deadline) - now) / 1_000;
  const lastStep = record.steps.at(-1)?.summary;
  return page('Take the call?', [
    '<h1>Take the call?</h1>',
    ...alert('Nobody has taken the call yet.', typed?.wrong ?? []),
    `<p><strong>${escapeHtml(`${severity}: ${scenario} of ${application} in ${environment}`)}</strong>, incident ${escapeHtml(id)}.</p>`,
    `<p>It runs since ${moment(startedAt)}, started by ${escapeHtml(startedBy)}. ` +
      (left >= 0
        ? `It must be over by ${moment(deadline)}, in ${duration(left)}.</p>`
        : `It should have been over at ${moment(deadline)}, ${duration(-left)} ago.</p>`),
    ...(lastStep === undefined ? [] : [`<h2>Last step</h2><pre>${escapeHtml(lastStep)}</pre>`]),
    '<form method="post">',
    field({
      name: 'by',
      label: 'Your name',
      hint: 'Goes on the record of the incident, and to the others on call.',
      autocomplete: 'name',
      maxLength: lengths.by,
      value: typed?.by ?? '',
    }),
    field({
      name: 'note',
      label: 'Note',
      hint: 'If you like: what you see or do. Goes on the record, too.',
      autocomplete: 'off',
      maxLength: longestNote,
      value: typed?.note ?? '',
      optional: true,
    }),
    '<p><button type="submit">Take the call</button></p></form>',
    '<p class="hint">Nothing is taken before you press the button. The automation goes on either way; a question ' +
      'that only a person can answer comes in a message of its own.</p>',
  ]);
}

/** To the one who has just taken it, and to whoever opens the link afterwards. */
export function takenPage({ by, at, via }: Acknowledgement, incident: string): string {
  return page('The call is taken', [
    '<h1>The call is taken</h1>',
    `<p>${escapeHtml(by)} has it since ${moment(at)} (${escapeHtml(via)}).</p>`,
    `<p class="hint">Incident ${escapeHtml(incident)}. You can close this page.</p>`,
  ]);
}
