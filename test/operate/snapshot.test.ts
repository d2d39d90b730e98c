import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseSnapshotArguments, snapshotUsage } from '../../operate/snapshot-arguments.ts';
import { snapshot } from '../../operate/snapshot.ts';

const root = path.join(import.meta.dirname, '..', '..');
const kept = {
  status: 'changed',
  summary: 'kept 3 ConfigMaps, 2 Secrets and 2 deployments as the snapshot before-release',
  key: 'snapshots/before-release.json',
};

/** STS and Lambda, as far as the command asks them. */
const aws = {
  account: '111111111111',
  answer: kept as unknown,
  functionError: undefined as string | undefined,
  asked: [] as { readonly path: string; readonly input: unknown }[],
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
  Object.assign(aws, { account: '111111111111', answer: kept, functionError: undefined, asked: [] });
});

async function serve(request: IncomingMessage) {
  const body = await text(request);
  if (body.includes('Action=GetCallerIdentity')) {
    const result = `<Arn>arn:aws:iam::${aws.account}:user/ada</Arn><Account>${aws.account}</Account>`;
    return {
      type: 'text/xml',
      body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`,
    };
  }
  aws.asked.push({ path: request.url ?? '', input: JSON.parse(body) as unknown });
  return {
    type: 'application/json',
    body: JSON.stringify(aws.answer),
    headers: aws.functionError === undefined ? {} : { 'x-amz-function-error': aws.functionError },
  };
}

it('has the site that users are on keep its objects under the name', async () => {
  const environment = { name: 'dev', account: '111111111111', region: 'eu-central-1' };
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' };
  expect(await snapshot({ environment, name: 'before-release', endpoint, credentials })).toEqual(kept);
  expect(aws.asked).toEqual([
    {
      path: '/2015-03-31/functions/lifeboat-dev-call-site/invocations',
      input: { site: 'active', task: 'export-objects', payload: { snapshot: 'before-release' } },
    },
  ]);
});

/** The command as it is typed; `npm run snapshot` runs this very file. */
function typed(args: readonly string[], AWS_ENDPOINT_URL = endpoint) {
  const env = {
    ...{ PATH: process.env['PATH'], AWS_ENDPOINT_URL, AWS_MAX_ATTEMPTS: '1' },
    ...{ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'not-a-secret' },
  };
  return new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    execFile(
      process.execPath,
      [path.join(root, 'operate', 'snapshot-main.ts'), ...args],
      { env, cwd: root },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}
const command = ['--env', 'dev', '--name', 'before-release'];

describe('the command to take a snapshot', () => {
  it('ends with 0 and says how to go back to it', async () => {
    expect(await typed(command)).toEqual({
      code: 0,
      err: '',
      out:
        `${kept.summary} (snapshots/before-release.json in the exports bucket)\n` +
        'To go back to it: start incident with {"scenario":"configuration-loss","snapshot":"before-release"}\n',
    });
  });

  it('ends with 1 when it is refused, and with 3 when AWS could not be asked', async () => {
    aws.functionError = 'Unhandled';
    aws.answer = { errorType: 'UnsafePlan', errorMessage: 'the namespace erlmcp does not exist' };
    expect(await typed(command)).toEqual({ code: 1, out: '', err: 'the namespace erlmcp does not exist\n' });
    aws.answer = { errorType: 'TryAgain', errorMessage: 'no answer' };
    const failed = await typed(command);
    expect([failed.code, failed.err]).toEqual([3, expect.stringContaining('run the same command again')]);
    expect((await typed(command, 'http://127.0.0.1:9')).code).toBe(3);
  });

  it('ends with 2 when the command or the environment is wrong, and asks nobody', async () => {
    const wrong = await typed(['--env', 'dev', '--name', 'Before Release']);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain(
      '--name: got "Before Release", allowed: 1 to 63 lower case letters, digits, - and .',
    );
    expect(wrong.err).toContain('usage: npm run snapshot');
    const unknown = await typed(['--env', 'nowhere', '--name', 'one']);
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('no such environment')]);
    expect(aws.asked).toEqual([]);
  });

  it.each<[string, readonly string[], string]>([
    [
      'nothing',
      [],
      '--env: got nothing, allowed: the name of an environment, or a file\n--name: got nothing',
    ],
    ['a name that is a path', ['--env', 'dev', '--name', '../lock'], '--name: got "../lock"'],
    ['no URL', [...command, '--endpoint', 'localhost'], '--endpoint: got "localhost", allowed: a URL'],
    ['an unknown option', ['--enviroment', 'dev'], "'--enviroment'"],
  ])('is refused with what is allowed: %s', (_, args, message) => {
    expect(() => parseSnapshotArguments(args)).toThrow(message);
  });

  it('explains itself', () => {
    expect(parseSnapshotArguments(['--help'])).toBeNull();
    for (const name of ['env', 'name', 'endpoint']) expect(snapshotUsage).toContain(`--${name}`);
  });
});
