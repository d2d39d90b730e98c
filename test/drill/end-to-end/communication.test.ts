import { expect, test, vi } from 'vitest';
import { withPatientGate } from '../../../drill/hold-open.ts';
import { runDrill, withAssembly } from '../../../drill/run.ts';
import { siteFailure } from '../../../drill/scenarios/site-failure.ts';
import { environmentOf } from './assembled.ts';

// Real servers, on a machine that may be busy.
vi.setConfig({ testTimeout: 400_000 });

const hours = 2;

test('a P0 of several hours, with a channel that fails half of the time, tells each audience exactly its messages', async () => {
  const holdOpen = hours * 3_600;
  const environment = withPatientGate(environmentOf('dev with databases'), holdOpen);
  const report = await withAssembly(environment, (stacks) =>
    runDrill({
      environment,
      stacks,
      scenario: siteFailure,
      speed: Infinity,
      plan: false,
      holdOpen,
      flaky: { channel: 'slack', share: 0.5 },
    }),
  );
  expect(report.checks.filter(({ held }) => !held)).toEqual([]);
  expect(report.checks.map(({ name }) => name)).toContain(
    'each audience got exactly its messages, in order and in time',
  );

  const delivered = report.notices.filter((notice) => notice.delivered);
  const heard = (audience: string, channel: string) =>
    delivered
      .filter((notice) => notice.audience === audience && notice.channel === channel)
      .map(({ key = '' }) => key.split(' ').slice(0, 2).join(' '));
  const beats = Array.from({ length: hours * 4 }, (_, index) => `update ${index + 1}`);
  // The recovery goes on for some minutes after the answer.
  expect(heard('customers-enterprise', 'email')).toEqual(['opened', ...beats, 'recovered']);
  expect(heard('partners', 'email')).toEqual(['opened', ...beats, 'recovered']);
  expect(heard('oncall', 'slack').filter((key) => /^(opened|update|recovered)/.test(key))).toEqual([
    'opened',
    ...beats,
    'recovered',
  ]);
  expect(heard('oncall-secondary', 'email')[0]).toBe('unacknowledged');
  expect(heard('management', 'email').filter((key) => key.startsWith('milestone'))).toEqual([
    'milestone 50',
    'milestone 80',
    'milestone 100',
  ]);
  const tries = report.notices.reduce((sum, { attempts = 1 }) => sum + attempts, 0);
  expect(tries).toBeGreaterThan(delivered.length + 5);
  // Once the RTO is missed, nothing more happens while the gate waits: those updates take each other's place.
  expect(delivered.filter(({ merged }) => merged).map(({ key }) => key)).toEqual(['update 6', 'update 7']);
  const thread = report.inboxes.slack.filter(({ threadTs }) => threadTs !== undefined);
  const head = report.inboxes.slack.filter(({ threadTs }) => threadTs === undefined);
  expect(head).toHaveLength(1);
  expect(JSON.stringify(head[0]?.blocks)).toContain('recovered');
  expect(thread.length).toBeLessThan(beats.length + 10);
});
