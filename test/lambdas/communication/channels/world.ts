import { WorldClock } from '../../../../drill/clock.ts';
import type { Content, Delivery, Message } from '../../../../lambdas/communication/contract.ts';
import { openRecord } from '../routing.ts';
import { incident } from '../../memory-ledger.ts';

/** What the tests of channels deliver, and when. */

export const start = Date.parse(incident.startedAt);

export const newClock = () => new WorldClock({ start, speed: Infinity, whileBusy: 'not-at-all' });

export const content: Content = {
  subject: '[P0] dev-20261123-120305: recovery started',
  short: 'The primary site does not answer. The recovery has started.',
  facts: [
    ['Incident ID', incident.id],
    ['Severity', 'P0'],
  ],
  sections: [
    { title: '', body: 'Seen by two regions.' },
    { title: 'Next steps', body: ['Fence the primary site', 'Promote the standby'] },
    { title: 'Contact', body: ['John Doe, john@company.com'] },
  ],
  links: [{ label: 'Read the report', url: 'https://console.example/report?region=eu' }],
  tone: 'trouble',
};

export function delivery(
  message: Partial<Message> = {},
  changes: Partial<Omit<Delivery, 'message'>> = {},
): Delivery {
  const given = changes.incident ?? incident;
  return {
    incident: given,
    record: openRecord(given),
    now: Date.parse(given.startedAt) + 60_000,
    ...changes,
    message: {
      kind: 'opened',
      channel: 'ticket',
      audience: 'oncall',
      key: message.kind ?? 'opened',
      content,
      ...message,
    },
  };
}

export const inTime = () => AbortSignal.timeout(10_000);
