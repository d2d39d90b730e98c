import { describe, expect, it, test } from 'vitest';
import { newWorld, siteFailure } from './world.ts';

const acting = ['scale-nodes', 'scale-workloads', 'switch-dns'];

describe('a lost primary and a fit standby', () => {
  it('end recovered, with the users on the standby', async () => {
    const world = newWorld();
    const { status, output } = await world.run('incident', siteFailure);
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '')).toMatchObject({
      outcome: 'recovered',
      summary: 'the standby serves; all 2 tests pass',
    });
    expect(world.model).toMatchObject({
      nodes: 'scaled',
      workloads: 'scaled',
      traffic: 'standby',
      lockHolder: null,
    });
    expect(world.model.record).toMatchObject({ state: 'closed', outcome: 'recovered' });
    expect(world.kinds()).toEqual(['opened', 'recovered']);
  });

  it('scale before they switch, switch before they verify, and look until it is so', async () => {
    const world = newWorld();
    await world.run('incident', siteFailure);
    expect(world.invoked.filter((name) => name !== 'send-notice')).toEqual([
      'open-incident',
      'assess-primary',
      'check-standby',
      'decide-failover',
      'scale-nodes',
      'measure-loss',
      'decide-promotion',
      'scale-workloads',
      ...['check-capacity', 'check-capacity', 'check-capacity'],
      'switch-dns',
      ...['check-dns', 'check-dns', 'check-dns'],
      ...['verify-service', 'verify-service'],
      ...['run-tests', 'run-tests'],
      'close-incident',
      'write-report',
    ]);
  });
});

describe('a plan', () => {
  it('passes every step, changes nothing and ends as planned', async () => {
    const world = newWorld({ capacityReadyAt: 1, dnsMovesAt: 1, verifiedAt: 1 });
    const { status, output } = await world.run('incident', { ...siteFailure, mode: 'plan' });
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '')).toMatchObject({ outcome: 'planned' });
    expect(world.model).toMatchObject({ nodes: 'at rest', workloads: 'at rest', traffic: 'primary' });
    expect(world.model.record?.steps.map(({ step, status }) => [step, status])).toEqual(
      acting.map((step) => [step, 'planned']),
    );
    expect(world.kinds()).toEqual(['opened', 'planned']);
  });

  it('shows every step while the primary is well, too', async () => {
    const world = newWorld({ primary: 'up', capacityReadyAt: 1, dnsMovesAt: 1, verifiedAt: 1 });
    expect((await world.run('incident', { ...siteFailure, mode: 'plan' })).status).toBe('SUCCEEDED');
    expect(world.model.record?.steps).toHaveLength(3);
    expect(world.model.traffic).toBe('primary');
  });
});

test.each([
  ['a primary that is well', { primary: 'up' }, 'the primary is up'],
  ['a standby that is not fit', { standbyFit: false }, 'two pods do not start'],
] as const)('%s: the gate stops it, nothing has acted, a person is told why', async (_, given, why) => {
  const world = newWorld(given);
  const { status, error, cause } = await world.run('incident', siteFailure);
  expect([status, error]).toEqual(['FAILED', 'Escalated']);
  expect(cause).toContain(why);
  expect(cause).toMatch(/What to do:\n- (Look at the primary yourself|Mend the standby first)/);
  expect(acting.filter((name) => world.invoked.includes(name))).toEqual([]);
  expect(world.model).toMatchObject({ nodes: 'at rest', traffic: 'primary', lockHolder: null });
  expect(world.model.record).toMatchObject({ state: 'escalated', outcome: 'escalated' });
  expect(world.kinds()).toEqual(['opened', 'escalation']);
});

describe('an incident that is not opened', () => {
  it('fails with the plain sentence when its input is wrong, at once and without a notice', async () => {
    const world = newWorld();
    const { status, error, cause, events } = await world.run('incident', { scenario: 'flood' });
    expect([status, error]).toEqual(['FAILED', 'InvalidInput']);
    expect(cause).toBe(
      'scenario: got "flood", allowed: site-failure, data-corruption, configuration-loss, application-failure, hardware-failure',
    );
    expect(world.invoked).toEqual(['open-incident']);
    expect(Number(events.at(-1)?.timestamp) - Number(events[0]?.timestamp)).toBe(0);
  });

  it.each(['joined', 'ignored'] as const)(
    'ends green and starts no runbook when it is %s',
    async (opening) => {
      const world = newWorld({ opening });
      const { status, output } = await world.run('incident', siteFailure);
      expect(status).toBe('SUCCEEDED');
      expect(JSON.parse(output ?? '')).toMatchObject({ decision: opening });
      expect([world.started('site-failover'), world.started('status-updates')]).toEqual([false, false]);
      expect(world.kinds()).toEqual(opening === 'joined' ? ['joined'] : []);
    },
  );

  it('ends green when it is joined and nobody can be told', async () => {
    const world = newWorld({ opening: 'joined' });
    world.troubles.add('send-notice', { error: 'TryAgain' });
    expect((await world.run('incident', siteFailure)).status).toBe('SUCCEEDED');
  });

  it('says why when the ledger does not answer', async () => {
    const world = newWorld();
    world.troubles.add('open-incident', { error: 'TryAgain', message: 'the ledger does not answer' });
    const { status, error, cause } = await world.run('incident', siteFailure);
    expect([status, error]).toEqual(['FAILED', 'NotOpened']);
    expect(cause).toBe(
      'No runbook was started: the ledger does not answer (TryAgain). If the failure lasts, start incident again.',
    );
    expect(world.times('open-incident')).toBe(7);
  });

  it('says so when its function has died without a word', async () => {
    const world = newWorld();
    world.troubles.add('open-incident', { error: 'hangs' });
    const { error, cause } = await world.run('incident', siteFailure);
    expect(error).toBe('NotOpened');
    expect(cause).toMatch(/^No runbook was started: .+ \(States\.Timeout\)\. If the failure lasts/);
  });
});

describe('damaged data', () => {
  it('are restored by the runbook of their scenario, and the incident ends with what it says', async () => {
    const world = newWorld();
    const { status, output } = await world.run('incident', { scenario: 'data-corruption' });
    expect(status).toBe('SUCCEEDED');
    expect(world.started('site-failover')).toBe(false);
    expect(world.restore.usersFind.size).toBe(3);
    const { summary } = JSON.parse((await world.ended('database-restore')).output ?? '') as {
      summary: string;
    };
    expect(JSON.parse(output ?? '')).toMatchObject({ outcome: 'recovered', summary });
    expect(world.model).toMatchObject({ lockHolder: null, traffic: 'primary' });
    expect(world.kinds()).toEqual(['opened', 'recovered']);
  });

  it('of which no copy is right end in an escalation that names the runbook, and users find what they found', async () => {
    const world = newWorld({ restore: { copySound: false } });
    const { status, error } = await world.run('incident', { scenario: 'data-corruption' });
    expect([status, error]).toEqual(['FAILED', 'Escalated']);
    expect(world.restore.usersFind.size).toBe(0);
    expect(world.model.record?.unchanged?.[0]).toContain('the damaged databases and their backups');
    expect(world.kinds().at(-1)).toBe('escalation');
  });

  it('that are told of while a site is lost are told to the people on call', async () => {
    const world = newWorld({ opening: 'other trouble' });
    expect((await world.run('incident', { scenario: 'data-corruption' })).status).toBe('SUCCEEDED');
    expect(world.kinds()).toEqual(['ignored']);
  });
});

describe('notices', () => {
  it('are told once by the incident itself when status updates cannot be started, and the runbook runs', async () => {
    const world = newWorld();
    world.throttleStarts('status-updates', Infinity);
    const { status } = await world.run('incident', siteFailure);
    expect(status).toBe('SUCCEEDED');
    expect(world.started('status-updates')).toBe(false);
    expect(world.model.notices.map(({ kind, detail }) => [kind, detail])).toEqual([
      ['opened', 'The regular status updates could not be started; ask the on-call engineer for news.'],
      ['recovered', 'the standby serves; all 2 tests pass'],
    ]);
  });

  it.each(['TryAgain', 'TypeError', 'Sandbox.Timedout', 'Lambda.TooManyRequestsException', 'hangs'])(
    'that meet %s for ever do not stop a recovery, whoever starts them',
    async (error) => {
      const world = newWorld();
      world.throttleStarts('status-updates', Infinity);
      world.troubles.add('send-notice', { error });
      expect((await world.run('incident', siteFailure)).status).toBe('SUCCEEDED');
      expect(world.model).toMatchObject({ traffic: 'standby', lockHolder: null });
    },
  );

  it('that cannot be sent leave an escalation as it is', async () => {
    const world = newWorld({ primary: 'up' });
    world.troubles.add('send-notice', { error: 'TryAgain' });
    const { status, error, cause } = await world.run('incident', siteFailure);
    expect([status, error]).toEqual(['FAILED', 'Escalated']);
    expect(cause).toContain('the primary is up');
  });
});

describe('the start of the runbook', () => {
  it('is tried again when Step Functions throttles it', async () => {
    const world = newWorld();
    world.throttleStarts('site-failover', 3);
    expect((await world.run('incident', siteFailure)).status).toBe('SUCCEEDED');
    expect(world.model.traffic).toBe('standby');
  });

  it('that never succeeds escalates and says so', async () => {
    const world = newWorld();
    world.throttleStarts('site-failover', Infinity);
    const { error, cause } = await world.run('incident', siteFailure);
    expect(error).toBe('Escalated');
    expect(cause).toContain('The runbook did not finish.');
    expect(cause).toContain('Rate exceeded');
    expect(world.model).toMatchObject({ traffic: 'primary', lockHolder: null });
  });
});

describe('closing', () => {
  it('that fails after a recovery escalates, and says that the runbook finished', async () => {
    const world = newWorld();
    world.troubles.add('close-incident', {
      error: 'UnsafePlan',
      message: 'the record is not JSON',
      times: 1,
    });
    const { error, cause } = await world.run('incident', siteFailure);
    expect(error).toBe('Escalated');
    expect(cause).toContain(
      'The runbook finished, but its incident could not be closed: the standby serves; all 2 tests pass',
    );
    expect(cause).toContain('the record is not JSON');
    expect(world.model).toMatchObject({ traffic: 'standby', lockHolder: null });
    expect(world.kinds()).toEqual(['opened', 'escalation']);
  });

  it('that never succeeds still tells a person, what happened and why', async () => {
    const world = newWorld();
    world.troubles.add('close-incident', { error: 'TryAgain', message: 'the ledger does not answer' });
    const { status, error, cause } = await world.run('incident', siteFailure);
    expect([status, error]).toEqual(['FAILED', 'Escalated']);
    expect(cause).toContain(
      'The runbook finished, but its incident could not be closed: the standby serves; all 2 tests pass',
    );
    expect(cause).toContain('the ledger does not answer');
    expect(world.model.notices.at(-1)).toMatchObject({ kind: 'escalation', detail: cause });
  });

  it('of which only the answers are lost is a recovery, and is told as one', async () => {
    const world = newWorld();
    world.troubles.add('close-incident', { error: 'Sandbox.Timedout', times: 3, afterwards: true });
    const { status, output } = await world.run('incident', siteFailure);
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '')).toMatchObject({ outcome: 'recovered' });
    expect(world.kinds()).toEqual(['opened', 'recovered']);
  });
});

test('a runbook that outlasts its timeout is closed by the incident, and its lock is given back', async () => {
  // Each look at the capacity takes ten minutes, tried as often as it may be, and there are 240 of them.
  const world = newWorld({ capacityReadyAt: Infinity, taskSeconds: 59, random: () => 0.999 });
  world.troubles.cycle('check-capacity', [...Array<string>(6).fill('TryAgain'), 'TypeError', 'TypeError']);
  const { status, error, cause } = await world.run('incident', siteFailure);
  const runbook = await world.ended('site-failover');
  expect(runbook.status).toBe('TIMED_OUT');
  expect([status, error]).toEqual(['FAILED', 'Escalated']);
  expect(cause).toContain('The runbook did not finish. States.TaskFailed: the execution is TIMED_OUT');
  expect(world.model.lockHolder).toBeNull();
  expect(world.kinds()).toContain('escalation');
});

test('the slowest incident, with every task tried as often as it may be, ends by its own states and not by its timeout', async () => {
  // Nothing stops the runbook before its own timeout.
  const world = newWorld({
    ...{ capacityReadyAt: Infinity, dnsMovesAt: 1, verifiedAt: 1 },
    ...{ taskSeconds: 59, random: () => 0.999 },
  });
  const retried = [...Array<string>(6).fill('TryAgain'), 'TypeError', 'TypeError'];
  world.throttleStarts('status-updates', Infinity);
  world.throttleStarts('site-failover', 4);
  world.troubles.cycle('open-incident', retried);
  world.troubles.cycle('check-capacity', retried);
  world.troubles.cycle('close-incident', [...retried, 'TypeError', ...retried]);
  world.troubles.cycle('send-notice', retried);
  const { status, error, startedAt, stoppedAt = 0 } = await world.run('incident', siteFailure);
  const runbook = await world.ended('site-failover');
  expect(runbook.status).toBe('TIMED_OUT');
  expect([status, error]).toEqual(['FAILED', 'Escalated']);
  expect(stoppedAt - startedAt).toBeGreaterThan(122_400_000);
  expect(stoppedAt - startedAt).toBeLessThan(129_600_000);
});
