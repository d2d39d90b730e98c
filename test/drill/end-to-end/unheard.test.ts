import { expect, test } from 'vitest';
import { inWorld } from './local-world.ts';

test('people who cannot be told hold nothing up, and it is on the record whom nobody told', () =>
  inWorld('dev', async (local) => {
    const { world } = local;
    const { account, sites } = world.environment;
    world.cloud.notifications.fail(`arn:aws:sns:${sites.standby.region}:${account}:lifeboat-dev-management`);
    world.inboxes.slack?.fail('down');
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
        'opened email management',
        'opened slack oncall',
        'recovered email management',
        'recovered slack oncall',
      ]),
    );
    for (const { failure } of undelivered) expect(failure).toMatch(/./);
    for (const audience of ['customers-enterprise', 'partners'] as const) {
      const mails = local.mails(audience).filter((mail) => mail.includes(incident.ref.id));
      expect([audience, mails.length]).toEqual([audience, 2]);
    }
    // Those on call hear of it, too: once for each channel that does not take its notices.
    const oncall = local.mails('oncall').filter((mail) => mail.includes(incident.ref.id));
    const of = (words: string) => oncall.filter((mail) => mail.includes(words)).length;
    expect([of('recovery started'), of('does not take'), of('recovered in')]).toEqual([1, 2, 1]);
    expect(oncall.join('\n')).toContain('slack to oncall: opened was not taken');
    expect(local.mails('management')).toEqual([]);
  }));
