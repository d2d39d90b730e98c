import { describe, expect, it } from 'vitest';
import { loadEnvironment } from '../../../lib/config/load.ts';
import type { Environment } from '../../../lib/config/schema.ts';
import { communicationOf } from '../../../lib/config/communication.ts';

const [dev, prod, staging] = (['dev', 'prod', 'staging'] as const).map(loadEnvironment) as [
  Environment,
  Environment,
  Environment,
];

const reached = (environment: Environment, severity: 'P0' | 'P1' | 'P2' | 'P3') =>
  communicationOf(environment).routes[severity].flatMap(({ to, by }) =>
    by.map((channel) => `${to} ${channel}`),
  );

describe('what an environment says of its communication', () => {
  it('names every audience and channel where everything is set up', () => {
    expect(new Set(reached(prod, 'P0'))).toEqual(
      new Set([
        ...['email', 'sms', 'slack', 'pagerduty', 'ticket'].map((channel) => `oncall ${channel}`),
        ...['oncall-secondary email', 'oncall-secondary sms', 'management email', 'management sms'],
        ...['customers-enterprise email', 'customers-standard email', 'partners email'],
        ...['public statuspage', 'public page'],
      ]),
    );
  });

  it('leaves out of the default what reaches nobody, and keeps those on call', () => {
    expect(new Set(reached(staging, 'P0'))).toEqual(new Set(['oncall email', 'management email']));
    for (const severity of ['P0', 'P1', 'P2', 'P3'] as const) {
      expect(reached(staging, severity)).toContain('oncall email');
    }
    expect(new Set(reached(dev, 'P0'))).toEqual(
      new Set([
        ...['oncall email', 'oncall slack', 'oncall sms', 'oncall-secondary email'],
        ...['management email', 'customers-enterprise email', 'partners email'],
      ]),
    );
  });

  it('has a topic for each audience with addresses, and one for text messages where there is a telephone', () => {
    const { email, sms } = communicationOf(dev).channels;
    const topic = (name: string) => `arn:aws:sns:eu-central-1:111111111111:lifeboat-dev-${name}`;
    expect(email.topics).toEqual({
      oncall: topic('oncall'),
      'oncall-secondary': topic('oncall-secondary'),
      management: topic('management'),
      'customers-enterprise': topic('customers-enterprise'),
      partners: topic('partners'),
    });
    expect(email.ses).toBeUndefined();
    expect(sms.topics).toEqual({ oncall: topic('oncall-sms') });
  });

  it('says by whom and to whom SES mails, each mailbox once', () => {
    const [cto] = prod.contacts.management;
    const twice = { ...prod, contacts: { ...prod.contacts, management: [cto!, { ...cto!, name: 'CFO' }] } };
    const { ses } = communicationOf(twice).channels.email;
    expect(ses?.from).toBe('lifeboat@company.com');
    expect(ses?.to.management).toEqual(['cto@company.com']);
    expect(ses?.to['customers-standard']).toEqual(['support@company.com']);
  });

  it('names secrets and holds none', () => {
    const { slack, pagerduty, ticket, statuspage, page } = communicationOf(prod).channels;
    expect(slack).toEqual({ channel: 'C0INCIDENTS', tokenSecret: 'lifeboat/prod/slack', buttons: true });
    expect(communicationOf(dev).channels.slack?.buttons).toBe(false);
    expect(pagerduty).toEqual({ routingKeySecret: 'lifeboat/prod/pagerduty' });
    expect(ticket).toEqual({
      system: 'jira',
      url: 'https://company.atlassian.net',
      project: 'OPS',
      issueType: 'Incident',
      tokenSecret: 'lifeboat/prod/jira',
    });
    expect(statuspage).toEqual({ pageId: 'kctbh9vrtdwd', keySecret: 'lifeboat/prod/statuspage' });
    expect(page).toEqual({ bucket: 'lifeboat-prod-status-333333333333-us-east-2' });
  });

  it('sends colleagues to those on call, and customers to their own desk', () => {
    const { contacts } = communicationOf(prod);
    const oncall = ['Primary on call, DevOps engineer, oncall-primary@company.com, +15555551234'];
    expect(contacts.oncall).toEqual(oncall);
    expect(contacts['oncall-secondary']).toEqual(oncall);
    expect(contacts.management).toEqual(oncall);
    expect(contacts['customers-standard']).toEqual(['Support, support@company.com']);
    expect(contacts.public).toEqual(['Support, support@company.com']);
    expect(contacts.partners).toEqual(['Partners, partners@company.com']);
    const outside = ['customers-enterprise', 'customers-standard', 'partners', 'public'] as const;
    for (const audience of outside) {
      expect(contacts[audience].join(' ')).not.toMatch(/oncall|\+1555/);
    }
  });

  it('gives times in seconds, and the night as it is written', () => {
    expect(communicationOf(prod)).toMatchObject({
      acknowledgeWithin: { P0: 300, P1: 600, P2: 1_800, P3: 14_400 },
      milestones: [50, 80, 100],
      quiet: { severities: ['P3'], from: '22:00', to: '07:00', timeZone: 'America/Los_Angeles' },
    });
    expect(communicationOf(dev).quiet).toBeUndefined();
  });
});
