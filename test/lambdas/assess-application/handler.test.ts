import { beforeEach, expect, it } from 'vitest';
import type { Settings } from '../../../lambdas/assess-application/contract.ts';
import { handler } from '../../../lambdas/assess-application/handler.ts';
import type { Survey, WorkloadSight } from '../../../lambdas/workloads/contract.ts';
import { deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

let ledger: MemoryLedger;
const settings: Settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  deployments: [
    { name: 'erlmcp', after: [] },
    { name: 'gateway', after: ['erlmcp'] },
  ],
};
const sight = (name: string, more: Partial<WorkloadSight> = {}): WorkloadSight => ({
  name,
  exists: true,
  wanted: 2,
  ready: 2,
  updated: 2,
  updatedReady: 2,
  revision: '1',
  previousRevision: null,
  revisionAt: '2026-11-01T00:00:00Z',
  stuck: false,
  restarts: 0,
  waiting: [],
  endpoints: 2,
  disruptionsAllowed: null,
  warnings: [],
  ...more,
});
const survey = (...workloads: WorkloadSight[]): Survey => ({
  at: new Date().toISOString(),
  site: 'primary',
  workloads,
  nodes: null,
});
const crashing = sight('erlmcp', {
  ready: 0,
  waiting: ['CrashLoopBackOff'],
  restarts: 14,
  endpoints: 0,
  warnings: ['BackOff: Back-off restarting failed container'],
});
const watch = (application: string | null) => ({
  at: new Date().toISOString(),
  site: 'primary',
  lastGood: { configuration: null, application: '2026-11-23T11:58:00.000Z', nodes: null },
  failingSince: { configuration: null, application, nodes: null },
  failures: [{ name: 'test/login', evidence: 'status 500' }],
});

beforeEach(() => {
  ledger = memoryLedger();
  deploy(settings);
});

it('an unhealthy deployment is on the record with what was seen of it, and when the service was well', async () => {
  ledger.write('watch/service.json', watch('2026-11-23T12:00:00.000Z'));
  const output = await handler({ incident, survey: survey(crashing, sight('gateway')), attempt: 1 });
  expect(output).toMatchObject({ verdict: 'restart', waves: [['erlmcp']] });
  const { checks, lastGoodAt, timeline } = ledger.record();
  expect(checks).toEqual([
    { name: 'assess/the application', held: false, evidence: output.reason },
    {
      name: 'assess/erlmcp',
      held: false,
      evidence:
        '0 of 2 ready; waiting: CrashLoopBackOff; 14 restarts; 0 endpoints; BackOff: Back-off restarting failed container',
    },
    { name: 'assess/gateway', held: true, evidence: '2 of 2 ready; 2 endpoints' },
  ]);
  expect(lastGoodAt).toBe('2026-11-23T11:58:00.000Z');
  expect(timeline[0]).toMatchObject({ actor: 'assess-application' });
});

it('tests that fail while all looks well are read from the ledger', async () => {
  ledger.write('watch/service.json', watch('2026-11-23T12:00:00.000Z'));
  const output = await handler({ incident, survey: survey(sight('erlmcp'), sight('gateway')), attempt: 1 });
  expect(output).toMatchObject({ verdict: 'restart', waves: [['erlmcp'], ['gateway']] });
});

it('looks that end in another one are on the record once', async () => {
  const late = survey(sight('erlmcp', { ready: 1 }));
  for (let attempt = 1; attempt <= 3; attempt++) {
    expect(await handler({ incident, survey: late, attempt })).toMatchObject({ verdict: 'wait' });
  }
  expect(ledger.record().timeline).toHaveLength(1);
  expect(ledger.record().checks[0]).toMatchObject({ held: 'unknown' });
});

it('a name that a person misspelt is refused with those that are allowed', async () => {
  const asked = { ...incident, restore: { deployments: ['erlmpc'] } };
  const refused = handler({ incident: asked, survey: survey(sight('erlmcp')), attempt: 1 });
  await expect(refused).rejects.toMatchObject({ name: 'UnsafePlan' });
  await expect(refused).rejects.toThrow('allowed: erlmcp, gateway');
});
