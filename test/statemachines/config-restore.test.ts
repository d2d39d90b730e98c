import { describe, expect, it } from 'vitest';
import type { IncidentRef } from '../../lambdas/incident/contract.ts';
import type { Answer } from '../../lambdas/request-approval/contract.ts';
import {
  configurationFunctions,
  newConfigurationModel,
  type ConfigurationModel,
} from './configuration-functions.ts';
import { newWorld } from './world.ts';

const approve: Answer = { decision: 'approve', by: 'ada', reason: 'we must', decidedAt: '' };
const reject: Answer = { ...approve, decision: 'reject', reason: 'we deploy again' };

/** A world with an open incident about a lost configuration, which runs as often as it is started. */
function lostWorld(given: Partial<ConfigurationModel> = {}, answer: Answer | null = null) {
  const config = newConfigurationModel(given);
  const world = newWorld({ answer, functions: configurationFunctions(config) });
  let runs = 0;
  const open = (more: Partial<IncidentRef> = {}): IncidentRef => {
    const at = (seconds: number) => new Date(world.clock.now() + seconds * 1_000).toISOString();
    const incident: IncidentRef = {
      id: `test-${String(++runs)}`,
      epoch: runs,
      environment: 'test',
      scenario: 'configuration-loss',
      severity: 'P1',
      mode: 'live',
      startedBy: 'alarm lifeboat-test-configuration-invalid',
      startedAt: at(0),
      deadline: at(14_400),
      rtoSeconds: 14_400,
      rpoSeconds: 3_600,
      updateEverySeconds: 1_800,
      ...more,
    };
    world.model.lockHolder = incident.id;
    world.model.record = {
      ref: incident,
      executionArn: '',
      state: 'open',
      lastGoodAt: null,
      timeline: [],
      steps: [],
      checks: [],
      notices: [],
      preImages: {},
      joined: [],
    };
    return incident;
  };
  return {
    ...world,
    config,
    restore: (more: Partial<IncidentRef> = {}) => world.run('config-restore', { incident: open(more) }),
    summary: () => world.model.record?.summary ?? '',
  };
}

type LostWorld = ReturnType<typeof lostWorld>;

/** The end that every run must come to, however often it is interrupted. */
function expectRestored({ config }: LostWorld): void {
  expect([...config.objects.values(), ...config.cluster.values()].filter((each) => each !== 'good')).toEqual(
    [],
  );
  expect(config.wrongs).toEqual([]);
  expect(config.finished).toBe(true);
  expect([...config.snapshots.values()]).toEqual([expect.arrayContaining(['config/app.json bad'])]);
}

function expectUntouched({ config }: LostWorld): void {
  expect(config.objects.get('config/app.json')).toBe('bad');
  expect(config.cluster.get('ConfigMap erlmcp')).toBe('bad');
  expect(config.restarts).toEqual([]);
}

describe('a lost configuration', () => {
  it('is kept as it is, planned, restored, verified, read anew and tested', async () => {
    const world = lostWorld();
    const { status, output } = await world.restore();
    expect(status).toBe('SUCCEEDED');
    expectRestored(world);
    expect(world.config.restarts).toEqual(['erlmcp', 'gateway']);
    const { summary } = JSON.parse(output ?? '{}') as { summary: string };
    expect(summary).toContain('is as it was at 2026-11-23T03:58:00.000Z');
    expect(summary).toContain('all of it is restored');
    expect(summary).toContain('look 2 of the tests');
    expect(world.asked).toEqual([]);
  });

  it('of buckets alone is restored without a word to the cluster', async () => {
    const world = lostWorld({ hasExport: false, cluster: new Map() });
    expect((await world.restore()).status).toBe('SUCCEEDED');
    expect(world.config.objects.get('assets/logo.svg')).toBe('good');
    expect(world.config.snapshots.size).toBe(0);
  });

  it('of the cluster alone is restored without a bucket', async () => {
    const world = lostWorld({ objects: new Map() });
    const { status } = await world.restore();
    expect(status).toBe('SUCCEEDED');
    expect(world.config.cluster.get('ConfigMap erlmcp')).toBe('good');
    expect(world.started('objects-copy')).toBe(false);
  });

  it('of more than a thousand chunks is applied by more than one machine', async () => {
    const objects = new Map(Array.from({ length: 1_001 }, (_, index) => [`config/${index}`, 'bad'] as const));
    const world = lostWorld({ objects, limit: 5_000, cluster: new Map(), hasExport: false });
    expect((await world.restore()).status).toBe('SUCCEEDED');
    expect(world.times('apply-objects')).toBe(1_001);
    expect([...world.config.objects.values()].every((content) => content === 'good')).toBe(true);
  });

  it('that is only planned changes nothing, and says what it would do', async () => {
    const world = lostWorld();
    const { status, output } = await world.restore({ mode: 'plan' });
    expect(status).toBe('SUCCEEDED');
    expect(output).toContain('config: 2 to restore');
    expectUntouched(world);
    expect(world.config.snapshots.size).toBe(0);
  });

  it('is waited for while it is not known, and then given up', async () => {
    const world = lostWorld({ unknownLooks: 3 });
    expect((await world.restore()).status).toBe('SUCCEEDED');
    const never = lostWorld({ unknownLooks: Infinity });
    const { status, error } = await never.restore();
    expect([status, error]).toEqual(['FAILED', 'Escalated']);
    expect(never.times('assess-configuration')).toBe(13);
    expect(never.summary()).toContain('It is not known');
    expectUntouched(never);
  });

  it.each(['sound', 'stop'] as const)(
    'that is %s is left alone, and a person is told why',
    async (verdict) => {
      const world = lostWorld({ verdict });
      expect((await world.restore()).status).toBe('FAILED');
      expectUntouched(world);
      expect(world.model.record?.nextSteps).toContain('look');
    },
  );

  it('that is as it was then is not restored', async () => {
    const world = lostWorld({ objects: new Map([['config/app.json', 'good']]), cluster: new Map() });
    expect((await world.restore()).status).toBe('FAILED');
    expect(world.summary()).toContain('all is as it was');
    expect(world.config.restarts).toEqual([]);
  });
});

describe('the gate', () => {
  it.each([
    ['a plan beyond the blast radius', { limit: 3 }],
    ['a loss beyond the RPO', { lossSeconds: 7_200 }],
    ['a loss that nobody knows', { lossSeconds: null }],
  ])('asks a person about %s, and goes on when they say so', async (_, given) => {
    const world = lostWorld(given, approve);
    expect((await world.restore()).status).toBe('SUCCEEDED');
    expect(world.asked).toHaveLength(1);
    expect(world.asked[0]).toMatchObject({ gate: 'configuration', timeoutSeconds: 1_800 });
    expectRestored(world);
  });

  it('stays put when they refuse', async () => {
    const world = lostWorld({ limit: 3 }, reject);
    expect((await world.restore()).status).toBe('FAILED');
    expect(world.summary()).toContain('ada refused the restore: we deploy again');
    expectUntouched(world);
  });

  it('stays put when nobody answers', async () => {
    const world = lostWorld({ limit: 3 });
    const began = world.clock.now();
    expect((await world.restore()).status).toBe('FAILED');
    expect(world.clock.now() - began).toBeLessThan(1_900_000);
    expect(world.summary()).toContain('Nobody decided within 1800 s');
    expectUntouched(world);
  });
});

describe('a run that goes wrong', () => {
  const steps = [
    'assess-configuration',
    'call-site',
    'plan-objects',
    'decide-configuration',
    'apply-objects',
    'finish-configuration',
    'run-tests',
  ];

  it.each(steps.slice(0, 5))('at %s says which step failed, and a second run restores all', async (step) => {
    const world = lostWorld();
    world.troubles.add(step, { error: 'UnsafePlan', times: 1 });
    const { status, error } = await world.restore();
    expect([status, error]).toEqual(['FAILED', 'Escalated']);
    expect(world.model.record?.outcome).toBe('escalated');
    expect((await world.restore()).status).toBe('SUCCEEDED');
    expectRestored(world);
  });

  it.each(steps)('at %s passes by itself when what stood in the way does', async (step) => {
    const world = lostWorld();
    world.troubles.add(step, { error: 'TryAgain', times: 2, afterwards: true });
    expect((await world.restore()).status).toBe('SUCCEEDED');
    expectRestored(world);
  });

  it('because pods do not become ready says so, after the configuration is back', async () => {
    const world = lostWorld({ neverReady: ['gateway'] });
    expect((await world.restore()).status).toBe('FAILED');
    expect(world.summary()).toContain(
      'the configuration is restored, but these do not become ready: gateway',
    );
    world.config.neverReady = [];
    expect((await world.restore()).status).toBe('SUCCEEDED');
    expectRestored(world);
  });

  it('because the tests go on failing ends within its looks', async () => {
    const world = lostWorld({ passedAt: Infinity });
    expect((await world.restore()).status).toBe('FAILED');
    expect(world.times('run-tests')).toBe(24);
    expect(world.summary()).toContain('look 24 of the tests');
    expect(world.config.finished).toBe(false);
  });

  it('because nothing can be listed to its end is given up', async () => {
    const world = lostWorld({ listedAt: Infinity });
    expect((await world.restore()).status).toBe('FAILED');
    expectUntouched(world);
  });

  it('because it is killed, at any invocation, is finished by the next one, from the same snapshot', async () => {
    const whole = lostWorld();
    await whole.restore();
    const total = whole.invoked.length;
    for (let kill = 1; kill <= total; kill++) {
      const world = lostWorld();
      let count = 0;
      for (const name of new Set(whole.invoked)) {
        world.before(name, () => {
          if (++count === kill) void world.stop('config-restore');
        });
      }
      await world.restore();
      // Killed after all was done, the next run finds nothing to do, and says so.
      const done = world.config.finished;
      expect((await world.restore()).status).toBe(done ? 'FAILED' : 'SUCCEEDED');
      if (!done) expectRestored(world);
    }
    expect(total).toBeGreaterThan(20);
  });

  it('started by hand is told what to start instead', async () => {
    const world = lostWorld();
    const { error, cause } = await world.run('config-restore', { scenario: 'configuration-loss' });
    expect(error).toBe('InvalidInput');
    expect(cause).toContain('{"scenario":"configuration-loss"}');
    expectUntouched(world);
  });
});
