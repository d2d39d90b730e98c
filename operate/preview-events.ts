import type { Scenario } from '../lambdas/incident/contract.ts';
import type { Gate } from '../lambdas/request-approval/contract.ts';
import type { Environment } from '../lib/config/schema.ts';
import { names } from '../lib/names.ts';

/** What a sample incident would have on its timeline, in the words of the tasks, with the environment's names. Pure. */

export interface SampleEvent {
  readonly actor: string;
  readonly event: string;
  /** It changed something. */
  readonly acts?: true;
}

export interface SampleEvents {
  readonly startedBy: string;
  /** Before a person is asked; the first of them confirms the failure. */
  readonly before: readonly SampleEvent[];
  /** Of application-failure none: no gate asks about a restart. */
  readonly asked?: { readonly gate: Gate; readonly question: string; readonly evidence: string };
  readonly after: readonly SampleEvent[];
  readonly followUps: readonly string[];
}

export function sampleEvents(environment: Environment, scenario: Scenario): SampleEvents {
  const { sites, databases, name } = environment;
  const { publicName } = names(environment);
  const stores = databases.map((database) => database.name);
  const store = stores[0] ?? 'the database';
  const all = stores.length > 0 ? stores.join(' and ') : 'no database';
  const nodes = sites.standby.nodeGroups.map((group) => `${group.name} to ${group.desired} nodes`).join(', ');
  const alarm = (suffix: string) => `alarm lifeboat-${name}-${suffix}`;
  switch (scenario) {
    case 'site-failure':
      return {
        startedBy: alarm('primary-unhealthy'),
        before: [
          {
            actor: 'assess-primary',
            event: `the failure is confirmed: ${sites.primary.host} does not answer from three places`,
          },
          { actor: 'check-standby', event: `the standby in ${sites.standby.region} is fit to take over` },
          { actor: 'scale-nodes', event: `scaling ${nodes}`, acts: true },
          { actor: 'measure-loss', event: `${store}: the standby is 4 s behind` },
        ],
        asked: {
          gate: 'promotion',
          question: `Shall the standby's copies of ${all} take over? It cannot be undone.`,
          evidence: `${store}: the standby's copy is 4 s behind. The primary does not answer from three places.`,
        },
        after: [
          { actor: 'fence-primary', event: `nothing can write to the old ${all}`, acts: true },
          { actor: 'promote-database', event: `promoting ${all}`, acts: true },
          { actor: 'check-promotion', event: `${store} can be written to` },
          { actor: 'scale-workloads', event: 'workloads brought to their full strength', acts: true },
          { actor: 'check-capacity', event: 'the standby has its capacity' },
          { actor: 'switch-dns', event: `${publicName} moved to ${sites.standby.region}`, acts: true },
          { actor: 'check-dns', event: 'the zone answers with the standby for all names' },
        ],
        followUps: [
          'Find out why the primary failed.',
          'Rebuild the old databases as replicas of those that have taken over.',
        ],
      };
    case 'data-corruption':
      return {
        startedBy: alarm(`data-inconsistent-${store}`),
        before: [
          { actor: 'assess-data', event: `${store}: consistency query balances-add-up does not hold` },
          {
            actor: 'plan-restore',
            event: `${store} was right at 03:52:00 UTC: 8 min of writes would be lost`,
          },
        ],
        asked: {
          gate: 'restore',
          question: `Shall ${store} go back to 2026-11-23 03:52:00 UTC?`,
          evidence: `8 min of writes would be lost. The consistency queries held at 03:52:00, and not at 03:53:00.`,
        },
        after: [
          { actor: 'set-writers', event: 'the writers are stopped', acts: true },
          { actor: 'start-restore', event: `restoring a copy of ${store} beside it`, acts: true },
          { actor: 'check-restore', event: `the copy of ${store} is available` },
          {
            actor: 'align-settings',
            event: `${store}: the copy has every setting of the original`,
            acts: true,
          },
          { actor: 'validate-copy', event: `${store}: all consistency queries hold on the copy` },
          {
            actor: 'swap-database',
            event: `${store}: the copy is in place, the damaged one is kept`,
            acts: true,
          },
          { actor: 'compare-writes', event: `${store}: 41 rows were written after the recovery point` },
        ],
        followUps: ['Stop what damaged the data before it runs again.', 'Read the list of the lost writes.'],
      };
    case 'configuration-loss':
      return {
        startedBy: alarm('configuration-invalid'),
        before: [
          { actor: 'export-objects', event: 'kept what is there now as a snapshot', acts: true },
          {
            actor: 'assess-configuration',
            event: 'the configuration was right at 03:40:00 UTC, and is not now',
          },
          { actor: 'plan-objects', event: '3 objects to bring back, 1 to overwrite, none to remove' },
        ],
        asked: {
          gate: 'configuration',
          question:
            'Shall 3 objects be brought back and 1 overwritten, as they were at 2026-11-23 03:40:00 UTC?',
          evidence: '1 change that was made after 03:40:00 would be undone.',
        },
        after: [
          { actor: 'apply-objects', event: '3 objects brought back, 1 overwritten', acts: true },
          { actor: 'restore-objects', event: 'ConfigMaps and Secrets are as planned', acts: true },
          { actor: 'restart-workloads', event: 'restarted what reads them', acts: true },
        ],
        followUps: ['Find out what wrote the bad configuration.'],
      };
    case 'application-failure':
      return {
        startedBy: alarm('application-unhealthy'),
        before: [
          { actor: 'survey-workloads', event: '2 of 6 pods are not ready' },
          { actor: 'assess-application', event: 'the failure is confirmed: restarts in a loop' },
          { actor: 'collect-evidence', event: 'logs and events are kept', acts: true },
        ],
        after: [
          { actor: 'restart-workloads', event: 'restarted what is unhealthy, in its order', acts: true },
          { actor: 'survey-workloads', event: 'all pods are ready' },
        ],
        followUps: ['Read the kept logs, find the cause.'],
      };
    case 'hardware-failure':
      return {
        startedBy: alarm('nodes-unhealthy'),
        before: [
          { actor: 'survey-workloads', event: '1 node does not answer for three minutes' },
          { actor: 'assess-hardware', event: `the failure is confirmed: a node, and the host of ${store}` },
          { actor: 'replace-nodes', event: 'replacing 1 node', acts: true },
        ],
        asked: {
          gate: 'hardware',
          question: `Shall ${store} be restarted in another zone? It is away for about a minute.`,
          evidence: `${store} has not answered for three minutes, and RDS says that it is available.`,
        },
        after: [
          { actor: 'reboot-database', event: `restarting ${store} in another zone`, acts: true },
          { actor: 'check-nodes', event: 'nodes and pods are there' },
          { actor: 'check-reboot', event: `${store} answers` },
        ],
        followUps: ['Look for a pattern: zone, instance type, image.'],
      };
  }
}
