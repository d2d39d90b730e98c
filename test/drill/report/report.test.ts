import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type DrillReport, reportSchema } from '../../../drill/report/contract.ts';
import { reportHtml } from '../../../drill/report/html.ts';
import { currentPhase, duration, phases } from '../../../drill/report/phases.ts';
import { reportJsonSchema } from '../../../drill/report/publish-schema.ts';
import { summary } from '../../../drill/report/summary.ts';

const second = (n: number) => Date.UTC(2026, 0, 1, 0, 0, n);

const report: DrillReport = {
  scenario: 'site-failure',
  environment: 'dev',
  severity: 'P0',
  mode: 'live',
  outcome: 'recovered',
  passed: true,
  incident: 'dev-20260101T000100-site-failure',
  startedAt: new Date(second(1)).toISOString(),
  endedAt: new Date(second(240)).toISOString(),
  rto: { targetSeconds: 3600, measuredSeconds: 200 },
  rpo: { targetSeconds: 900, measuredSeconds: 12 },
  data: [
    {
      database: 'erlmcp',
      rowsBefore: 220,
      rowsDestroyed: 110,
      rowsAfter: 214,
      recoveryPoint: '2026-11-23T03:59:00.000Z',
      writesAcknowledged: 400,
      writesLost: 6,
      lossSeconds: 12,
      writable: ['erlmcp-primary-r20261123035900'],
      lostByTable: [{ table: 'public.<entries>', lost: 6, from: '2026-11-23T03:59:01.000Z', to: null }],
    },
  ],
  clock: phases({
    damaged: second(1),
    lastGood: second(0),
    opened: second(100),
    go: second(105),
    switched: second(130),
    servedAgain: second(200),
    closed: second(240),
  }),
  timeline: [{ at: new Date(second(1)).toISOString(), actor: 'world', event: 'primary site is down' }],
  checks: [{ name: 'a <b>check</b>', held: true, evidence: 'x & y' }],
  notices: [],
  inboxes: { mail: [], sms: [], slack: [], pagerduty: [], statuspage: [], tickets: [], page: null },
  dns: [{ name: 'erlmcp.company.com', type: 'A', before: ['192.0.2.10'], after: ['198.51.100.10'] }],
  steps: [],
  calls: [],
  permissions: { denied: [], unused: [] },
};

test('the published schema of report.json is the one the code checks', () => {
  expect(readFileSync('docs/report.schema.json', 'utf8')).toBe(reportJsonSchema());
});

test('each phase starts where the one before it ended', () => {
  expect(reportSchema.parse(report).clock.act).toEqual({
    start: new Date(second(105)).toISOString(),
    end: new Date(second(130)).toISOString(),
  });
});

test('a phase that was not left has no end, and those after it were not reached', () => {
  const clock = phases({ damaged: second(1), lastGood: second(0), opened: second(100) });
  expect(clock.decide).toEqual({ start: new Date(second(100)).toISOString(), end: null });
  expect(clock.act).toEqual({ start: null, end: null });
  expect(currentPhase({ damaged: second(1), opened: second(100) })).toBe('decide');
});

test('durations read as a clock', () => {
  expect([duration(5), duration(65), duration(3905)]).toEqual(['0:05', '1:05', '1:05:05']);
});

test('the page says what became of the data, and what cannot be told', () => {
  const page = reportHtml(report);
  expect(page).toContain('6 of 400');
  expect(page).toContain('erlmcp: public.&#60;entries&#62;');
  expect(reportHtml({ ...report, data: [] })).not.toContain('asked of the databases');
});

test('the terminal says which loss was measured, and what a plan would do', () => {
  expect(summary(report, [])).toContain('RPO    0:12 of 15:00, measured from the data');
  expect(summary({ ...report, data: [] }, [])).not.toContain('RPO');
  const steps = [{ step: 'switch-dns', status: 'planned', summary: 'would move 1 record' }];
  const rpo = { targetSeconds: 900, measuredSeconds: null };
  expect(summary({ ...report, mode: 'plan', rpo, steps }, [])).toMatch(
    /a live run would:\n {2}· switch-dns \(planned\): would move 1 record/,
  );
  expect(summary({ ...report, mode: 'plan', steps: [] }, [])).toContain('a live run would do nothing');
});

test('the page shows text as text, whatever is in it', () => {
  const page = reportHtml(report);
  expect(page).toContain('a &#60;b&#62;check&#60;/b&#62;');
  expect(page).not.toContain('<script');
  expect(page).not.toMatch(/https?:\/\//);
});
