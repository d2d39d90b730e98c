import { describeFailure, failureName } from '../aws/api-failure.ts';
import { forgetSecretToken, secretToken } from '../aws/secret-token.ts';
import { bodyOf, isUrlRequest, type UrlRequest, type UrlResponse } from '../incident/function-url.ts';
import { openLedger } from '../incident/ledger.ts';
import { log } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import type { Settings } from './contract.ts';
import { isFromSlack, proofOf } from './from-slack.ts';
import { readPayload, type Press, type Submission } from './payload.ts';
import { press, submit, wrongText, type Reaction } from './press.ts';
import { sayTo } from './web-api.ts';

/** A secret that was replaced is read again, but not at the pace of whoever sends bad signatures. */
const readAgainAfterMs = 60_000;
let readAgainAt = 0;

/**
 * Take what people do with the buttons of Slack messages. Only what Slack has signed is read.
 *
 * Who may answer: whoever can read the channel. There is no other check of who it is, so the app's channel must be
 * private, its members those who may decide, and not shared with another organisation. Their names are on the record
 * as Slack says them, with their ids.
 *
 * Slack waits 3 s. What takes longer goes on all the same, and the same button again finds it done: an answer, a call
 * and a note count once.
 *
 * Never throws for what a person did: Slack would show them a sign without a word.
 */
export async function handler(event: unknown): Promise<UrlResponse> {
  const all = settings<Settings>();
  if (!isUrlRequest(event)) return response(401);
  try {
    if (!(await isProven(event, all))) return response(401);
  } catch (error) {
    log('slack-not-proven', { failure: describeFailure(error) });
    return response(503);
  }
  const done = readPayload(bodyOf(event).toString('utf8'));
  if (!done) {
    // Slack is told that it was heard: a button that only opens a link is sent, too.
    log('slack-nothing-to-do');
    return response(200);
  }
  log('answer-slack', { by: done.by, incident: done.about.incident, what: whatOf(done) });
  return done.type === 'press' ? pressed(done, all) : submitted(done, all);
}

async function isProven(request: UrlRequest, { slackSigningSecret: secret }: Settings): Promise<boolean> {
  const proof = proofOf(request.headers);
  if (!proof || request.requestContext.http.method !== 'POST') return false;
  const now = Date.now();
  const body = bodyOf(request);
  if (isFromSlack(await secretToken(secret), proof, body, now)) return true;
  if (now < readAgainAt) return false;
  readAgainAt = now + readAgainAfterMs;
  forgetSecretToken(secret);
  return isFromSlack(await secretToken(secret), proof, body, now);
}

async function pressed(done: Press, all: Settings): Promise<UrlResponse> {
  if (done.channel !== all.channel) {
    log('slack-other-channel', { channel: done.channel, by: done.by });
    return response(403);
  }
  try {
    await press(openLedger(all.ledgerBucket), done, all);
    return response(200);
  } catch (error) {
    const told = await sayTo(all, done, unknownOutcome(error, done.about.incident));
    return response(told ? 200 : 500);
  }
}

async function submitted(done: Submission, all: Settings): Promise<UrlResponse> {
  try {
    return response(200, await submit(openLedger(all.ledgerBucket), done, all));
  } catch (error) {
    return response(200, wrongText(unknownOutcome(error, done.about.incident)));
  }
}

function unknownOutcome(error: unknown, incident: string): string {
  log('slack-action-failed', { incident, failure: describeFailure(error) });
  return failureName(error) === 'TryAgain'
    ? 'It is not known whether this was kept. Do it again in a moment: it counts once.'
    : 'This did not work. Use the command line instead: npm run approve, acknowledge or note.';
}

function whatOf(done: Press | Submission): string {
  return done.type === 'press' ? done.action : `${done.view} ${done.decision ?? ''}`.trim();
}

function response(statusCode: number, reaction: Reaction = null): UrlResponse {
  return {
    statusCode,
    headers: {
      'cache-control': 'no-store',
      ...(reaction ? { 'content-type': 'application/json; charset=utf-8' } : {}),
    },
    body: reaction ? JSON.stringify(reaction) : '',
  };
}
