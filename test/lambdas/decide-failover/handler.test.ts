import { beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../../lambdas/decide-failover/contract.ts';
import { handler } from '../../../lambdas/decide-failover/handler.ts';
import { deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';

const settings: Settings = { environment: 'dev', ledgerBucket: 'ledger', cooldownSeconds: 3_600 };
const assessment = { verdict: 'down', reason: 'nobody reaches it', checks: [], lastGoodAt: null } as const;
const standby = { fit: true, reason: 'all checks hold', checks: [] };
let ledger: MemoryLedger;

beforeEach(() => {
  ledger = memoryLedger();
  deploy(settings);
});

describe('decide-failover', () => {
  it('says go and keeps why', async () => {
    const output = await handler({ incident, assessment, standby });
    expect(output.decision).toBe('go');
    expect(ledger.record()).toMatchObject({
      checks: output.checks,
      timeline: [{ actor: 'decide-failover', event: expect.stringMatching(/^go: /) }],
    });
  });

  it('says stop within the cooldown of the last recovery, which the lock remembers', async () => {
    ledger.write('lock.json', {
      ...ledger.read<object>('lock.json'),
      lastRecoveryAt: new Date().toISOString(),
    });
    const output = await handler({ incident, assessment, standby });
    expect(output).toMatchObject({ decision: 'stop', reason: expect.stringContaining('recovery lately') });
    expect(ledger.record().timeline[0]!.event).toMatch(/^stop: /);
  });

  it('says go when the switch stands on the standby already', async () => {
    ledger.write('switch.json', { site: 'standby', epoch: 2, incidentId: 'earlier', changedAt: '' });
    const output = await handler({ incident, assessment, standby });
    expect(output.decision).toBe('go');
    expect(output.checks.at(-1)!.evidence).toContain('on the standby already');
  });
});
