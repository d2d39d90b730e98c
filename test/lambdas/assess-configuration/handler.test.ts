import { beforeEach, describe, expect, it } from 'vitest';
import { handler } from '../../../lambdas/assess-configuration/handler.ts';
import type { ConfigurationRecovery } from '../../../lambdas/configuration/contract.ts';
import type { IncidentRef } from '../../../lambdas/incident/contract.ts';
import { deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

const settings = {
  environment: 'dev',
  ledgerBucket: 'ledger',
  exportsBucket: 'exports',
  region: 'eu-central-1',
  buckets: ['config'],
  restart: [
    { name: 'erlmcp', after: [] },
    { name: 'gateway', after: ['erlmcp'] },
  ],
};
const lost: IncidentRef = { ...incident, scenario: 'configuration-loss' };
let ledger: MemoryLedger;

beforeEach(() => {
  ledger = memoryLedger();
  deploy(settings);
  const now = Date.now();
  const ago = (seconds: number) => new Date(now - seconds * 1_000).toISOString();
  ledger.write('watch/service.json', {
    at: ago(20),
    site: 'primary',
    lastGood: { configuration: ago(140), application: null, nodes: null },
    failingSince: { configuration: ago(80), application: null, nodes: null },
    failures: [],
  });
});

const recoveryOf = () => ledger.read<ConfigurationRecovery>('configuration/primary.json');

describe('assess-configuration', () => {
  it('begins a recovery to the newest export that is not after the last good time', async () => {
    ledger.write('exports/primary/2026-01-01T00-00-00Z.json', {});
    ledger.write('exports/primary/2026-02-01T00-00-00Z.json', {});
    ledger.write('exports/primary/2999-01-01T00-00-00Z.json', {});
    const { verdict, plan, restart, lossSeconds, resumed } = await handler({ incident: lost });
    expect(verdict).toBe('damaged');
    expect(plan).toMatchObject({
      id: incident.id,
      site: 'primary',
      exportKey: 'exports/primary/2026-02-01T00-00-00Z.json',
      snapshot: `before-${incident.id}`,
    });
    expect(restart).toEqual([['erlmcp'], ['gateway']]);
    expect([lossSeconds, resumed]).toEqual([60, false]);
    expect(recoveryOf()).toMatchObject({ ...plan, phase: 'begun', incidents: [incident.id] });
    expect(ledger.record().checks[0]).toMatchObject({ held: false });
  });

  it('goes on with it when it is asked again, by whichever incident', async () => {
    const first = await handler({ incident: lost });
    const again = await handler({ incident: lost });
    expect(again.plan).toEqual(first.plan);
    expect(again.resumed).toBe(true);
    expect(recoveryOf().incidents).toEqual([incident.id]);
  });

  it('only looks in mode plan', async () => {
    const { plan } = await handler({ incident: { ...lost, mode: 'plan' } });
    expect(plan).toBeDefined();
    expect(ledger.objects.has('configuration/primary.json')).toBe(false);
  });

  it('says that the cluster stays as it is when nothing of it was exported by then', async () => {
    const { plan, reason } = await handler({ incident: lost });
    expect(plan?.exportKey).toBeNull();
    expect(reason).toContain('nothing was exported of the cluster by then');
  });

  it('stops when there is nothing at all to restore from', async () => {
    deploy({ ...settings, buckets: [] });
    const { verdict, nextSteps } = await handler({ incident: lost });
    expect(verdict).toBe('stop');
    expect(nextSteps[0]).toContain('oldest export');
    expect(ledger.objects.has('configuration/primary.json')).toBe(false);
  });

  it('restores from a snapshot that a person names, and names those there are otherwise', async () => {
    ledger.write('snapshots/release-7.json', { at: '2026-11-01T10:00:00.000Z' });
    const named = await handler({ incident: { ...lost, restore: { snapshot: 'release-7' } } });
    expect(named.plan).toMatchObject({
      recoveryPoint: '2026-11-01T10:00:00.000Z',
      exportKey: 'snapshots/release-7.json',
    });
    const wrong = await handler({ incident: { ...lost, restore: { snapshot: 'release-8' } } });
    expect(wrong).toMatchObject({ verdict: 'stop', reason: 'snapshot: there is none called release-8' });
    expect(wrong.nextSteps[0]).toBe('There are release-7.');
  });

  it('refuses to begin without the lock', async () => {
    ledger.write('lock.json', { state: 'held', incidentId: 'dev-other', epoch: 9 });
    await expect(handler({ incident: lost })).rejects.toMatchObject({ name: 'LockLost' });
    expect(ledger.objects.has('configuration/primary.json')).toBe(false);
  });
});
