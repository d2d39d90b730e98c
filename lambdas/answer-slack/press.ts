import { acknowledge, addNote } from '../incident/acknowledge.ts';
import { answer } from '../incident/answer-gate.ts';
import { readApproval } from '../incident/approval.ts';
import { wrongWith, wrongWithNote } from '../incident/form.ts';
import { notAsked } from '../incident/judge-answer.ts';
import type { Ledger } from '../incident/ledger.ts';
import { passOn } from '../incident/pass-on.ts';
import type { Settings } from './contract.ts';
import { input, type Press, type Submission } from './payload.ts';
import { answerView, decidedView, noteView, sayView, undecidedTitle } from './view-text.ts';
import { openView, sayTo } from './web-api.ts';

/** What buttons and views do. Each does it once, however often Slack sends it. */

const via = 'Slack';

/** What Slack is answered to a view; null leaves everything as it is, or closes the view. */
export type Reaction =
  | { readonly response_action: 'errors'; readonly errors: Readonly<Record<string, string>> }
  | { readonly response_action: 'update'; readonly view: ReturnType<typeof sayView> }
  | null;

/** @throws TryAgain when the ledger does not answer */
export async function press(ledger: Ledger, pressed: Press, all: Settings): Promise<void> {
  const { action, about } = pressed;
  switch (action) {
    case 'lifeboat_acknowledge':
      return take(ledger, pressed, all);
    case 'lifeboat_note':
      await openView(all, pressed, noteView(about.incident));
      return;
    case 'lifeboat_approve':
    case 'lifeboat_reject':
      return ask(ledger, pressed, all);
  }
}

async function take(ledger: Ledger, pressed: Press, all: Settings): Promise<void> {
  const { by, about } = pressed;
  const taken = await acknowledge(ledger, about.incident, { by, via }, Date.now());
  if (!taken.ok) {
    await sayTo(all, pressed, taken.refusal.reason);
    return;
  }
  const detail = `${by} (${via})`;
  await passOn(all.sendNotice, { incident: taken.record.ref, kind: 'acknowledged', detail });
}

/** Show the question as it stands now; what is decided, over or another question by now is said instead. */
async function ask(ledger: Ledger, pressed: Press, all: Settings): Promise<void> {
  const { action, about } = pressed;
  const { incident, gate, askedAt } = about;
  const say = (sentence: string) => openView(all, pressed, sayView(undecidedTitle(gate), [sentence]));
  const approval = gate ? await readApproval(ledger, incident, gate) : null;
  const now = Date.now();
  if (!approval) await say(notAsked({ incident, gate }));
  else if (approval.state === 'approved' || approval.state === 'rejected') {
    await openView(all, pressed, decidedView(approval));
  } else if (approval.askedAt !== askedAt) {
    await say('The question has changed since this message: look for a newer one.');
  } else if (approval.state === 'expired' || now >= Date.parse(approval.expiresAt)) {
    await say(`This could be answered until ${approval.expiresAt}. Without an answer nothing is done.`);
  } else {
    const decision = action === 'lifeboat_approve' ? 'approve' : 'reject';
    await openView(all, pressed, answerView(approval, decision, all.application, now));
  }
}

/** @throws TryAgain when the ledger or Step Functions does not answer; the same may be sent again */
export function submit(ledger: Ledger, submission: Submission, all: Settings): Promise<Reaction> {
  return submission.view === 'note' ? write(ledger, submission, all) : decide(ledger, submission, all);
}

async function write(ledger: Ledger, { by, about, text }: Submission, all: Settings): Promise<Reaction> {
  const wrong = wrongWithNote(text);
  if (wrong !== undefined) return wrongText(`Allowed is ${wrong}.`);
  const noted = await addNote(ledger, about.incident, { by, text, via }, Date.now());
  if (!noted.ok) {
    return { response_action: 'update', view: sayView('Not written', [noted.refusal.reason]) };
  }
  const detail = `${by}: ${noted.note.text}`;
  await passOn(all.sendNotice, { incident: noted.record.ref, kind: 'note', detail });
  return null;
}

async function decide(
  ledger: Ledger,
  { by, about, decision, text }: Submission,
  { environment }: Settings,
): Promise<Reaction> {
  const { incident, gate, askedAt } = about;
  const wrong = wrongWith('reason', text);
  if (wrong !== undefined) return wrongText(`Allowed is ${wrong}.`);
  if (!gate || !decision || askedAt === undefined) {
    return { response_action: 'update', view: sayView(undecidedTitle(gate), [notAsked({ incident, gate })]) };
  }
  const answered = await answer(
    ledger,
    { environment, incident, gate },
    { decision, by, reason: text.trim(), via, askedAt },
  );
  return {
    response_action: 'update',
    view: answered.ok
      ? decidedView(answered.approval)
      : sayView(undecidedTitle(gate), [answered.refusal.reason]),
  };
}

/** The view stays open, with this beside the text, and can be sent again. */
export function wrongText(sentence: string): Reaction {
  return { response_action: 'errors', errors: { [input.block]: sentence } };
}
