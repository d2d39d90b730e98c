import { escapeHtml } from '../communication/render/escape.ts';
import { lengths } from '../incident/form.ts';
import { alert, field, page } from '../incident/page.ts';
import { moment, duration } from '../incident/time-words.ts';
import type { Approval } from '../request-approval/contract.ts';

/** The pages behind a signed link to answer a gate. Pure. */

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
  return page(title, [
    `<h1>${escapeHtml(title)}</h1>`,
    ...alert('Nothing was decided.', typed?.wrong ?? []),
    `<p>${escapeHtml(application)} in ${escapeHtml(environment)}, incident ${escapeHtml(incidentId)}.</p>`,
    `<p><strong>Answer by ${moment(expiresAt)}, in ${left}.</strong> If nobody does, nothing is done, and the automation stops.</p>`,
    `<h2>Question</h2><pre>${escapeHtml(question)}</pre>`,
    `<h2>Evidence</h2><pre>${escapeHtml(evidence)}</pre>`,
    `<h2>Your answer</h2>`,
    `<form method="post"><input type="hidden" name="asked" value="${escapeHtml(askedAt)}">`,
    field({
      name: 'by',
      label: 'Your name',
      hint: 'Goes on the record of the incident.',
      autocomplete: 'name',
      maxLength: lengths.by,
      value: typed?.by ?? '',
    }),
    field({
      name: 'reason',
      label: 'Reason',
      hint: 'One line: why you decide so.',
      autocomplete: 'off',
      maxLength: lengths.reason,
      value: typed?.reason ?? '',
    }),
    `<p><button type="submit">${verbs[decision]} the ${escapeHtml(gate)}</button></p></form>`,
    `<p class="hint">Nothing is decided before you press the button. To decide otherwise, open the other link of the message.</p>`,
  ]);
}

export function donePage({ gate, state, by, reason, incidentId }: Approval): string {
  const title = `The ${gate} is ${state}`;
  return page(title, [
    `<h1>${escapeHtml(title)}</h1>`,
    `<p>By ${escapeHtml(by ?? '')}: ${escapeHtml(reason ?? '')}</p>`,
    state === 'approved'
      ? '<p>The automation goes on now; the next status update says how far it is.</p>'
      : '<p>Nothing is done, and the automation stops. It tells what a person can do instead.</p>',
    `<p class="hint">Incident ${escapeHtml(incidentId)}. You can close this page.</p>`,
  ]);
}
