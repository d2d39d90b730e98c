import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { handler as answerApproval } from '../../../lambdas/answer-approval/handler.ts';
import { handler } from '../../../lambdas/answer-slack/handler.ts';
import { forgetSecretToken } from '../../../lambdas/aws/secret-token.ts';
import { fakeSendNotice, type SendNotice } from '../acknowledge-incident/deployed.ts';
import {
  approvalKey,
  asked,
  expiresAt,
  newWaiting,
  whileAsked,
  type Waiting,
} from '../answer-approval/waiting.ts';
import { anIncident, duringAnIncident, startBucket } from '../bucket.ts';
import { awsError, deploy } from '../memory-ledger.ts';
import {
  ada,
  deliver,
  grace,
  ofDev,
  press,
  reactionOf,
  signed,
  signingSecret,
  slackSends,
  startSlack,
  submission,
  token,
  wordsOf,
  wrongWithView,
  type Slack,
} from './slack-app.ts';

const secrets = mockClient(SecretsManagerClient);
const { id } = anIncident;
const key = `incidents/${id}.json`;
const at = '2026-11-23T04:20:00.000Z';
const question = { incident: id, gate: 'promotion', askedAt: asked().askedAt };
const approveButton = press('lifeboat_approve', question);
const takeButton = press('lifeboat_acknowledge', { incident: id });
let slack: Slack;
let sendNotice: SendNotice;
let waiting: Waiting;
let logged: string;
let held: Readonly<Record<string, string>>;

beforeEach(() => {
  deploy(ofDev);
  for (const secret of [ofDev.slackSigningSecret, ofDev.tokenSecret]) forgetSecretToken(secret);
  held = { [ofDev.slackSigningSecret]: signingSecret, [ofDev.tokenSecret]: token };
  secrets.reset();
  secrets
    .on(GetSecretValueCommand)
    .callsFake(({ SecretId }: { readonly SecretId: string }) => ({ SecretString: held[SecretId] }));
  slack = startSlack();
  sendNotice = fakeSendNotice();
  waiting = newWaiting();
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(at) });
  logged = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    logged += String(text);
    return true;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Press a button, and what Slack shows then. */
async function opens(payload: object) {
  expect(await slackSends(payload)).toMatchObject({ statusCode: 200, body: '' });
  return slack.opened.at(-1);
}

describe('a request', () => {
  it('is answered 401 and nothing else, unless Slack has signed it', async () => {
    const bucket = startBucket(duringAnIncident());
    const good = signed(takeButton);
    const bad = [
      { ...good, body: good.body.replace('U0ADA', 'U0EVE') },
      { ...good, headers: {} },
      { ...good, headers: { ...good.headers, 'x-slack-signature': 'v0=00' } },
      signed(takeButton, { secret: 'another-secret' }),
      signed(takeButton, { at: Date.now() - 301_000 }),
    ];
    for (const request of bad) {
      expect(await deliver(request)).toEqual({
        statusCode: 401,
        headers: { 'cache-control': 'no-store' },
        body: '',
      });
    }
    expect((await deliver(good, { method: 'GET' })).statusCode).toBe(401);
    expect((await handler({ incident: id, by: 'me' })).statusCode).toBe(401);
    expect(bucket.calls).toEqual([]);
    expect([slack.opened, slack.said, sendNotice.started]).toEqual([[], [], []]);
  });

  it.each([true, false])('is read in base64 (%s)', async (encoded) => {
    const bucket = startBucket(duringAnIncident());
    expect((await deliver(signed(takeButton), { encoded })).statusCode).toBe(200);
    expect(bucket.record(id).acknowledged).toMatchObject({ by: 'ada (U0ADA)' });
  });

  it('of a secret that was replaced is taken by a function that is warm', async () => {
    startBucket(duringAnIncident());
    vi.setSystemTime(Date.now() + 3_600_000);
    await slackSends(takeButton);
    held = { ...held, [ofDev.slackSigningSecret]: 'replaced' };
    expect((await deliver(signed(takeButton, { secret: 'replaced' }))).statusCode).toBe(200);
    // Bad signatures do not make it read the secret each time.
    const before = secrets.commandCalls(GetSecretValueCommand).length;
    for (let i = 0; i < 5; i++) await deliver(signed(takeButton, { secret: 'bad' }));
    expect(secrets.commandCalls(GetSecretValueCommand)).toHaveLength(before);
  });

  it('is not judged while the secret cannot be read', async () => {
    startBucket(duringAnIncident());
    secrets.on(GetSecretValueCommand).rejects(awsError('InternalServiceError', 'x', 500));
    expect((await slackSends(takeButton)).statusCode).toBe(503);
  });

  it('from another channel is refused', async () => {
    const bucket = startBucket(whileAsked());
    for (const action of ['lifeboat_acknowledge', 'lifeboat_note', 'lifeboat_approve']) {
      const payload = press(action, question, { channel: 'C0OTHER' });
      expect((await slackSends(payload)).statusCode).toBe(403);
    }
    expect(bucket.calls).toEqual([]);
    expect(slack.opened).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['a button that only opens a link', press('link', { incident: id })],
    ['a value that names no incident', press('lifeboat_acknowledge', { incident: '../lock' })],
    ['a value that is no object', press('lifeboat_acknowledge', 7)],
    ['a view that was closed', { type: 'view_closed', user: ada }],
    ['a view of another app', { type: 'view_submission', user: ada, view: { callback_id: 'other' } }],
    ['nobody', { ...takeButton, user: undefined }],
    ['nothing', null],
  ])('of %s is heard, and does nothing', async (_, payload) => {
    const bucket = startBucket(duringAnIncident());
    expect(await slackSends(payload)).toMatchObject({ statusCode: 200, body: '' });
    expect(bucket.calls).toEqual([]);
  });
});

describe('the button to take the call', () => {
  it('takes it for the Slack user, and the others hear of it', async () => {
    const bucket = startBucket(duringAnIncident());
    expect(await slackSends(takeButton)).toMatchObject({ statusCode: 200, body: '' });
    expect(bucket.record(id).acknowledged).toEqual({ at, by: 'ada (U0ADA)', via: 'Slack' });
    expect(sendNotice.started).toEqual([
      {
        functionName: 'lifeboat-dev-send-notice',
        type: 'Event',
        input: { incident: anIncident, kind: 'acknowledged', detail: 'ada (U0ADA) (Slack)' },
      },
    ]);
    expect(slack.said).toEqual([]);
  });

  it('sent again with the same signature changes nothing', async () => {
    const bucket = startBucket(duringAnIncident());
    const request = signed(takeButton);
    await deliver(request);
    const before = bucket.record(id);
    vi.setSystemTime(Date.now() + 200_000);
    expect((await deliver(request)).statusCode).toBe(200);
    expect(bucket.record(id)).toEqual(before);
  });

  it('pressed by two at once has one taker, and the other alone is told who', async () => {
    const bucket = startBucket(duringAnIncident());
    const buttons = [ada, grace].map((user) => press('lifeboat_acknowledge', { incident: id }, { user }));
    const answers = await Promise.all(buttons.map((button) => slackSends(button)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    const winner = bucket.record(id).acknowledged?.by ?? '';
    expect(['ada (U0ADA)', 'grace (U0GRACE)']).toContain(winner);
    expect(slack.said).toEqual([
      {
        channel: 'C0INCIDENTS',
        user: winner.startsWith('ada') ? 'U0GRACE' : 'U0ADA',
        text: `${winner} has the call of ${id} since ${at} (Slack): ask them.`,
      },
    ]);
  });

  it('says why not, in the thread where it was pressed, when the incident is over', async () => {
    startBucket(duringAnIncident({ state: 'closed' }));
    const message = { ts: '1.9', thread_ts: '1.1' };
    await slackSends(press('lifeboat_acknowledge', { incident: id }, { message }));
    expect(slack.said).toMatchObject([{ thread_ts: '1.1', text: expect.stringContaining('is over since') }]);
  });

  it('of somebody whose name is markup names him as he is, and only his name', async () => {
    const bucket = startBucket(duringAnIncident());
    const user = { ...ada, name: '<!channel> *b*\n&' };
    await slackSends(press('lifeboat_acknowledge', { incident: id }, { user }));
    expect(bucket.record(id).acknowledged?.by).toBe('<!channel> *b* & (U0ADA)');
    await slackSends(press('lifeboat_acknowledge', { incident: id }, { user: grace }));
    expect(slack.said[0]?.['text']).toContain('&lt;!channel&gt; *b* &amp; (U0ADA) has the call');
  });

  it('says that it is not known, when the ledger does not answer', async () => {
    const bucket = startBucket(duringAnIncident());
    bucket.fail('get', key, awsError('SlowDown', 'x', 503), { times: 99 });
    expect((await slackSends(takeButton)).statusCode).toBe(200);
    expect(slack.said[0]?.['text']).toContain('It is not known whether this was kept.');
    slack.instead.push(() => Response.json({ ok: false, error: 'internal_error' }));
    // Then Slack's own sign is better than none.
    expect((await slackSends(takeButton)).statusCode).toBe(500);
  });

  it('stands when nobody can be told', async () => {
    const bucket = startBucket(duringAnIncident());
    sendNotice.failure = awsError('ServiceException', 'x', 500);
    expect((await slackSends(takeButton)).statusCode).toBe(200);
    expect(bucket.record(id).acknowledged).toMatchObject({ by: 'ada (U0ADA)' });
  });
});

describe('the button to add a note', () => {
  const noteButton = press('lifeboat_note', { incident: id });
  const text = '<!here> zone *b* is gone & back\nagain';

  it('opens a view, and what is typed there is on the record as it was typed', async () => {
    const bucket = startBucket(duringAnIncident());
    const view = await opens(noteButton);
    expect(view?.title.text).toBe('Add a note');
    expect(await slackSends(submission(view, text))).toMatchObject({ statusCode: 200, body: '' });
    expect(bucket.record(id).notes).toEqual([{ at, by: 'ada (U0ADA)', via: 'Slack', text }]);
    expect(sendNotice.started.map(({ input }) => input)).toEqual([
      { incident: anIncident, kind: 'note', detail: `ada (U0ADA): ${text}` },
    ]);
  });

  it('writes one note when its view is sent again, by hand or with the same signature', async () => {
    const bucket = startBucket(duringAnIncident());
    const request = signed(submission(await opens(noteButton), text));
    for (let i = 0; i < 3; i++) {
      await deliver(request);
      vi.setSystemTime(Date.now() + 60_000);
    }
    expect(bucket.record(id).notes).toHaveLength(1);
    expect(bucket.record(id).timeline).toHaveLength(1);
  });

  it.each([null, ' ', 'x'.repeat(2_001)])(
    'says what is allowed beside the input, for a text of %s',
    async (typed) => {
      const bucket = startBucket(duringAnIncident());
      const reaction = reactionOf(await slackSends(submission(await opens(noteButton), typed)));
      expect(reaction).toMatchObject({
        response_action: 'errors',
        errors: { text: expect.stringContaining('1 to 2000 characters') },
      });
      expect(bucket.record(id).notes).toBeUndefined();
    },
  );

  it('says why not when the incident is over', async () => {
    startBucket(duringAnIncident({ state: 'closed' }));
    const reaction = reactionOf(await slackSends(submission(await opens(noteButton), text)));
    expect(reaction.response_action).toBe('update');
    expect(wordsOf(reaction.view)).toContain('is over');
  });

  it('is heard when Slack opens no view, and the next one reads a token that was replaced', async () => {
    startBucket(duringAnIncident());
    slack.token = 'xoxb-replaced';
    expect((await slackSends(noteButton)).statusCode).toBe(200);
    expect(slack.opened).toEqual([]);
    held = { ...held, [ofDev.tokenSecret]: 'xoxb-replaced' };
    expect(await opens(press('lifeboat_note', { incident: id }, { trigger: 'trigger-2' }))).toBeDefined();
    expect(logged).toContain('invalid_auth');
    expect(logged).not.toContain('xoxb');
  });

  it('asks Slack once, whatever it answers', async () => {
    startBucket(duringAnIncident());
    let times = 0;
    const busy = () => {
      times += 1;
      return new Response('{"ok":false,"error":"ratelimited"}', {
        status: 429,
        headers: { 'retry-after': '30' },
      });
    };
    const broken = () => {
      times += 1;
      throw new TypeError('fetch failed');
    };
    for (const [answer, trigger] of [
      [busy, 'trigger-1'],
      [broken, 'trigger-2'],
    ] as const) {
      times = 0;
      slack.instead.splice(0, Infinity, answer, answer, answer);
      const button = press('lifeboat_note', { incident: id }, { trigger });
      expect((await slackSends(button)).statusCode).toBe(200);
      expect(times).toBe(1);
    }
  });
});

describe('the buttons to answer a gate', () => {
  it.each([
    ['lifeboat_approve', 'Approve: promotion', 'approved'],
    ['lifeboat_reject', 'Reject: promotion', 'rejected'],
  ] as const)('%s asks for a reason first, and then decides', async (action, title, state) => {
    const bucket = startBucket(whileAsked());
    const view = await opens(press(action, question));
    expect(view?.title.text).toBe(title);
    for (const part of [
      `erlmcp, incident ${id}. Answer by 2026-11-23 04:40:00 UTC, in 20 min.`,
      'Question\nShall the standby take over?\nIt is a one-way door.',
      'Evidence\nreplica lag 4 s',
      'Reason',
    ]) {
      expect(wordsOf(view)).toContain(part);
    }
    expect(bucket.read(approvalKey)).toEqual(asked());
    expect(waiting.heard).toEqual([]);

    const reaction = reactionOf(await slackSends(submission(view, ' the site is lost ')));
    expect(reaction.response_action).toBe('update');
    expect(wordsOf(reaction.view)).toContain(`The promotion is ${state}, by ada (U0ADA): the site is lost`);
    expect(bucket.read(approvalKey)).toMatchObject({
      state,
      by: 'ada (U0ADA)',
      via: 'Slack',
      reason: 'the site is lost',
    });
    expect(bucket.record(id).timeline).toMatchObject([
      { actor: 'ada (U0ADA)', event: `${state} the promotion (Slack)`, detail: 'the site is lost' },
    ]);
    expect(waiting.heard).toHaveLength(1);
  });

  it('count once when the same view is sent again', async () => {
    const bucket = startBucket(whileAsked());
    const request = signed(submission(await opens(approveButton), 'lost'));
    await deliver(request);
    const before = bucket.read(approvalKey);
    const reaction = reactionOf(await deliver(request));
    expect(wordsOf(reaction.view)).toContain('The promotion is approved, by ada (U0ADA): lost');
    expect(bucket.read(approvalKey)).toEqual(before);
    expect(waiting.heard).toHaveLength(1);
  });

  it('finish what was begun when the waiting state could not be told', async () => {
    startBucket(whileAsked());
    waiting.fail(awsError('ServiceUnavailable', 'x', 503), 3);
    const request = signed(submission(await opens(approveButton), 'lost'));
    expect(reactionOf(await deliver(request))).toMatchObject({
      response_action: 'errors',
      errors: { text: expect.stringContaining('Do it again in a moment: it counts once.') },
    });
    expect(wordsOf(reactionOf(await deliver(request)).view)).toContain('is approved');
    expect(waiting.heard).toHaveLength(1);
  });

  it('race the command line, and one answer counts, of which both are told', async () => {
    for (let round = 0; round < 10; round++) {
      slack = startSlack();
      waiting = newWaiting();
      const bucket = startBucket(whileAsked());
      const view = await opens(approveButton);
      const [bySlack, byCommand] = await Promise.allSettled([
        slackSends(submission(view, 'lost')).then(reactionOf),
        (async () => {
          const command = {
            incident: id,
            gate: 'promotion',
            decision: 'reject',
            reason: 'wait',
            by: 'Grace',
          };
          return answerApproval(command);
        })(),
      ]);
      const { state } = bucket.read<{ readonly state: string }>(approvalKey);
      expect(waiting.heard).toMatchObject([{ decision: state === 'approved' ? 'approve' : 'reject' }]);
      const words = bySlack.status === 'fulfilled' ? wordsOf(bySlack.value.view) : '';
      if (state === 'approved') {
        expect(words).toContain('The promotion is approved');
        expect(byCommand).toMatchObject({ reason: { name: 'ApprovalRefused' } });
      } else {
        expect(words).toContain('was rejected already, by Grace');
        expect(byCommand.status).toBe('fulfilled');
      }
    }
  });

  it('of two people count for the first', async () => {
    startBucket(whileAsked());
    const view = await opens(approveButton);
    const other = await opens(press('lifeboat_reject', question, { user: grace, trigger: 'trigger-2' }));
    await slackSends(submission(view, 'lost'));
    const { view: after } = reactionOf(await slackSends(submission(other, 'wait', grace)));
    expect(wordsOf(after)).toContain('was approved already, by ada (U0ADA)');
    expect(waiting.heard).toHaveLength(1);
  });

  it('show what was decided, and ask nothing, when it was', async () => {
    startBucket(whileAsked({ state: 'rejected', by: 'Grace', reason: '<b>wait</b>' }));
    const view = await opens(approveButton);
    expect(view?.title.text).toBe('Rejected: promotion');
    expect(wordsOf(view)).toContain('by Grace: <b>wait</b>');
    expect(view?.submit).toBeUndefined();
  });

  it.each([
    ['the question has changed', { askedAt: '2026-11-23T04:15:00.000Z' }, 'The question has changed'],
    ['it has expired', { state: 'expired' }, 'could be answered until'],
    ['its time is over', { expiresAt: at }, 'could be answered until'],
  ] as const)('say so, and ask nothing, when %s', async (_, changes, words) => {
    startBucket(whileAsked(changes));
    const view = await opens(approveButton);
    expect(wordsOf(view)).toContain(words);
    expect(view?.submit).toBeUndefined();
  });

  it('say so when nobody asked', async () => {
    startBucket(duringAnIncident());
    expect(wordsOf(await opens(approveButton))).toContain('Nobody asked about the promotion');
  });

  it.each([
    ['the question has changed', { askedAt: '2026-11-23T04:15:00.000Z' }, {}, 'The question has changed'],
    ['the incident is over', {}, { state: 'closed' }, 'is over (closed)'],
  ] as const)('are refused when, while the view is open, %s', async (_, changes, record, words) => {
    const bucket = startBucket(whileAsked());
    const view = await opens(approveButton);
    bucket.write(approvalKey, asked(changes));
    bucket.write(key, { ...bucket.record(id), ...record });
    const reaction = reactionOf(await slackSends(submission(view, 'lost')));
    expect(reaction.view?.title.text).toBe('Not decided: promotion');
    expect(wordsOf(reaction.view)).toContain(words);
    expect(waiting.heard).toEqual([]);
  });

  it('are refused when the time is over while the view is open', async () => {
    startBucket(whileAsked());
    const view = await opens(approveButton);
    vi.setSystemTime(Date.parse(expiresAt));
    const reaction = reactionOf(await slackSends(submission(view, 'lost')));
    expect(wordsOf(reaction.view)).toContain('could be answered until');
    expect(waiting.heard).toEqual([]);
  });

  it('answer nothing by a view that names another question, gate or incident', async () => {
    const bucket = startBucket(whileAsked());
    const view = await opens(approveButton);
    const said = JSON.parse(view?.private_metadata ?? '{}') as object;
    const changes = [
      { incident: 'dev-x' },
      { gate: 'restore' },
      { gate: 'toll' },
      { askedAt: undefined },
      { decision: 'yes' },
    ];
    for (const change of changes) {
      if (!view) throw new Error('no view was opened');
      const forged = { ...view, private_metadata: JSON.stringify({ ...said, ...change }) };
      const reaction = reactionOf(await slackSends(submission(forged, 'lost')));
      expect(reaction.view?.title.text).toMatch(/^(Not decided|Nothing was decided)/);
    }
    expect(bucket.read(approvalKey)).toEqual(asked());
    expect(waiting.heard).toEqual([]);
  });

  it.each([null, ' ', 'a\nb', 'x'.repeat(501)])(
    'say what is allowed beside the input, for %j',
    async (typed) => {
      startBucket(whileAsked());
      const reaction = reactionOf(await slackSends(submission(await opens(approveButton), typed)));
      expect(reaction).toMatchObject({
        response_action: 'errors',
        errors: { text: 'Allowed is one line of text, 1 to 500 characters.' },
      });
      expect(waiting.heard).toEqual([]);
    },
  );

  it('keep within what Slack takes, for whatever is asked', async () => {
    for (const gate of ['promotion', 'restore', 'configuration', 'hardware'] as const) {
      const long = { gate, question: '𝄞'.repeat(2_000), evidence: 'e'.repeat(40_000) };
      const approval = asked(long);
      startBucket({ ...duringAnIncident(), [`approvals/${id}/${gate}.json`]: approval });
      const trigger = `trigger-${gate}`;
      const view = await opens(press('lifeboat_approve', { ...question, gate }, { trigger }));
      expect(view?.title.text).toContain(gate);
      expect(wordsOf(view)).toContain('e…');
      // Nothing of a text that has room is lost.
      expect(wordsOf(view).match(/𝄞/gu)).toHaveLength(2_000);
      const { view: after } = reactionOf(await slackSends(submission(view, 'x'.repeat(500))));
      if (!after) throw new Error('the view was not answered');
      expect(wrongWithView(after)).toBeUndefined();
    }
  });
});

it('the token of the waiting state, the secrets and what people typed stay out of the log', async () => {
  startBucket(whileAsked());
  await slackSends(submission(await opens(approveButton), 'a reason of mine'));
  for (const secret of [token, signingSecret, 'token-1', 'a reason of mine'])
    expect(logged).not.toContain(secret);
});
