import { expect, test } from 'vitest';
import { reportSchema } from '../../../drill/report/contract.ts';
import { runDrill } from '../../../drill/run.ts';
import { siteFailure } from '../../../drill/scenarios/site-failure.ts';
import type { World } from '../../../drill/world/world.ts';
import { assembled } from './assembled.ts';

test('a lost region is recovered within four minutes, and everybody is told', async () => {
  let seen: World | undefined;
  const report = await runDrill({
    ...(await assembled('dev')),
    scenario: siteFailure,
    speed: Infinity,
    plan: false,
    alsoBreak: (world) => {
      seen = world;
    },
  });
  if (!seen) throw new Error('the drill had no world');

  expect(report.checks.filter(({ held }) => !held)).toEqual([]);
  expect(reportSchema.safeParse(report).error?.issues).toBeUndefined();
  expect(report).toMatchObject({ outcome: 'recovered', passed: true, severity: 'P0', mode: 'live' });
  expect(report.rto.measuredSeconds).toBeGreaterThan(60);
  expect(report.rto.measuredSeconds).toBeLessThan(240);
  expect(report.permissions.denied).toEqual([]);
  expect(report.dns).toEqual([
    { name: 'erlmcp.company.com', type: 'A', before: ['192.0.2.10'], after: ['198.51.100.10'] },
  ]);

  const told = (kind: string, audience: string, channel = 'email') =>
    report.notices.filter(
      (notice) =>
        notice.kind === kind &&
        notice.audience === audience &&
        notice.channel === channel &&
        notice.delivered,
    ).length;
  for (const audience of ['oncall', 'management', 'customers-enterprise', 'partners']) {
    expect([audience, told('opened', audience), told('recovered', audience)]).toEqual([audience, 1, 1]);
  }
  const slack = seen.inboxes.slack?.messages() ?? [];
  expect(slack.length).toBeGreaterThanOrEqual(2);
  const [first, ...rest] = slack;
  expect(first?.threadTs).toBeUndefined();
  expect(new Set(rest.map(({ threadTs }) => threadTs))).toEqual(new Set([first?.ts]));

  const phases = Object.values(report.clock).flatMap(({ start, end }) => [start, end]);
  expect(phases).not.toContain(null);
});
