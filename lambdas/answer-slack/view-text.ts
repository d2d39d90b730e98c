import type { ModalView } from '@slack/web-api';
import { cutToCharacters } from '../communication/render/cut.ts';
import { lengths, longestNote } from '../incident/form.ts';
import { duration, moment } from '../incident/time-words.ts';
import type { Approval, Gate } from '../request-approval/contract.ts';
import { input, views, type About } from './payload.ts';

/** The views that buttons open. Plain text throughout: nothing that somebody wrote is markup. Pure. */

/** Slack's (docs.slack.dev, modal views and section block), characters. */
const limits = { title: 24, section: 3_000 } as const;
/** Of one text; longer ones are cut, and the command line or the link of the message shows the rest. */
const maxSections = 5;

type Block = ModalView['blocks'][number];

/** The question, and a form for the reason; nothing is decided before it is sent. */
export function answerView(
  { incidentId, gate, question, evidence, askedAt, expiresAt }: Approval,
  decision: 'approve' | 'reject',
  application: string,
  now: number,
): ModalView {
  const verb = decision === 'approve' ? 'Approve' : 'Reject';
  const left = duration((Date.parse(expiresAt) - now) / 1_000);
  const about: About & { readonly decision: string } = { incident: incidentId, gate, askedAt, decision };
  return {
    ...modal(`${verb}: ${gate}`, [
      ...sections(
        `${application}, incident ${incidentId}. Answer by ${moment(expiresAt)}, in ${left}. If nobody does, nothing is done, and the automation stops.`,
      ),
      ...sections(`Question\n${question}`),
      ...sections(`Evidence\n${evidence}`),
      inputBlock(
        'Reason',
        'One line: why you decide so. It goes on the record, with your name.',
        lengths.reason,
      ),
    ]),
    callback_id: views.answer,
    private_metadata: JSON.stringify(about),
    submit: plain(verb),
    close: plain('Cancel'),
  };
}

export function noteView(incident: string): ModalView {
  const about: About = { incident };
  return {
    ...modal('Add a note', [
      inputBlock(
        'Note',
        'What you see or do. It goes on the record, with your name, and to the thread.',
        longestNote,
        true,
      ),
    ]),
    callback_id: views.note,
    private_metadata: JSON.stringify(about),
    submit: plain('Add'),
    close: plain('Cancel'),
  };
}

/** What was decided, and by whom. */
export function decidedView({ gate, state, by = 'somebody', reason = '' }: Approval): ModalView {
  return sayView(`${capital(state)}: ${gate}`, [
    `The ${gate} is ${state}, by ${by}: ${reason}`,
    state === 'approved'
      ? 'The automation goes on now; the next status update says how far it is.'
      : 'Nothing is done, and the automation stops. It tells what a person can do instead.',
  ]);
}

/** A view that says something and asks nothing. */
export function sayView(title: string, sentences: readonly string[]): ModalView {
  return { ...modal(title, sentences.flatMap(sections)), close: plain('Close') };
}

export function undecidedTitle(gate: Gate | undefined): string {
  return gate === undefined ? 'Nothing was decided' : `Not decided: ${gate}`;
}

function modal(title: string, blocks: Block[]): ModalView {
  return { type: 'modal', title: plain(title), blocks };
}

/** A title, or a button's text. */
function plain(text: string) {
  return { type: 'plain_text' as const, text: cutToCharacters(text, limits.title), emoji: false };
}

/** As many sections as it takes, each as long as Slack takes. */
function sections(text: string): Block[] {
  const parts: string[] = [];
  for (let rest = text.trim(); rest !== '' && parts.length < maxSections;) {
    const isLast = parts.length === maxSections - 1;
    const part = isLast
      ? cutToCharacters(rest, limits.section)
      : rest.slice(0, wholeUpTo(rest, limits.section));
    parts.push(part);
    rest = rest.slice(part.length);
  }
  return parts.map((part) => ({ type: 'section', text: { type: 'plain_text', text: part, emoji: false } }));
}

function inputBlock(label: string, hint: string, longest: number, multiline = false): Block {
  return {
    type: 'input',
    block_id: input.block,
    label: { type: 'plain_text', text: label, emoji: false },
    hint: { type: 'plain_text', text: hint, emoji: false },
    element: { type: 'plain_text_input', action_id: input.action, multiline, max_length: longest },
  };
}

/** Not between the halves of a character. */
function wholeUpTo(text: string, longest: number): number {
  const last = text.charCodeAt(longest - 1);
  return longest < text.length && last >= 0xd800 && last <= 0xdbff ? longest - 1 : longest;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
