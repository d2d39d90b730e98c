import { expect, test } from 'vitest';
import { inWorld } from './local-world.ts';

test('people who cannot be told hold nothing up, and it is on the record whom nobody told', () =>
  inWorld('dev', async (local) => {
    const { world } = local;
    const { account, sites } = world.environment;
    world.cloud.notifications.fail(`arn:aws:sns:${sites.standby.region}:${account}:lifeboat-dev-management`);
    world.slack?.fail('down');
    await world.loseRegion('primary');
    await local.incidentsOver();
    await local.pass(2);

    const incident = local.incident();
    expect(incident.outcome, local.story()).toBe('recovered');
    expect(await local.servedBy()).toBe('standby');
    expect(Date.parse(incident.closedAt ?? '') - Date.parse(incident.ref.startedAt)).toBeLessThan(240_000);
    const undelivered = incident.notices.filter(({ delivered }) => !delivered);
    expect(undelivered.map(({ channel, audience, kind }) => `${kind} ${channel} ${audience}`)).toEqual(
      expect.arrayContaining([
        'opened sns management',
        'opened slack oncall',
        'recovered sns management',
        'recovered slack oncall',
      ]),
    );
    for (const { failure } of undelivered) expect(failure).toMatch(/./);
    for (const audience of ['oncall', 'customers', 'partners'] as const) {
      const mails = local.mails(audience).filter((mail) => mail.includes(incident.ref.id));
      expect([audience, mails.length]).toEqual([audience, 2]);
    }
    expect(local.mails('management')).toEqual([]);
  }));
