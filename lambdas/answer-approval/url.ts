import { describeFailure, failureName } from '../aws/api-failure.ts';
import { secretToken } from '../aws/secret-token.ts';
import { answer } from '../incident/answer-gate.ts';
import { readApproval } from '../incident/approval.ts';
import { complaint, wrongWith } from '../incident/form.ts';
import { formOf, pageResponse as response } from '../incident/function-url.ts';
import { notAsked, type Refusal } from '../incident/judge-answer.ts';
import type { Ledger } from '../incident/ledger.ts';
import { refusedPage } from '../incident/page.ts';
import { readSignedLink, type Link } from '../incident/signed-link.ts';
import { log } from '../runtime/log.ts';
import type { Settings, UrlRequest, UrlResponse } from './contract.ts';
import { askPage, donePage } from './page-text.ts';

/** What a refusal is in HTTP. */
const statuses: Readonly<Record<Refusal['because'], number>> = {
  unknown: 404,
  decided: 409,
  changed: 409,
  expired: 410,
  over: 410,
};

const titles: Readonly<Record<Refusal['because'], string>> = {
  unknown: 'There is no such question',
  decided: 'This was decided already',
  changed: 'The question has changed',
  expired: 'This came too late',
  over: 'The incident is over',
};

/**
 * Serve a signed link. To open it shows the question and decides nothing, because scanners of mail open links too;
 * to send the form decides.
 *
 * Never throws: whoever has opened the page is told what happened, in words that hold nothing secret.
 */
export async function serve(ledger: Ledger, request: UrlRequest, all: Settings): Promise<UrlResponse> {
  try {
    const { method } = request.requestContext.http;
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') {
      return response(405, refusedPage('This page can only be opened and sent', []), {
        allow: 'GET, HEAD, POST',
      });
    }
    const key = await secretToken(all.signingSecret);
    const link = readSignedLink(key, all.environment, request.rawQueryString ?? '');
    if (!link) return forged();
    return await (method === 'POST' ? take(ledger, request, link, all) : show(ledger, link, all));
  } catch (error) {
    log('page-failed', { failure: describeFailure(error) });
    const passing = failureName(error) === 'TryAgain';
    return response(
      passing ? 503 : 500,
      refusedPage('This did not work', [
        'It is not known whether your answer was kept. Open the link again in a minute: the page says what was decided.',
        'If that does not help, answer on the command line, with npm run approve.',
      ]),
      passing ? { 'retry-after': '30' } : {},
    );
  }
}

async function show(ledger: Ledger, link: Link, all: Settings): Promise<UrlResponse> {
  const approval = await readApproval(ledger, link.incident, link.gate);
  if (!approval) return refused({ because: 'unknown', reason: notAsked(link) });
  if (approval.state === 'approved' || approval.state === 'rejected')
    return response(200, donePage(approval));
  const now = Date.now();
  if (approval.state === 'expired' || now >= Math.min(Date.parse(approval.expiresAt), link.expires * 1_000)) {
    return refused(expired(link, all));
  }
  return response(200, askPage({ ...all, approval, decision: link.decision, now }));
}

async function take(ledger: Ledger, request: UrlRequest, link: Link, all: Settings): Promise<UrlResponse> {
  const { incident, gate, decision } = link;
  const form = formOf(request);
  if (!form)
    return response(413, refusedPage('That is too long', ['Nothing was decided. Open the link again.']));
  const [by, reason, asked] = [form.get('by') ?? '', form.get('reason') ?? '', form.get('asked') ?? ''];
  const wrong = [
    ...complaint('Your name', wrongWith('by', by)),
    ...complaint('Reason', wrongWith('reason', reason)),
  ];
  const approval = await readApproval(ledger, incident, gate);
  // What is decided, or too late, is said before what is wrong with a form that would not count.
  if (Date.now() >= link.expires * 1_000 && (approval === null || approval.state === 'asked')) {
    return refused(expired(link, all));
  }
  if (wrong.length > 0 && approval?.state === 'asked') {
    const typed = { by, reason, wrong };
    return response(422, askPage({ ...all, approval, decision, now: Date.now(), typed }));
  }
  const via = 'signed link';
  // An answer that was kept and not heard may come again; one that was heard is a replay, whoever sends it.
  if (approval?.deliveredAt !== undefined) {
    return refused(replayed(approval.state, approval.by, approval.decidedAt));
  }
  const answered = await answer(
    ledger,
    { environment: all.environment, incident, gate },
    { decision, by: by.trim(), reason: reason.trim(), via, askedAt: asked },
  );
  return answered.ok ? response(200, donePage(answered.approval)) : refused(answered.refusal);
}

function expired({ incident, gate, expires }: Link, { environment }: Settings): Refusal {
  return {
    because: 'expired',
    reason:
      `The question about the ${gate} of ${incident} could be answered by this link until ` +
      `${new Date(expires * 1_000).toISOString()}. Without an answer nothing is done. Look for a newer message; if ` +
      `there is none, and it is still needed, start lifeboat-${environment}-incident again: it asks again.`,
  };
}

function replayed(state: string, by = 'somebody', at = 'an unknown time'): Refusal {
  return { because: 'decided', reason: `It was ${state} by ${by} at ${at}: an answer counts once.` };
}

function refused({ because, reason }: Refusal): UrlResponse {
  return response(statuses[because], refusedPage(titles[because], [reason]));
}

/** Says nothing of what was wrong with it: that would help whoever has made it up. */
function forged(): UrlResponse {
  return response(
    403,
    refusedPage('This link is not one of ours', [
      'It is incomplete, or it was changed, or its key was replaced. Nothing was decided.',
      'Copy the whole link from the message that asked, or answer on the command line, with npm run approve.',
    ]),
  );
}
