import { describe, expect, it } from 'vitest';
import type { IncidentRef } from '../../lambdas/incident/contract.ts';
import { newWorld } from './world.ts';

const hour = 3_600_000;

/** A world with an open incident that is not being worked on. */
function openIncident(options: Parameters<typeof newWorld>[0] = {}) {
  const world = newWorld(options);
  const startedAt = world.clock.now();
  const incident: IncidentRef = {
    id: 'test-20261123-040000',
    epoch: 7,
    environment: 'test',
    scenario: 'site-failure',
    severity: 'P0',
    mode: 'live',
    startedBy: 'a person',
    startedAt: new Date(startedAt).toISOString(),
    deadline: new Date(startedAt + hour).toISOString(),
    rtoSeconds: 3_600,
    rpoSeconds: 900,
    updateEverySeconds: world.model.updateEverySeconds,
  };
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
  const closeAfter = (hours: number) =>
    world.clock.at(startedAt + hours * hour, () => {
      if (world.model.record) world.model.record = { ...world.model.record, state: 'closed' };
    });
  return {
    ...world,
    closeAfter,
    run: () => world.run('status-updates', { incident }),
    /** When notices of a kind were sent, in seconds from the start of the incident. */
    secondsOf: (kind: string) =>
      world.model.notices.filter((each) => each.kind === kind).map(({ at }) => (at - startedAt) / 1_000),
  };
}

describe('status updates', () => {
  it.each([900, 1_800, 7_200, 14_400])(
    'come every %i seconds over 26 hours, however long sending takes, and stop when the incident is closed',
    async (updateEverySeconds) => {
      const world = openIncident({ updateEverySeconds, taskSeconds: 7 });
      world.closeAfter(26);
      const { status, stoppedAt = 0, startedAt } = await world.run();
      expect(status).toBe('SUCCEEDED');
      expect(world.secondsOf('opened')).toEqual([7]);
      const count = Math.floor((26 * 3_600 - 1) / updateEverySeconds);
      expect(world.secondsOf('update')).toEqual(
        Array.from({ length: count }, (_, n) => (n + 1) * updateEverySeconds + 7),
      );
      expect(stoppedAt - startedAt).toBeLessThanOrEqual(26 * hour + updateEverySeconds * 1_000 + 7_000);
    },
  );

  it('go on after one that failed, on the same beat', async () => {
    const world = openIncident();
    world.closeAfter(2.1);
    let beats = 0;
    world.before('send-notice', () => {
      if (++beats === 4) world.troubles.add('send-notice', { error: 'UnsafePlan', times: 1 });
    });
    expect((await world.run()).status).toBe('SUCCEEDED');
    // A minute later, and then on the same beat.
    expect(world.secondsOf('update')).toEqual([900, 1800, 2760, 3600, 4500, 5400, 6300, 7200]);
  });

  it('go on when the first notice could not be sent', async () => {
    const world = openIncident();
    world.closeAfter(0.6);
    world.troubles.add('send-notice', { error: 'TryAgain', times: 7 });
    expect((await world.run()).status).toBe('SUCCEEDED');
    expect(world.secondsOf('update')).toEqual([900, 1800]);
  });

  it('that were tried again past a beat leave that one out, rather than send two at once', async () => {
    const world = openIncident({ updateEverySeconds: 60 });
    world.closeAfter(0.1);
    world.troubles.add('send-notice', { error: 'hangs', times: 2 });
    await world.run();
    const sent = [...world.secondsOf('opened'), ...world.secondsOf('update')];
    expect(sent[0]).toBeGreaterThan(120);
    expect(sent.slice(1)).toEqual([180, 240, 300]);
  });

  it('that nobody stops end by the timeout, and their history is long enough for it', async () => {
    const world = openIncident({ updateEverySeconds: 300, random: () => 0 });
    world.troubles.cycle('send-notice', [
      ...Array<string>(6).fill('TryAgain'),
      ...Array<string>(3).fill('TypeError'),
    ]);
    const { status, events } = await world.run();
    expect(status).toBe('TIMED_OUT');
    expect(events.length).toBeLessThan(25_000);
  });
});

describe('status updates that a person starts', () => {
  it.each([{}, { scenario: 'site-failure' }, { incident: 'dev-1' }, { incident: { id: 'dev-1' } }, 'dev-1'])(
    'with %j end at once, and say what to start instead',
    async (input) => {
      const world = newWorld();
      const { status, error, cause } = await world.run('status-updates', input);
      expect([status, error]).toEqual(['FAILED', 'InvalidInput']);
      expect(cause).toMatch(
        /^Nothing was done: this machine is started by incident\. Start that one instead/,
      );
      expect(world.invoked).toEqual([]);
    },
  );
});
