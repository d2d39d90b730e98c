import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Input } from '../../lambdas/answer-approval/contract.ts';
import { approve } from '../../operate/approve.ts';

const root = path.join(import.meta.dirname, '..', '..');
const incident = 'dev-20261123T040012-site-failure';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' };
const taken = {
  incidentId: incident,
  gate: 'promotion',
  question: 'Shall the standby take over?',
  state: 'approved',
  by: 'arn:aws:iam::111111111111:user/ada',
  decidedAt: '2026-11-23T04:20:00.000Z',
};

/** STS and Lambda, as far as the command asks them. */
const aws = {
  account: '111111111111',
  answer: taken as unknown,
  functionError: undefined as string | undefined,
  asked: [] as { readonly path: string; readonly signedFor: string; readonly input: Input }[],
};
let server: Server;
let endpoint: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    void serve(request).then(({ type, body, headers = {} }) => {
      response.writeHead(200, { 'content-type': type, ...headers });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  Object.assign(aws, { account: '111111111111', answer: taken, functionError: undefined, asked: [] });
});

async function serve(request: IncomingMessage) {
  const body = await text(request);
  if (body.includes('Action=GetCallerIdentity')) {
    const member = (name: string, value: string) => `<${name}>${value}</${name}>`;
    const arn = `arn:aws:iam::${aws.account}:user/ada`;
    const result = `${member('Arn', arn)}${member('UserId', 'AIDA')}${member('Account', aws.account)}`;
    return {
      type: 'text/xml',
      body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`,
    };
  }
  const signedFor = /Credential=\w+\/\d+\/([\w-]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
  aws.asked.push({ path: request.url ?? '', signedFor, input: JSON.parse(body) as Input });
  return {
    type: 'application/json',
    body: JSON.stringify(aws.answer),
    headers: aws.functionError === undefined ? {} : { 'x-amz-function-error': aws.functionError },
  };
}

const answer = () =>
  approve({
    environment: { name: 'dev', account: '111111111111', region: 'eu-central-1' },
    incident,
    decision: 'approve',
    reason: 'lost',
    endpoint,
    credentials,
  });

it('asks the function of the environment, in the region of the standby, as whoever the credentials belong to', async () => {
  expect(await answer()).toEqual(taken);
  expect(aws.asked).toEqual([
    {
      path: '/2015-03-31/functions/lifeboat-dev-answer-approval/invocations',
      signedFor: 'eu-central-1',
      input: { incident, decision: 'approve', reason: 'lost', by: 'arn:aws:iam::111111111111:user/ada' },
    },
  ]);
});

it.each([
  ['ApprovalRefused', 'Refused', 'it was rejected already'],
  ['InvalidInput', 'Refused', 'it was rejected already'],
  ['TryAgain', 'NotReached', 'run the same command again, it decides once'],
])('tells an error %s of the function as %s', async (errorType, name, message) => {
  aws.functionError = 'Unhandled';
  aws.answer = { errorType, errorMessage: 'it was rejected already' };
  await expect(answer()).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
});

it('asks nothing with credentials of another account', async () => {
  aws.account = '222222222222';
  await expect(answer()).rejects.toMatchObject({
    name: 'NotReached',
    message: expect.stringContaining('of account 222222222222, and dev is in 111111111111'),
  });
  expect(aws.asked).toEqual([]);
});

/** The command as it is typed; `npm run approve` runs this very file. */
function typed(args: readonly string[], AWS_ENDPOINT_URL = endpoint) {
  const env = {
    ...{ PATH: process.env['PATH'], AWS_ENDPOINT_URL, AWS_MAX_ATTEMPTS: '1' },
    ...{ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'not-a-secret' },
  };
  return new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    execFile(
      process.execPath,
      [path.join(root, 'operate', 'approve-main.ts'), ...args],
      { env, cwd: root },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}
const command = ['--env', 'dev', '--incident', incident, '--decision', 'approve', '--reason', 'lost'];

it('ends with 0 and says what was decided when it was taken, at AWS_ENDPOINT_URL or --endpoint', async () => {
  for (const run of [typed(command), typed([...command, '--endpoint', endpoint], 'http://127.0.0.1:9')]) {
    const { code, out, err } = await run;
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('Shall the standby take over?');
    expect(out).toContain(
      `The promotion of ${incident} is approved, by arn:aws:iam::111111111111:user/ada at 2026-11-23T04:20:00.000Z.`,
    );
  }
});

it('ends with 1 when the answer does not count, and with 3 when AWS could not be asked', async () => {
  aws.functionError = 'Unhandled';
  aws.answer = { errorType: 'ApprovalRefused', errorMessage: 'nobody asked' };
  expect(await typed(command)).toEqual({ code: 1, out: '', err: 'nobody asked\n' });
  const { code, err } = await typed(command, 'http://127.0.0.1:9');
  expect(code).toBe(3);
  expect(err).toMatch(/^AWS could not be asked about who you are \(.*ECONNREFUSED/);
});

it('ends with 2 when the command or the environment is wrong', async () => {
  const wrong = await typed(['--env', 'dev']);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('--incident: got nothing');
  expect(wrong.err).toContain('usage: npm run approve');
  const unknown = await typed(command.with(1, 'nowhere'));
  expect(unknown.code).toBe(2);
  expect(unknown.err).toContain('no such environment; allowed: dev, prod, staging');
});
