import { describeFailure, failureName } from '../aws/api-failure.ts';
import { secretToken } from '../aws/secret-token.ts';
import { acknowledge, addNote, over, taken, unknown, type NotTaken } from '../incident/acknowledge.ts';
import { complaint, longestForm, wrongWith, wrongWithNote } from '../incident/form.ts';
import { formOf, pageResponse, type UrlRequest, type UrlResponse } from '../incident/function-url.ts';
import type { Ledger } from '../incident/ledger.ts';
import { refusedPage } from '../incident/page.ts';
import { passOn } from '../incident/pass-on.ts';
import { findRecord } from '../incident/record.ts';
import { readAcknowledgeLink, type AcknowledgeLink } from '../incident/signed-link.ts';
import { log } from '../runtime/log.ts';
import type { Settings } from './contract.ts';
import { takenPage, takePage } from './page-text.ts';

/** What a refusal is in HTTP. */
const statuses: Readonly<Record<NotTaken['because'], number>> = { unknown: 404, over: 410, taken: 409 };

const titles: Readonly<Record<NotTaken['because'], string>> = {
  unknown: 'There is no such incident',
  over: 'The incident is over',
  taken: 'Somebody has the call',
};

/**
 * Serve a signed link to take the call. To open it shows how things stand and changes nothing, because scanners of
 * mail open links too; to send the form takes the call. It does so once: whoever sends it again is told who has it.
 *
 * Never throws: whoever has opened the page is told what happened, in words that hold nothing secret.
 */
export async function serve(ledger: Ledger, request: UrlRequest, all: Settings): Promise<UrlResponse> {
  try {
    const { method } = request.requestContext.http;
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') {
      return pageResponse(405, refusedPage('This page can only be opened and sent', []), {
        allow: 'GET, HEAD, POST',
      });
    }
    const key = await secretToken(all.signingSecret);
    const link = readAcknowledgeLink(key, all.environment, request.rawQueryString ?? '');
    if (!link) return forged();
    return await (method === 'POST' ? take(ledger, request, link, all) : show(ledger, link, all));
  } catch (error) {
    log('page-failed', { failure: describeFailure(error) });
    const passing = failureName(error) === 'TryAgain';
    return pageResponse(
      passing ? 503 : 500,
      refusedPage('This did not work', [
        'It is not known whether you have the call. Open the link again in a minute: the page says who has it.',
        'If that does not help, take it on the command line, with npm run acknowledge.',
      ]),
      passing ? { 'retry-after': '30' } : {},
    );
  }
}

async function show(ledger: Ledger, link: AcknowledgeLink, all: Settings): Promise<UrlResponse> {
  const record = await findRecord(ledger, link.incident);
  if (!record) return refused(unknown(link.incident));
  if (record.state !== 'open') return refused(over(record));
  if (record.acknowledged) return pageResponse(200, takenPage(record.acknowledged, link.incident));
  const now = Date.now();
  if (now >= link.expires * 1_000) return expired(link, all);
  return pageResponse(200, takePage({ application: all.application, record, now }));
}

/** The note first: whoever sends the form again after a failure in between finds the call free. */
async function take(
  ledger: Ledger,
  request: UrlRequest,
  link: AcknowledgeLink,
  { application, environment, sendNotice }: Settings,
): Promise<UrlResponse> {
  const { incident } = link;
  const form = formOf(request, longestForm.withNote);
  if (!form) {
    return pageResponse(413, refusedPage('That is too long', ['Nothing was taken. Open the link again.']));
  }
  const record = await findRecord(ledger, incident);
  // What is over, taken or too late is said before what is wrong with a form that would not count.
  if (!record) return refused(unknown(incident));
  if (record.state !== 'open') return refused(over(record));
  if (record.acknowledged) return refused(taken(incident, record.acknowledged));
  const now = Date.now();
  if (now >= link.expires * 1_000) return expired(link, { environment });

  const [by, text] = [form.get('by') ?? '', form.get('note') ?? ''];
  const hasNote = text.trim() !== '';
  const wrong = [
    ...complaint('Your name', wrongWith('by', by)),
    ...(hasNote ? complaint('Note', wrongWithNote(text)) : []),
  ];
  if (wrong.length > 0) {
    return pageResponse(422, takePage({ application, record, now, typed: { by, note: text, wrong } }));
  }
  const person = { by: by.trim(), via: 'link' };
  if (hasNote) {
    const noted = await addNote(ledger, incident, { ...person, text }, now);
    if (!noted.ok) return refused(noted.refusal);
  }
  const result = await acknowledge(ledger, incident, person, now);
  // One call of send-notice tells both: it reads what is due from the record.
  const kind = result.ok ? 'acknowledged' : 'note';
  if (result.ok || hasNote) {
    await passOn(sendNotice, { incident: record.ref, kind, detail: `${person.by} (link)` });
  }
  return result.ok ? pageResponse(200, takenPage(result.acknowledged, incident)) : refused(result.refusal);
}

function refused({ because, reason }: NotTaken): UrlResponse {
  return pageResponse(statuses[because], refusedPage(titles[because], [reason]));
}

function expired({ incident, expires }: AcknowledgeLink, { environment }: Pick<Settings, 'environment'>) {
  return pageResponse(
    410,
    refusedPage('This came too late', [
      `The call of ${incident} could be taken by this link until ${new Date(expires * 1_000).toISOString()}. Look ` +
        `for a newer message, or take it with npm run acknowledge -- --env ${environment} --incident ${incident}.`,
    ]),
  );
}

/** Says nothing of what was wrong with it: that would help whoever has made it up. */
function forged(): UrlResponse {
  return pageResponse(
    403,
    refusedPage('This link is not one of ours', [
      'It is incomplete, or it was changed, or its key was replaced. Nothing was taken.',
      'Copy the whole link from the message, or take the call on the command line, with npm run acknowledge.',
    ]),
  );
}
