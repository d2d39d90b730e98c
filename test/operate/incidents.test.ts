import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportHtml } from '../../lambdas/communication/report/html.ts';
import { reportMarkdown } from '../../lambdas/communication/report/markdown.ts';
import { reportOf } from '../../lambdas/communication/report/report.ts';
import type { IncidentRecord, Notice } from '../../lambdas/incident/contract.ts';
import { names } from '../../lib/names.ts';
import { parseIncidentsArguments } from '../../operate/incidents-arguments.ts';
import { listIncidents, showIncident } from '../../operate/incidents.ts';
import { nearest } from '../../operate/ledger.ts';
import { sampleOf } from '../../operate/preview-sample.ts';
import { bucket, environment, ledgerCloud } from './ledger-cloud.ts';

const { cloud, keep, put, typed } = await ledgerCloud();
const { moments } = sampleOf(environment, 'P0', 'site-failure');
const day = 24 * 60 * 60_000;
const at = (kind: string) => moments.find((moment) => moment.kind === kind)!.record;
const failed = (channel: Notice['channel']): Notice => ({
  ...{ at: '2026-11-23T04:10:00.000Z', kind: 'update', audience: 'oncall', subject: 's', delivered: false },
  channel,
});
/** The same incident so many days earlier, under an id of that day. */
function earlier(record: IncidentRecord, days: number, more: Partial<IncidentRecord> = {}): IncidentRecord {
  const shifted = (time: string) => new Date(Date.parse(time) - days * day).toISOString();
  const startedAt = shifted(record.ref.startedAt);
  const id = `dev-${startedAt.replace(/[-:]|\..*$/g, '')}-site-failure`;
  return {
    ...record,
    ...(record.closedAt === undefined ? {} : { closedAt: shifted(record.closedAt) }),
    lastGoodAt: record.lastGoodAt === null ? null : shifted(record.lastGoodAt),
    ref: { ...record.ref, id, startedAt },
    ...more,
  };
}
const recovered = earlier(at('recovered'), 40);
const escalated = earlier(at('escalation'), 2, {
  notices: [failed('slack'), failed('slack'), failed('email'), { ...failed('sms'), delivered: true }],
});
const open = at('update');
const now = Date.parse(open.ref.startedAt) + 60 * 60_000;
const access = () => ({ endpoint: cloud.url(), credentials: cloud.iam.operator });
const list = (more: { readonly since?: number; readonly open?: boolean } = {}) =>
  listIncidents({ environment, now, open: false, ...more, ...access() });
const show = (id: string, as: 'markdown' | 'html' | 'json' = 'markdown') =>
  showIncident({ environment, now, id, as, ...access() });
const ids = (out: string) =>
  out
    .split('\n')
    .map((line) => line.split(' ')[0])
    .filter((id) => id?.startsWith('dev-'));

const directory = mkdtempSync(path.join(tmpdir(), 'lifeboat-incidents-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('an empty ledger', () => {
  it('has no incidents, and none is near', async () => {
    expect(await list()).toBe('dev has no incident.\n');
    await expect(show('dev-x')).rejects.toMatchObject({
      message: 'dev has no incident dev-x; dev has had none yet',
    });
  });
});

describe('a ledger with incidents', () => {
  beforeAll(async () => {
    for (const record of [recovered, open, escalated]) await keep(record);
    await put('incidents/dev-20260101T000000-site-failure.json', '{ "ref":');
    await put('lock.json', '{}');
    await put('reports/x/report.html', '<p>');
  });

  it('lists them newest first, with their state, their time against the RTO, and what was not taken', async () => {
    const out = await list();
    expect(ids(out)).toEqual([open.ref.id, escalated.ref.id, recovered.ref.id]);
    const [head, ...rows] = out.split('\n');
    expect(head).toMatch(/^incident +severity +scenario +outcome +started +recovery time +not taken$/);
    expect(rows[0]).toMatch(/ P0 .* open .*2026-11-23 04:00:12 UTC +1 h of 1 h so far$/);
    expect(rows[1]).toMatch(/ escalated .* given up; RTO 1 h +3 \(slack, email\)$/);
    expect(rows[2]).toMatch(/ recovered .*2026-10-14 04:00:12 UTC +37 min 45 s of 1 h, RTO met$/);
  });

  it('says of what cannot be read that it cannot', async () => {
    expect(await list()).toMatch(
      /\nincidents\/dev-20260101T000000-site-failure\.json is not JSON \(.+\)\.\n$/,
    );
    await expect(show('dev-20260101T000000-site-failure')).rejects.toMatchObject({
      name: 'Refused',
      message: expect.stringContaining(`on ${bucket} is not JSON`),
    });
  });

  it('lists those since a time, and those that are open', async () => {
    expect(ids(await list({ since: 30 * 86_400 }))).toEqual([open.ref.id, escalated.ref.id]);
    expect(ids(await list({ since: 3_601 }))).toEqual([open.ref.id]);
    expect(ids(await list({ open: true }))).toEqual([open.ref.id]);
    expect(await list({ since: 3_599, open: true })).toMatch(
      /^dev has no open incident since 2026-11-23 04:00:13 UTC\./,
    );
  });

  it('shows one as its report, as a page, and as it is kept', async () => {
    const { id } = recovered.ref;
    const about = { application: environment.application.name, publicName: names(environment).publicName };
    const report = reportOf(recovered, about, now);
    expect(report.title).toContain(id);
    expect(await show(id)).toBe(reportMarkdown(report));
    expect(await show(id, 'html')).toBe(reportHtml(report));
    expect(JSON.parse(await show(id, 'json'))).toEqual(recovered);
  });

  it('names the nearest when there is none of this id, and the environment that an id is of', async () => {
    const wanted = escalated.ref.id.replace('12-', '13-');
    await expect(show(wanted)).rejects.toMatchObject({
      name: 'Refused',
      message: `dev has no incident ${wanted}; the nearest is ${escalated.ref.id}`,
    });
    await expect(show(open.ref.id.replace('dev-', 'prod-'))).rejects.toMatchObject({
      message: expect.stringContaining('; by its id it is of prod, so try --env prod; the nearest is dev-'),
    });
  });

  it.each([
    [['s3:GetObject'], `s3:ListBucket on arn:aws:s3:::${bucket}`],
    [['s3:ListBucket'], `s3:GetObject on arn:aws:s3:::${bucket}/incidents/`],
  ])('says to whom may only %j what is missing', async (Action, missing) => {
    const role = cloud.role(`reader-${Action.join()}`.replace(':', '-'), [
      { Effect: 'Allow', Action, Resource: '*' },
    ]);
    const { code, out, err } = await typed('incidents-main.ts', ['--env', 'dev'], role);
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(/^arn:aws:sts::111111111111:assumed-role\/reader-/);
    expect(err).toContain(` may not ${missing}`);
  });

  it('asks nothing of another account, and says that an environment has no ledger', async () => {
    const other = { ...environment, account: '222222222222' };
    await expect(listIncidents({ environment: other, now, open: false, ...access() })).rejects.toMatchObject({
      name: 'NotReached',
      message: expect.stringContaining('of account 111111111111'),
    });
    const copy = { ...environment, name: 'copy' };
    await expect(listIncidents({ environment: copy, now, open: false, ...access() })).rejects.toMatchObject({
      name: 'NotReached',
      message: expect.stringMatching(
        /^there is no ledger lifeboat-copy-ledger-.*is the recovery stack of copy deployed\?/,
      ),
    });
  });

  describe('npm run incidents', () => {
    it('ends with 0 and prints', async () => {
      const { code, out, err } = await typed('incidents-main.ts', ['--env', 'dev', '--open']);
      expect([code, err]).toEqual([0, '']);
      expect(ids(out)).toEqual([open.ref.id]);
    });

    it('writes a page', async () => {
      const file = path.join(directory, 'deep', 'report.html');
      const { code, out } = await typed('incidents-main.ts', [
        '--env',
        'dev',
        '--show',
        recovered.ref.id,
        '--html',
        file,
      ]);
      expect([code, out]).toEqual([0, `The report of ${recovered.ref.id} is in ${file}\n`]);
      expect(readFileSync(file, 'utf8')).toBe(await show(recovered.ref.id, 'html'));
    });

    it('ends with 2 when a page cannot be written', async () => {
      const { code, err } = await typed('incidents-main.ts', [
        '--env',
        'dev',
        '--show',
        recovered.ref.id,
        '--html',
        directory,
      ]);
      expect(code).toBe(2);
      expect(err).toContain(`${directory} cannot be written`);
    });

    it('ends with 1 when there is no such incident, with 2 when the environment is wrong, with 3 when nobody answers', async () => {
      const none = await typed('incidents-main.ts', ['--env', 'dev', '--show', 'dev-none']);
      expect([none.code, none.out]).toEqual([1, '']);
      expect(none.err).toContain('dev has no incident dev-none; the nearest is ');
      const wrong = await typed('incidents-main.ts', ['--env', 'nowhere']);
      expect(wrong.code).toBe(2);
      expect(wrong.err).toContain('no such environment');
      const dark = await typed('incidents-main.ts', ['--env', 'dev', '--endpoint', 'http://127.0.0.1:9']);
      expect(dark.code).toBe(3);
      expect(dark.err).toContain('AWS could not be asked about who you are');
    });
  });

  describe('npm run checklist', () => {
    it('is ticked as far as the record shows it', async () => {
      const file = path.join(directory, 'checklist.md');
      const { code, out } = await typed('checklist-main.ts', [
        ...['--env', 'dev', '--incident', recovered.ref.id, '--out', file],
      ]);
      expect([code, out]).toEqual([0, `The checklist is in ${file}\n`]);
      const made = readFileSync(file, 'utf8');
      expect(made).toContain(`Ticked from incident ${recovered.ref.id}`);
      expect(made).toMatch(/- \[x\] The standby is fit to take over\. \(.*, check-standby\)/);
      expect(made).toContain('- [ ] Customers and partners know that it is over.');
    });

    it('is not of another scenario than the incident', async () => {
      const args = ['--env', 'dev', '--incident', recovered.ref.id, '--scenario', 'data-corruption'];
      const { code, err } = await typed('checklist-main.ts', args);
      expect(code).toBe(2);
      expect(err).toContain(
        `--scenario: got "data-corruption", allowed: site-failure, which ${recovered.ref.id} is about`,
      );
    });

    it('says that there is no such incident', async () => {
      expect(await typed('checklist-main.ts', ['--env', 'dev', '--incident', 'dev-none'])).toMatchObject({
        code: 1,
      });
    });
  });
});

describe('the options', () => {
  it('are read', () => {
    expect(parseIncidentsArguments(['--env', 'prod'])).toEqual({ env: 'prod', open: false, json: false });
    expect(parseIncidentsArguments(['--env', 'prod', '--since', '30d', '--open'])).toMatchObject({
      since: 30 * 86_400,
      open: true,
    });
    expect(parseIncidentsArguments(['--help'])).toBeNull();
  });

  it.each<[readonly string[], string]>([
    [[], '--env: got nothing'],
    [['--since', '30'], '--since: got "30", allowed: a time of more than nothing in minutes, hours or days'],
    [['--since', '0d'], '--since: got "0d"'],
    [['--show', '../lock'], '--show: got "../lock", allowed: the id of an incident'],
    [['--html', 'a.html'], '--html: only with --show'],
    [['--json'], '--json: only with --show'],
    [['--show', 'dev-x', '--since', '1d'], '--since: not with --show'],
    [['--show', 'dev-x', '--open'], '--open: not with --show'],
    [['--show', 'dev-x', '--json', '--html', 'a'], '--json: not with --html'],
    [['--open', 'yes'], "Unexpected argument 'yes'"],
  ])('are refused: %j', (args, why) => {
    const wrong = () => parseIncidentsArguments(why.startsWith('--env') ? args : ['--env', 'dev', ...args]);
    expect(wrong).toThrow(why);
    expect(wrong).toThrow(expect.objectContaining({ name: 'UsageError' }));
  });
});

it('the nearest id needs the fewest changes, and of equals it is the first', () => {
  expect(nearest('dev-2', ['dev-1', 'dev-3', 'prod-2'])).toBe('dev-1');
  expect(nearest('prod-1', ['dev-1', 'prod-2'])).toBe('prod-2');
  expect(nearest('x', [])).toBeUndefined();
});
