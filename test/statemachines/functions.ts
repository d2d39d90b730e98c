import type { Input as Assess, Output as Assessed } from '../../lambdas/assess-primary/contract.ts';
import type { Input as CheckCapacity, Output as Capacity } from '../../lambdas/check-capacity/contract.ts';
import type { Input as CheckDns, Output as Moved } from '../../lambdas/check-dns/contract.ts';
import type { Input as CheckStandby, Output as Fit } from '../../lambdas/check-standby/contract.ts';
import type { Input as Close, Output as Closed } from '../../lambdas/close-incident/contract.ts';
import { close, outputOf } from '../../lambdas/close-incident/decide.ts';
import type { Input as Decide, Output as Decided } from '../../lambdas/decide-failover/contract.ts';
import { decideFailover } from '../../lambdas/decide-failover/decide.ts';
import type { IncidentRecord, IncidentRef, StepResult } from '../../lambdas/incident/contract.ts';
import { ChangeLost, LockLost } from '../../lambdas/incident/errors.ts';
import type { Input as Open, Output as Opened } from '../../lambdas/open-incident/contract.ts';
import { parseRequest } from '../../lambdas/open-incident/request.ts';
import type { Input as RunTests, Output as Tested } from '../../lambdas/run-tests/contract.ts';
import type { Input as ScaleNodes, Output as Nodes } from '../../lambdas/scale-nodes/contract.ts';
import type { Input as ScaleWorkloads, Output as Workloads } from '../../lambdas/scale-workloads/contract.ts';
import type { Input as Tell, Output as Told } from '../../lambdas/send-notice/contract.ts';
import type { Input as SwitchDns, Output as Switched } from '../../lambdas/switch-dns/contract.ts';
import type { Input as WriteReport, Output as Report } from '../../lambdas/write-report/contract.ts';
import type { Input as Verify, Output as Verified } from '../../lambdas/verify-service/contract.ts';

/** What the tasks of the machines find, and what they make of it. Times are milliseconds since the epoch. */
export interface Model {
  readonly now: () => number;
  primary: 'down' | 'up';
  /** How many looks at the primary tell nothing. */
  unknownLooks: number;
  standbyFit: boolean;
  /** The look at which it is so; Infinity for never. */
  capacityReadyAt: number;
  dnsMovesAt: number;
  verifiedAt: number;
  testsPassAt: number;
  /** How many changes Route 53 forgets. */
  changesLost: number;
  /** What open-incident answers; the incident is the one that it joins. */
  opening: 'open' | 'joined' | 'other trouble' | 'ignored';
  updateEverySeconds: number;
  lockHolder: string | null;
  nodes: 'at rest' | 'scaled';
  workloads: 'at rest' | 'scaled';
  traffic: 'primary' | 'standby';
  record: IncidentRecord | null;
  readonly notices: { readonly at: number; readonly kind: string; readonly detail?: string }[];
}

type Task<Input, Output> = readonly [required: readonly (keyof Input)[], work: (input: Input) => Output];

/**
 * The functions that the machines invoke, by their folder, as small as their contracts allow.
 *
 * Opening reads its input, the gate decides and closing keeps its record by the code that is deployed. Acting ones ask for the
 * lock, look before they act, and record what they did.
 */
export function functionsOf(model: Model): Readonly<Record<string, Task<never, unknown>>> {
  const { now } = model;
  const act = (incident: IncidentRef, step: string, part: 'nodes' | 'workloads'): StepResult => {
    requireLock(model, incident);
    return record(model, {
      step,
      ...change(incident, model[part] === 'scaled', () => (model[part] = 'scaled')),
      summary: `${part} of the standby`,
      before: null,
      after: null,
    });
  };
  const tasks = {
    'open-incident': [['input', 'execution'], (input) => open(model, input)] satisfies Task<Open, Opened>,
    'assess-primary': [['incident'], () => assess(model)] satisfies Task<Assess, Assessed>,
    'check-standby': [
      ['incident'],
      () => ({
        fit: model.standbyFit,
        reason: model.standbyFit ? 'fit' : 'two pods do not start',
        checks: [],
      }),
    ] satisfies Task<CheckStandby, Fit>,
    'decide-failover': [
      ['incident', 'assessment', 'standby'],
      (input) => decide(model, input),
    ] satisfies Task<Decide, Decided>,
    'scale-nodes': [
      ['incident'],
      ({ incident }) => ({
        ...act(incident, 'scale-nodes', 'nodes'),
        updates: [{ nodeGroup: 'workers', updateId: 'update-1' }],
      }),
    ] satisfies Task<ScaleNodes, Nodes>,
    'scale-workloads': [
      ['incident'],
      ({ incident }) => act(incident, 'scale-workloads', 'workloads'),
    ] satisfies Task<ScaleWorkloads, Workloads>,
    'check-capacity': [
      ['incident', 'updates', 'attempt'],
      ({ attempt }) => ({
        ready: attempt >= model.capacityReadyAt,
        summary: `look ${attempt}: 1 of 3 pods is ready`,
        checks: [],
      }),
    ] satisfies Task<CheckCapacity, Capacity>,
    'switch-dns': [['incident', 'target'], (input) => switchDns(model, input)] satisfies Task<
      SwitchDns,
      Switched
    >,
    'check-dns': [
      ['incident', 'target', 'changeIds', 'attempt'],
      (input) => checkDns(model, input),
    ] satisfies Task<CheckDns, Moved>,
    'verify-service': [
      ['incident', 'target', 'attempt'],
      ({ attempt }) => ({
        verified: attempt >= model.verifiedAt,
        summary: attempt >= model.verifiedAt ? 'the standby serves' : `look ${attempt}: nobody answers`,
        checks: [],
      }),
    ] satisfies Task<Verify, Verified>,
    'run-tests': [
      ['incident', 'attempt'],
      ({ attempt }) => ({
        passed: attempt >= model.testsPassAt,
        summary: attempt >= model.testsPassAt ? 'all 2 tests pass' : `look ${attempt}: 1 of 2 tests fails`,
        checks: [],
      }),
    ] satisfies Task<RunTests, Tested>,
    'close-incident': [
      ['incident', 'outcome', 'summary'],
      (input) => closeIncident(model, input),
    ] satisfies Task<Close, Closed>,
    'send-notice': [
      ['incident', 'kind'],
      ({ incident, kind, detail }) => {
        const isOpen = model.record?.state === 'open';
        if (kind === 'update' && !isOpen) return { sent: 0, failed: 0, open: false, nextAt: null };
        model.notices.push({ at: now(), kind, ...(detail === undefined ? {} : { detail }) });
        const [start, beat] = [Date.parse(incident.startedAt), incident.updateEverySeconds * 1_000];
        const next = start + beat * (1 + Math.floor((now() - start) / beat));
        return { sent: 1, failed: 0, open: isOpen, nextAt: isOpen ? new Date(next).toISOString() : null };
      },
    ] satisfies Task<Tell, Told>,
    'write-report': [
      ['incident'],
      ({ incident: { id } }) => ({
        html: `reports/${id}/report.html`,
        markdown: `reports/${id}/report.md`,
        checklist: `reports/${id}/checklist.md`,
      }),
    ] satisfies Task<WriteReport, Report>,
  };
  return tasks;
}

function open(model: Model, { input, execution }: Open): Opened {
  const severity = {
    rtoSeconds: 3_600,
    rpoSeconds: 900,
    updateEverySeconds: model.updateEverySeconds,
  };
  const settings: Parameters<typeof parseRequest>[1] = {
    alarms: {},
    scenarios: {
      'site-failure': { severity: 'P0' },
      'data-corruption': { severity: 'P1' },
      'configuration-loss': { severity: 'P1' },
      'application-failure': { severity: 'P1' },
      'hardware-failure': { severity: 'P2' },
    },
    deployments: ['erlmcp', 'gateway'],
    severities: { P0: severity, P1: severity, P2: severity, P3: severity },
    databases: ['erlmcp'],
  };
  const { scenario, mode, startedBy } = parseRequest(input, settings, model.now());
  if (model.opening === 'ignored') {
    return { decision: 'ignored', reason: 'the last recovery was five minutes ago', incident: null };
  }
  const startedAt = new Date(model.now()).toISOString();
  const incident: IncidentRef = {
    id: 'test-20261123-040000',
    epoch: 7,
    environment: 'test',
    scenario,
    severity: 'P0',
    mode,
    startedBy,
    startedAt,
    deadline: new Date(model.now() + severity.rtoSeconds * 1_000).toISOString(),
    ...severity,
  };
  if (model.opening === 'joined') {
    return { decision: 'joined', reason: 'test-20261123-040000 is open', incident, otherTrouble: false };
  }
  if (model.opening === 'other trouble') {
    return { decision: 'joined', reason: 'a site is lost meanwhile', incident, otherTrouble: true };
  }
  model.lockHolder = incident.id;
  model.record = {
    ref: incident,
    executionArn: execution.id,
    state: 'open',
    lastGoodAt: startedAt,
    timeline: [],
    steps: [],
    checks: [],
    notices: [],
    preImages: {},
    joined: [],
  };
  return { decision: 'open', reason: 'no other incident is open', incident };
}

function assess(model: Model): Assessed {
  const verdict = model.unknownLooks-- > 0 ? 'unknown' : model.primary;
  return { verdict, reason: `the primary is ${verdict}`, checks: [], lastGoodAt: null };
}

function decide(model: Model, { incident, assessment, standby }: Decide): Decided {
  const { startedBy, mode } = incident;
  const circumstances = { assessment, standby, startedBy, mode, now: model.now(), trafficOn: model.traffic };
  return decideFailover({ ...circumstances, lastRecoveryAt: null, cooldownSeconds: 3_600 });
}

function switchDns(model: Model, { incident, target }: SwitchDns): Switched {
  requireLock(model, incident);
  const result = record(model, {
    step: 'switch-dns',
    ...change(incident, model.traffic === target, () => (model.traffic = target)),
    summary: `one record to the ${target}`,
    before: null,
    after: null,
  });
  return { ...result, changeIds: ['C1'] };
}

function checkDns(model: Model, { attempt }: CheckDns): Moved {
  if (model.changesLost > 0) {
    model.changesLost--;
    model.traffic = 'primary';
    throw new ChangeLost('Route 53 does not know change C1');
  }
  const moved = attempt >= model.dnsMovesAt;
  return { moved, summary: `look ${attempt}: 1 of 4 name servers has moved`, checks: [] };
}

function closeIncident(model: Model, input: Close): Closed {
  if (!model.record) throw new Error('there is no record to close');
  model.record = close(model.record, input, new Date(model.now()).toISOString()) ?? model.record;
  if (model.lockHolder === input.incident.id) model.lockHolder = null;
  return outputOf(model.record, input);
}

function requireLock({ lockHolder }: Model, { id }: IncidentRef): void {
  if (lockHolder !== id) throw new LockLost(`${id} no longer holds the lock: ${lockHolder ?? 'nobody'} does`);
}

function change({ mode }: IncidentRef, there: boolean, act: () => void): Pick<StepResult, 'status'> {
  if (there) return { status: 'already-there' };
  if (mode === 'plan') return { status: 'planned' };
  act();
  return { status: 'changed' };
}

function record(model: Model, result: StepResult): StepResult {
  if (model.record) model.record = { ...model.record, steps: [...model.record.steps, result] };
  return result;
}
