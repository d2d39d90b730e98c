import type {
  IncidentRecord,
  IncidentRef,
  Notice,
  TimelineEntry,
} from '../../../../lambdas/incident/contract.ts';
import { newRecord } from '../../../../lambdas/incident/record.ts';
import { reportOf } from '../../../../lambdas/communication/report/report.ts';
import { incident } from '../../memory-ledger.ts';

/** Records in the shape in which a recovery leaves them. */

export const about = { application: 'erlmcp', publicName: 'erlmcp.company.com' };
export const start = Date.parse(incident.startedAt);
/** So many seconds after the start. */
export const after = (seconds: number) => new Date(start + seconds * 1_000).toISOString();
export const now = start + 3_600_000;

export function entry(seconds: number, actor: string, event: string, detail?: string): TimelineEntry {
  return { at: after(seconds), actor, event, ...(detail === undefined ? {} : { detail }) };
}

export function notice(seconds: number, changes: Partial<Notice> = {}): Notice {
  return {
    ...{ at: after(seconds), kind: 'update', channel: 'email', audience: 'oncall', subject: 'how it stands' },
    delivered: true,
    ...changes,
  };
}

export function record(
  members: Partial<IncidentRecord> = {},
  ref: Partial<IncidentRef> = {},
): IncidentRecord {
  return {
    ...newRecord({ ...incident, ...ref }, 'arn:aws:states:eu-central-1:111111111111:execution:x:y'),
    ...members,
  };
}

export const reportOn = (of: IncidentRecord, at = now) => reportOf(of, about, at);

const ada = 'arn:aws:iam::111111111111:user/ada';

/** A failover with a gate, a channel that fails, a note, another start, and everything else that a record can have. */
export const failover: IncidentRecord = record({
  state: 'closed',
  outcome: 'recovered',
  closedAt: after(1_500),
  summary: 'The standby serves the users.',
  lastGoodAt: after(-60),
  confirmedAt: after(20),
  acknowledged: { at: after(90), by: ada, via: 'Slack' },
  joined: ['alarm lifeboat-dev-primary-unreachable'],
  timeline: [
    entry(0, 'alarm', 'the incident was opened', 'opened by alarm lifeboat-dev-primary-unhealthy'),
    entry(20, 'assess-primary', 'the primary is down'),
    entry(25, 'check-standby', 'the standby is fit'),
    entry(30, 'decide-failover', 'go: neither probe nor checkers reach the primary'),
    entry(40, 'scale-nodes', 'changed: raised workers to 6 nodes'),
    entry(45, 'measure-loss', 'erlmcp would lose 42 s'),
    entry(50, 'decide-promotion', "ask: the environment wants a person's word for P0"),
    entry(55, 'request-approval', 'asks a person about the promotion', 'Shall the databases take over?'),
    entry(90, ada, 'took the call (Slack)'),
    entry(200, 'alarm', 'joined the incident', 'alarm lifeboat-dev-primary-unreachable'),
    entry(655, ada, 'approved the promotion (link)', 'the region will not be back today'),
    entry(660, 'fence-primary', 'changed: took the lease of erlmcp away'),
    entry(700, 'promote-database', 'changed: began promoting erlmcp-standby'),
    entry(900, 'check-promotion', 'erlmcp is promoted'),
    entry(1_000, ada, 'wrote a note (Slack)', 'the provider has confirmed it'),
    entry(1_100, 'switch-dns', 'changed: moved the switch from primary to standby'),
    entry(1_300, 'verify-service', 'look 3: https://x is served by the standby: everybody agrees'),
    entry(1_400, 'run-tests', 'look 1: all 3 tests pass'),
    entry(1_500, 'close-incident', 'the incident was closed: recovered', 'The standby serves the users.'),
  ],
  steps: [
    {
      step: 'scale-nodes',
      status: 'changed',
      summary: 'raised workers to 6 nodes',
      before: { workers: { desired: 1 } },
      after: { workers: { desired: 6 } },
    },
    {
      step: 'swap-database',
      status: 'already-there',
      summary: 'the secret says the standby already',
      before: null,
      after: null,
    },
  ],
  checks: [
    { name: 'primary-down/standby-probe', held: true, evidence: 'read ECONNRESET after 38 ms' },
    { name: 'verify/caches', held: 'unknown', evidence: 'asked before' },
    {
      name: 'promotion/erlmcp/loss',
      held: true,
      evidence: 'erlmcp would lose 42 s of its writes, the RPO is 900 s',
    },
    {
      name: 'promotion/erlmcp/approval',
      held: false,
      evidence: "the environment wants a person's word for P0",
    },
  ],
  preImages: { 'switch-dns': { site: 'primary' } },
  notes: [{ at: after(1_000), by: ada, text: 'the provider has confirmed it', via: 'Slack' }],
  nextSteps: ['Find out why the primary failed.'],
  notices: [
    notice(2, { kind: 'opened' }),
    notice(3, { kind: 'opened', channel: 'slack', attempts: 3 }),
    notice(310, {
      kind: 'unacknowledged',
      channel: 'sms',
      audience: 'oncall-secondary',
      key: 'unacknowledged',
    }),
    notice(903, { channel: 'slack', delivered: false, failure: 'HTTP 503: no service' }),
    notice(905, { kind: 'undelivered', key: 'undelivered slack 2026-11-23T12:18:08.000Z' }),
    notice(1_800, { kind: 'milestone', audience: 'management', key: 'milestone 50' }),
    notice(20, {
      kind: 'opened',
      audience: 'public',
      channel: 'statuspage',
      delivered: false,
      failure: 'HTTP 401',
    }),
    notice(1_510, { kind: 'recovered' }),
  ],
});
