import { expect, test } from 'vitest';
import { inWorld } from './local-world.ts';

test('a plan in good times says what a live run would do, changes nothing, and only the people on call hear of it', () =>
  inWorld('dev', async (local) => {
    const records = await local.records();
    const deployment = local.standbyDeployment('erlmcp');
    const execution = await local.start({ scenario: 'site-failure', mode: 'plan', reason: 'a rehearsal' });
    const ended = await local.ended(execution);

    expect(ended.status, `${ended.cause ?? ''}\n${local.story()}`).toBe('SUCCEEDED');
    expect(local.incident()).toMatchObject({ outcome: 'planned', ref: { mode: 'plan' } });
    expect(await local.records()).toEqual(records);
    expect(local.standbyDeployment('erlmcp')).toEqual(deployment);
    expect(local.changes()).toEqual([]);
    expect(local.switchState()).toBeUndefined();
    expect(await local.sites()).toEqual(['primary']);
    expect(local.incident().steps.map(({ status }) => status)).toContain('planned');
    const [last] = local.mails('oncall').slice(-1);
    expect(last).toContain('go/primary-down: the primary answers the standby');
    for (const audience of ['management', 'customers-enterprise', 'partners'] as const) {
      expect([audience, local.mails(audience)]).toEqual([audience, []]);
    }
  }));
