import { beforeEach, expect, it } from 'vitest';
import { handler } from '../../../lambdas/decide-promotion/handler.ts';
import { deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';
import { aLoss, erlmcp } from '../promotion-settings.ts';

let ledger: MemoryLedger;
beforeEach(() => {
  ledger = memoryLedger();
  deploy({
    environment: 'dev',
    ledgerBucket: 'ledger',
    databases: [erlmcp],
    approval: { P0: 'person', P1: 'waived', P2: 'waived', P3: 'waived' },
    approvalSeconds: 1_800,
  });
});
const losses = { databases: [aLoss], reason: 'erlmcp would lose 42 s', checks: [] };

it('the approval is that of the severity, and the decision is on the record', async () => {
  expect(await handler({ incident, losses })).toMatchObject({ decision: 'ask', approvalSeconds: 1_800 });
  expect(ledger.record().timeline.at(-1)).toMatchObject({
    actor: 'decide-promotion',
    event: expect.stringMatching(/^ask: a person must say whether to promote erlmcp/),
  });
  expect(ledger.record().checks.map(({ name }) => name)).toContain('promotion/erlmcp/approval');
  expect(await handler({ incident: { ...incident, severity: 'P1' }, losses })).toMatchObject({
    decision: 'go',
  });
});
