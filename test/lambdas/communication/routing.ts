import type { CommunicationSettings } from '../../../lambdas/communication/contract.ts';
import type { Audience, IncidentRecord, IncidentRef } from '../../../lambdas/incident/contract.ts';
import { newRecord } from '../../../lambdas/incident/record.ts';
import { defaultRoutes } from '../../../lib/config/routes.ts';
import { incident } from '../memory-ledger.ts';

/** An environment with every channel, for tests of who is told what and when. */

const addressed: readonly Audience[] = [
  'oncall',
  'oncall-secondary',
  'management',
  'customers-enterprise',
  'customers-standard',
  'partners',
];
const topics = (suffix: string) =>
  Object.fromEntries(
    addressed.map((audience) => [audience, `arn:aws:sns:eu-central-1:111111111111:dev-${audience}${suffix}`]),
  );

export const routing: CommunicationSettings = {
  application: 'erlmcp',
  publicName: 'erlmcp.company.com',
  routes: defaultRoutes,
  acknowledgeWithin: { P0: 300, P1: 600, P2: 1_800, P3: 14_400 },
  milestones: [50, 80, 100],
  channels: {
    email: { topics: topics('') },
    sms: { topics: topics('-sms') },
    slack: { channel: 'C0INCIDENTS', tokenSecret: 'slack', buttons: true },
    pagerduty: { routingKeySecret: 'pagerduty' },
    ticket: {
      system: 'github',
      url: 'https://api.github.com',
      repository: 'company/erlmcp',
      tokenSecret: 'github',
    },
    statuspage: { pageId: 'kctbh9vrtdwd', keySecret: 'statuspage' },
    page: { bucket: 'status' },
  },
  contacts: {
    oncall: ['John Doe, +15555551234'],
    'oncall-secondary': ['Jane Smith'],
    management: ['CTO'],
    'customers-enterprise': ['enterprise@company.com'],
    'customers-standard': ['support@company.com'],
    partners: ['partners@company.com'],
    public: ['support@company.com'],
  },
};

export const start = Date.parse(incident.startedAt);
export const minute = 60_000;

export function openRecord(
  changes: Partial<IncidentRef> = {},
  members: Partial<IncidentRecord> = {},
): IncidentRecord {
  return { ...newRecord({ ...incident, ...changes }, 'arn'), ...members };
}
