import { createHmac } from 'node:crypto';
import { vi } from 'vitest';
import type { Settings } from '../../../lambdas/answer-slack/contract.ts';
import { handler } from '../../../lambdas/answer-slack/handler.ts';
import type { UrlResponse } from '../../../lambdas/incident/function-url.ts';

export const ofDev: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  application: 'erlmcp',
  slackSigningSecret: 'lifeboat/dev/slack-signing',
  tokenSecret: 'lifeboat/dev/slack',
  channel: 'C0INCIDENTS',
  sendNotice: { region: 'eu-central-1', functionName: 'lifeboat-dev-send-notice' },
};

export const signingSecret = 'e6b19c573432dcc6b075501d51b51bb8';
export const token = 'xoxb-not-a-token';
export const ada = { id: 'U0ADA', username: 'ada', name: 'ada', team_id: 'T0TEAM' };
export const grace = { id: 'U0GRACE', username: 'grace', name: 'grace', team_id: 'T0TEAM' };

interface TextObject {
  readonly type: string;
  readonly text: string;
}

export interface View {
  readonly type: string;
  readonly title: TextObject;
  readonly submit?: TextObject;
  readonly close?: TextObject;
  readonly callback_id?: string;
  readonly private_metadata?: string;
  readonly blocks: readonly {
    readonly type: string;
    readonly block_id?: string;
    readonly text?: TextObject;
    readonly label?: TextObject;
    readonly hint?: TextObject;
    readonly element?: { readonly type: string; readonly action_id: string; readonly max_length?: number };
  }[];
}

/** Slack, as far as a button asks it: it takes a trigger once, and refuses a view that is beyond its limits. */
export interface Slack {
  readonly opened: readonly View[];
  readonly said: readonly Readonly<Record<string, string>>[];
  /** Answers to give before it works again. */
  readonly instead: (() => Response | Promise<Response>)[];
  token: string;
}

export function startSlack(): Slack {
  const opened: View[] = [];
  const said: Readonly<Record<string, string>>[] = [];
  const triggers = new Set<string>();
  const slack: Slack = { opened, said, instead: [], token };
  vi.stubGlobal(
    'fetch',
    async (
      url: string | URL,
      init: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
    ) => {
      const other = slack.instead.shift();
      if (other) return other();
      const refuse = (error: string) => Response.json({ ok: false, error });
      if (new Headers(init.headers).get('authorization') !== `Bearer ${slack.token}`)
        return refuse('invalid_auth');
      const given = Object.fromEntries(new URLSearchParams(init.body));
      if (String(url) === 'https://slack.com/api/chat.postEphemeral') {
        said.push(given);
        return Response.json({ ok: true, message_ts: '1.2' });
      }
      if (String(url) !== 'https://slack.com/api/views.open') return refuse('unknown_method');
      const trigger = given['trigger_id'] ?? '';
      if (triggers.has(trigger)) return refuse('exchanged_trigger_id');
      triggers.add(trigger);
      const view = JSON.parse(given['view'] ?? 'null') as View;
      const wrong = wrongWithView(view);
      if (wrong !== undefined) return refuse(`invalid_arguments: ${wrong}`);
      opened.push(view);
      return Response.json({ ok: true, view: { id: `V${opened.length}` } });
    },
  );
  return slack;
}

/** Slack's limits (docs.slack.dev: modal views, section, input, plain text input), as far as ours come near them. */
export function wrongWithView(view: View): string | undefined {
  const wrong: string[] = [];
  const expect = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what);
  };
  const text = (object: TextObject | undefined, longest: number, what: string) => {
    if (!object) return;
    expect(object.type === 'plain_text', `${what} is no plain text`);
    expect(object.text.length >= 1 && object.text.length <= longest, `${what} of ${object.text.length}`);
    expect(object.text.isWellFormed(), `${what} is cut within a character`);
  };
  expect(view.type === 'modal', 'type');
  text(view.title, 24, 'title');
  text(view.submit, 24, 'submit');
  text(view.close, 24, 'close');
  expect((view.private_metadata ?? '').length <= 3_000, 'private_metadata');
  expect((view.callback_id ?? '').length <= 255, 'callback_id');
  expect(view.blocks.length >= 1 && view.blocks.length <= 100, `${view.blocks.length} blocks`);
  for (const { type, block_id: blockId, text: body, label, hint, element } of view.blocks) {
    text(body, 3_000, 'section');
    text(label, 2_000, 'label');
    text(hint, 2_000, 'hint');
    if (type !== 'input') continue;
    expect(view.submit !== undefined, 'an input needs submit');
    expect(blockId !== undefined, 'an input without block_id');
    expect((element?.max_length ?? 1) <= 3_000, 'max_length');
  }
  return wrong.length > 0 ? wrong.join(', ') : undefined;
}

/** What Slack sends when a button is pressed. */
export function press(
  actionId: string,
  value: unknown,
  { user = ada, trigger = 'trigger-1', channel = ofDev.channel, message = { ts: '1.1' } } = {},
): object {
  return {
    type: 'block_actions',
    user,
    api_app_id: 'A0APP',
    team: { id: 'T0TEAM', domain: 'company' },
    channel: { id: channel, name: 'incidents' },
    container: { type: 'message', message_ts: '1.1', channel_id: channel },
    message,
    trigger_id: trigger,
    actions: [
      { action_id: actionId, block_id: 'b', type: 'button', value: JSON.stringify(value), action_ts: '1.3' },
    ],
  };
}

/** What Slack sends when the form of an opened view is sent. */
export function submission(view: View | undefined, typed: string | null, user: object = ada): object {
  const input = view?.blocks.find(({ type }) => type === 'input');
  return {
    type: 'view_submission',
    user,
    team: { id: 'T0TEAM', domain: 'company' },
    view: {
      id: 'V1',
      ...view,
      state: {
        values: {
          [input?.block_id ?? 'none']: {
            [input?.element?.action_id ?? 'none']: { type: 'plain_text_input', value: typed },
          },
        },
      },
    },
  };
}

export interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signed as Slack signs it (docs.slack.dev, Verifying requests from Slack). */
export function signed(payload: unknown, { secret = signingSecret, at = Date.now() } = {}): Request {
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const timestamp = String(Math.floor(at / 1_000));
  const digest = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${digest}`,
    },
    body,
  };
}

/** As a function URL hands it over. */
export function deliver(
  { headers, body }: Request,
  { encoded = true, method = 'POST' } = {},
): Promise<UrlResponse> {
  return handler({
    version: '2.0',
    rawQueryString: '',
    headers,
    requestContext: { http: { method, path: '/' } },
    body: encoded ? Buffer.from(body).toString('base64') : body,
    isBase64Encoded: encoded,
  });
}

export const slackSends = (payload: unknown) => deliver(signed(payload));

/** What a view becomes when its form was sent. */
export function reactionOf({ body }: UrlResponse): {
  readonly response_action?: string;
  readonly errors?: Readonly<Record<string, string>>;
  readonly view?: View;
} {
  return body === '' ? {} : (JSON.parse(body) as object);
}

export const wordsOf = (view: View | undefined): string =>
  (view?.blocks ?? []).map(({ text, label }) => text?.text ?? label?.text ?? '').join('\n');
