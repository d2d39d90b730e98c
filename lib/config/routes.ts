import type { Hearing, Route } from '../../lambdas/communication/contract.ts';
import type { Severity } from '../../lambdas/incident/contract.ts';

/** Who hears what, when an environment does not say otherwise. Pure. */

const all: readonly Hearing[] = [
  'opened',
  'update',
  'approval',
  'unacknowledged',
  'milestone',
  'undelivered',
  'escalation',
  'recovered',
];
/** What is worth a sound at night. */
const calls: readonly Hearing[] = ['opened', 'approval', 'undelivered', 'escalation', 'recovered'];
const readers: readonly Hearing[] = ['opened', 'update', 'escalation', 'recovered'];

const engineers: readonly Route[] = [
  { to: 'oncall', by: ['email', 'slack'], hears: all, from: 'opened' },
  { to: 'oncall', by: ['ticket'], hears: ['opened', 'escalation', 'recovered'], from: 'opened' },
];

const second: Route = {
  to: 'oncall-secondary',
  by: ['email', 'sms'],
  hears: ['unacknowledged', 'escalation', 'recovered'],
  from: 'opened',
};

/** Severities that users notice as an interruption. */
const everybody: readonly Route[] = [
  ...engineers,
  { to: 'oncall', by: ['sms', 'pagerduty'], hears: calls, from: 'opened' },
  second,
  {
    to: 'management',
    by: ['email'],
    hears: ['opened', 'update', 'milestone', 'escalation', 'recovered'],
    from: 'opened',
  },
  { to: 'management', by: ['sms'], hears: ['milestone', 'escalation', 'recovered'], from: 'opened' },
  { to: 'customers-enterprise', by: ['email'], hears: readers, from: 'confirmed' },
  { to: 'customers-standard', by: ['email'], hears: readers, from: 'confirmed' },
  { to: 'partners', by: ['email'], hears: readers, from: 'confirmed' },
  { to: 'public', by: ['statuspage', 'page'], hears: readers, from: 'confirmed' },
];

export const defaultRoutes: Readonly<Record<Severity, readonly Route[]>> = {
  P0: everybody,
  P1: everybody,
  P2: [
    ...engineers,
    { to: 'oncall', by: ['sms', 'pagerduty'], hears: calls, from: 'opened' },
    second,
    {
      to: 'management',
      by: ['email'],
      hears: ['opened', 'milestone', 'escalation', 'recovered'],
      from: 'opened',
    },
  ],
  P3: [
    ...engineers,
    {
      to: 'oncall',
      by: ['sms', 'pagerduty'],
      hears: ['approval', 'escalation', 'recovered'],
      from: 'opened',
    },
    second,
    { to: 'management', by: ['email'], hears: ['escalation', 'recovered'], from: 'opened' },
  ],
};
