import type { IncidentRecord, Scenario } from '../../incident/contract.ts';

/** Where a recovery stands, and what comes next. Pure. */

interface Phase {
  /** Who writes on the timeline in it. */
  readonly actors: readonly string[];
  /** What comes: `the standby is scaled up`. */
  readonly does: string;
}

const tests: Phase = { actors: ['run-tests'], does: 'the service is tested from outside' };

const phases: Readonly<Record<Scenario, readonly Phase[]>> = {
  'site-failure': [
    { actors: ['assess-primary'], does: 'the failure is confirmed from independent vantage points' },
    { actors: ['check-standby', 'decide-failover'], does: 'it is decided whether the standby takes over' },
    { actors: ['scale-nodes'], does: "the standby's nodes are scaled up" },
    {
      actors: ['measure-loss', 'decide-promotion', 'request-approval', 'answer-approval'],
      does: 'it is weighed what a promotion would lose',
    },
    {
      actors: ['fence-primary', 'promote-database', 'check-promotion', 'swap-database'],
      does: "the standby's databases take over",
    },
    {
      actors: ['scale-workloads', 'check-capacity'],
      does: "the standby's workloads are brought to strength",
    },
    { actors: ['switch-dns', 'check-dns'], does: 'users are moved by DNS' },
    { actors: ['verify-service'], does: 'the service is verified as a user would see it' },
    tests,
  ],
  'data-corruption': [
    { actors: ['assess-data'], does: 'the damage is assessed' },
    {
      actors: ['plan-restore', 'request-approval', 'answer-approval'],
      does: 'the point in time to restore to is found, and its loss weighed',
    },
    { actors: ['set-writers'], does: 'the writers are stopped' },
    {
      actors: ['start-restore', 'check-restore', 'align-settings'],
      does: 'a copy is restored beside the damaged database',
    },
    { actors: ['validate-copy'], does: 'the copy is proven by the consistency queries' },
    { actors: ['swap-database'], does: 'the copy is put in place, and the writers are started' },
    { actors: ['verify-service'], does: 'the service is verified as a user would see it' },
    tests,
  ],
  'configuration-loss': [
    {
      actors: ['assess-configuration', 'export-objects'],
      does: 'what is there now is kept, and the damage assessed',
    },
    {
      actors: ['plan-objects', 'decide-configuration', 'request-approval', 'answer-approval'],
      does: 'it is planned and weighed what to bring back',
    },
    { actors: ['apply-objects', 'restore-objects'], does: 'the configuration is brought back' },
    { actors: ['restart-workloads'], does: 'what reads it is restarted' },
    tests,
  ],
  'application-failure': [
    { actors: ['survey-workloads', 'assess-application'], does: 'the unhealthy workloads are found' },
    { actors: ['collect-evidence'], does: 'their logs and events are kept' },
    { actors: ['restart-workloads'], does: 'they are restarted in their order' },
    { actors: ['verify-service'], does: 'the service is verified as a user would see it' },
    tests,
  ],
  'hardware-failure': [
    { actors: ['survey-workloads', 'assess-hardware'], does: 'the failed hardware is found' },
    {
      actors: ['replace-nodes', 'reboot-database', 'request-approval', 'answer-approval'],
      does: 'it is replaced, or restarted elsewhere',
    },
    { actors: ['check-nodes', 'check-reboot'], does: 'its capacity is back' },
    tests,
  ],
};

/** What comes after what the record shows, in one sentence. */
export function nextStepOf(record: IncidentRecord, now: number): string {
  const all = phases[record.ref.scenario];
  const seen = new Set(record.timeline.map(({ actor }) => actor));
  const furthest = all.findLastIndex(({ actors }) => actors.some((actor) => seen.has(actor)));
  const open = (record.pending ?? []).find(({ expiresAt }) => Date.parse(expiresAt) > now);
  const next = all[furthest + 1];
  const then = next ? `${next.does}.` : 'the incident is closed.';
  if (open) return `A person decides about the ${open.gate}; with a yes, ${then}`;
  return `Next, ${then}`;
}
