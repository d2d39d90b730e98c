import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acknowledge, addNote } from '../../operate/acknowledge.ts';
import { startAws, typed, type Aws } from './acknowledge-aws.ts';

const incident = 'dev-20261123T040012-site-failure';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' };
const by = 'Ada (user/ada)';
const at = '2026-11-23T04:20:00.000Z';
const via = 'command line';
const taken = { incident, acknowledged: { at, by, via }, note: null };
const noted = { incident, acknowledged: null, note: { at, by, via, text: 'zone b is gone' } };
const functionPath = '/2015-03-31/functions/lifeboat-dev-acknowledge-incident/invocations';
let aws: Aws;

beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => {
  aws.close();
});
beforeEach(() => {
  Object.assign(aws, { account: '111111111111', arn: 'arn:aws:iam::111111111111:user/ada', answer: taken });
  Object.assign(aws, { functionError: undefined, asked: [] });
});
const where = () => ({
  environment: { name: 'dev', account: '111111111111', region: 'eu-central-1' },
  endpoint: aws.endpoint,
  credentials,
});

describe('the function of the environment', () => {
  it('is asked for the incident that is open, as whoever the credentials belong to', async () => {
    expect(await acknowledge(where())).toEqual(taken);
    expect(aws.asked).toEqual([
      { path: functionPath, input: { incident: 'open', by: 'arn:aws:iam::111111111111:user/ada' } },
    ]);
  });

  it('is told a name with whom the credentials belong to, and a note', async () => {
    aws.answer = noted;
    expect(await addNote({ ...where(), incident, by: 'Ada', text: 'zone b is gone' })).toEqual(noted);
    expect(aws.asked.map(({ input }) => input)).toEqual([
      { incident, by: 'Ada (user/ada)', note: 'zone b is gone' },
    ]);
  });

  it('is told a name that it takes, however long an ARN is', async () => {
    const session = `assumed-role/${'r'.repeat(64)}/${'s'.repeat(64)}@example.com`;
    aws.arn = `arn:aws:sts::111111111111:${session}`;
    await acknowledge({ ...where(), by: 'x'.repeat(50) });
    expect(aws.asked[0]?.input.by.length).toBeLessThanOrEqual(200);
    expect(aws.asked[0]?.input.by).toMatch(/^x{50} \(.*@example\.com\)$/);
  });

  it.each([
    ['AcknowledgementRefused', 'Refused', 'Grace has the call'],
    ['InvalidInput', 'Refused', 'Grace has the call'],
    ['TryAgain', 'NotReached', 'It is not known whether you have the call: run the same command again'],
  ])('that throws %s is told as %s', async (errorType, name, message) => {
    aws.functionError = 'Unhandled';
    aws.answer = { errorType, errorMessage: 'Grace has the call' };
    await expect(acknowledge(where())).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });

  it('is not asked with credentials of another account', async () => {
    aws.account = '222222222222';
    await expect(acknowledge(where())).rejects.toMatchObject({ name: 'NotReached' });
    expect(aws.asked).toEqual([]);
  });
});

describe('npm run acknowledge', () => {
  const run = (...args: readonly string[]) => typed('acknowledge-main.ts', args, aws.endpoint);

  it('ends with 0 and says who has the call', async () => {
    const { code, out, err } = await run('--env', 'dev', '--incident', incident, '--by', 'Ada');
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(`The call of ${incident} is taken, by ${by} at ${at}. The others on call are told.\n`);
    expect(aws.asked[0]?.input).toEqual({ incident, by });
  });

  it('ends with 1 when somebody else has it', async () => {
    aws.functionError = 'Unhandled';
    aws.answer = { errorType: 'AcknowledgementRefused', errorMessage: 'Grace has the call' };
    expect(await run('--env', 'dev')).toEqual({ code: 1, out: '', err: 'Grace has the call\n' });
  });

  it('ends with 2 when the command is wrong, and names everything that is', async () => {
    const { code, err } = await run('--incident', '../lock', '--by', 'x'.repeat(51));
    expect(code).toBe(2);
    for (const part of [
      '--env: got nothing, allowed: the name of an environment, or a file',
      '--incident: got "../lock", allowed: the id of an incident',
      'allowed: one line of text, 1 to 50 characters',
      'usage: npm run acknowledge',
    ]) {
      expect(err).toContain(part);
    }
    expect(aws.asked).toEqual([]);
  });

  it('ends with 3 when AWS could not be asked', async () => {
    const { code, err } = await typed('acknowledge-main.ts', ['--env', 'dev'], 'http://127.0.0.1:9');
    expect(code).toBe(3);
    expect(err).toContain('AWS could not be asked about who you are');
  });
});

describe('npm run note', () => {
  const run = (...args: readonly string[]) => typed('note-main.ts', ['--env', 'dev', ...args], aws.endpoint);

  it('ends with 0 and says that it is on the record', async () => {
    aws.answer = noted;
    const { code, out } = await run('--by', 'Ada', '--text', ' zone b\r\nis gone ');
    expect([code, out]).toEqual([0, `On the record of ${incident}, by ${by} at ${at}.\n`]);
    expect(aws.asked[0]?.input).toEqual({ incident: 'open', by, note: 'zone b\nis gone' });
  });

  it.each([[[]], [['--text', ' ']], [['--text', 'x'.repeat(2_001)]], [['--text', 'a\u001b[31m']]])(
    'ends with 2 when there is no text that can be kept: %j',
    async (args) => {
      const { code, err } = await run(...args);
      expect(code).toBe(2);
      expect(err).toContain('allowed: 1 to 2,000 characters of text');
      expect(aws.asked).toEqual([]);
    },
  );

  it('explains itself', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    expect(out).toContain('usage: npm run note -- --env NAME|FILE --text TEXT');
  });
});

it('npm runs these very files', () => {
  const file = path.join(import.meta.dirname, '..', '..', 'package.json');
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  expect(scripts).toMatchObject({
    acknowledge: 'node operate/acknowledge-main.ts',
    note: 'node operate/note-main.ts',
  });
});
