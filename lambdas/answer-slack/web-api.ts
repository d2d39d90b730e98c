import { LogLevel, WebAPIPlatformError, WebClient, type ModalView } from '@slack/web-api';
import { describeFailure } from '../aws/api-failure.ts';
import { forgetSecretToken, secretToken } from '../aws/secret-token.ts';
import { log } from '../runtime/log.ts';
import type { Settings } from './contract.ts';
import type { Press } from './payload.ts';

/** What Slack is told besides the answer to its request. Neither throws: false when Slack did not take it. */

/** A trigger is good for 3 s, and whoever pressed the button waits: one try. */
const timeoutMs = 2_000;
/** Errors of every method that are about the token (docs.slack.dev, views.open, errors). */
const refusesToken = /^(invalid_auth|not_authed|token_expired|token_revoked|account_inactive)$/;

export function openView(settings: Settings, { triggerId }: Press, view: ModalView): Promise<boolean> {
  return call(settings, 'views.open', (slack) => slack.views.open({ trigger_id: triggerId, view }));
}

/** Words that only whoever pressed the button sees. */
export function sayTo(settings: Settings, { userId, thread }: Press, text: string): Promise<boolean> {
  return call(settings, 'chat.postEphemeral', (slack) =>
    slack.chat.postEphemeral({
      channel: settings.channel,
      user: userId,
      text: escaped(text),
      ...(thread === undefined ? {} : { thread_ts: thread }),
    }),
  );
}

async function call(
  { tokenSecret }: Settings,
  method: string,
  ask: (slack: WebClient) => Promise<unknown>,
): Promise<boolean> {
  try {
    const slack = new WebClient(await secretToken(tokenSecret), {
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: timeoutMs,
      logLevel: LogLevel.ERROR,
    });
    await ask(slack);
    return true;
  } catch (error) {
    // A token that was replaced is refused; the next button reads the secret again.
    if (error instanceof WebAPIPlatformError && refusesToken.test(error.data.error)) {
      forgetSecretToken(tokenSecret);
    }
    log('slack-did-not-take', { method, failure: describeFailure(error) });
    return false;
  }
}

/** The three characters that mean something in Slack's text. */
function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
