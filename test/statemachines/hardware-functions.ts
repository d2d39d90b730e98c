import { changesOf, summarise } from '../../lambdas/replace-nodes/decide.ts';
import type { Input as Assess, Output as Assessed } from '../../lambdas/assess-hardware/contract.ts';
import { assessHardware } from '../../lambdas/assess-hardware/decide.ts';
import type { Input as CallSite } from '../../lambdas/call-site/contract.ts';
import type { Input as CheckNodes, Output as Checked } from '../../lambdas/check-nodes/contract.ts';
import { judgeNodes } from '../../lambdas/check-nodes/decide.ts';
import type { Input as CheckReboot, Output as Back } from '../../lambdas/check-reboot/contract.ts';
import { judgeRestart } from '../../lambdas/check-reboot/decide.ts';
import type { QueryAnswer } from '../../lambdas/database/contract.ts';
import type { IncidentRef, StepResult } from '../../lambdas/incident/contract.ts';
import { LockLost } from '../../lambdas/incident/errors.ts';
import type { Input as Reboot } from '../../lambdas/reboot-database/contract.ts';
import { decideRestart, type Before } from '../../lambdas/reboot-database/decide.ts';
import type { Input as Replace } from '../../lambdas/replace-nodes/contract.ts';
import type { Input as RunTests, Output as Tested } from '../../lambdas/run-tests/contract.ts';
import type { NodeSight, Survey } from '../../lambdas/workloads/contract.ts';
import type { DescribedDatabase } from '../../lambdas/aws/rds.ts';
import type { Model } from './functions.ts';

interface Machine {
  readonly node: string;
  readonly instanceId: string;
  ready: boolean;
  /** Milliseconds since the epoch. */
  since: number;
  joinsAt: number;
  endsAt: number;
}

interface Database {
  zone: 'a' | 'b';
  readonly multiAz: boolean;
  /** Where its machine is silent. */
  readonly deadZone: 'a' | 'b' | null;
  /** When the restart that was asked for is over; milliseconds since the epoch. */
  backAt: number;
  reboots: number;
}

/** What the tasks of hardware-failure find, and what they make of it. */
export interface HardwareModel {
  /** Nodes of the one group, which has three and should have three. */
  readonly machines: Machine[];
  readonly databases: Map<string, Database>;
  /** What EKS says is wrong with the group; no machine starts then. */
  issue: string | null;
  maySeeNodes: boolean;
  reboot: 'person' | 'automatic';
  /** The look at which the tests pass; Infinity for never. */
  testsPassAt: number;
  /** Machines that were ended, in order. */
  readonly ended: string[];
  launched: number;
  readonly preImages: Map<string, Before>;
}

const site = 'primary';
export const replacing = 300_000;
const failingOver = 90_000;
const target = { name: 'workers', min: 2, desired: 3, max: 4 };
const region = 'eu-west-1';

/** @param silent for how many seconds which of the nodes are silent */
export function newHardware(
  now: number,
  silent: Readonly<Record<number, number>> = { 1: 600 },
  databases: Readonly<Record<string, { readonly multiAz?: boolean; readonly dead?: boolean }>> = {
    erlmcp: {},
  },
): HardwareModel {
  return {
    machines: [0, 1, 2].map((index) => ({
      node: `node-${index}`,
      instanceId: `i-${index}`,
      ready: silent[index] === undefined,
      since: now - (silent[index] ?? 86_400) * 1_000,
      joinsAt: 0,
      endsAt: Infinity,
    })),
    databases: new Map(
      Object.entries(databases).map(([name, { multiAz = true, dead = false }]) => [
        name,
        { zone: 'a', multiAz, deadZone: dead ? 'a' : null, backAt: 0, reboots: 0 } satisfies Database,
      ]),
    ),
    issue: null,
    maySeeNodes: true,
    reboot: 'person',
    testsPassAt: 2,
    ended: [],
    launched: 2,
    preImages: new Map(),
  };
}

type Task<Input, Output> = readonly [required: readonly (keyof Input)[], work: (input: Input) => Output];

/** The functions of hardware-failure: what they decide is the code that is deployed. */
export function hardwareFunctions(model: Model, world: HardwareModel) {
  const pass = () => {
    const now = model.now();
    for (const gone of world.machines.filter(({ endsAt }) => endsAt <= now)) {
      world.machines.splice(world.machines.indexOf(gone), 1);
    }
    while (world.issue === null && world.machines.length < target.desired) {
      const number = ++world.launched;
      world.machines.push({
        node: `node-${number}`,
        instanceId: `i-${number}`,
        ready: true,
        since: now,
        joinsAt: now + replacing - 60_000,
        endsAt: Infinity,
      });
    }
  };
  const survey = (): Survey => {
    pass();
    const now = model.now();
    const there = world.machines.filter(({ joinsAt }) => joinsAt <= now);
    const served = [...world.databases.keys()].every((name) => answerOf(name).reachable);
    return {
      at: new Date(now).toISOString(),
      site,
      workloads: [
        {
          ...{ name: 'erlmcp', exists: true, wanted: 3, updated: 3, updatedReady: 3, revision: '1' },
          // Without their database no pod is ready.
          ready: served ? there.filter(({ ready }) => ready).length : 0,
          ...{ previousRevision: null, revisionAt: null, stuck: false, restarts: 0, waiting: [] },
          ...{ endpoints: null, disruptionsAllowed: null, warnings: [] },
        },
      ],
      nodes: world.maySeeNodes
        ? there.map(({ node, instanceId, ready, since }): NodeSight => ({
            ...{ name: node, group: 'workers', instanceId, ready: ready || 'unknown' },
            ...{ since: new Date(since).toISOString(), cordoned: false },
            reason: ready ? 'KubeletReady' : 'NodeStatusUnknown',
          }))
        : null,
    };
  };
  const group = () => {
    pass();
    const state = {
      status: world.issue === null ? 'ACTIVE' : 'DEGRADED',
      issues: world.issue === null ? [] : [world.issue],
      ...{ min: target.min, desired: target.desired, max: target.max, scalingGroups: ['eks-workers'] },
    };
    const instances = world.machines.map(({ instanceId, endsAt, joinsAt }) => ({
      ...{ instanceId, group: 'eks-workers', healthy: true },
      lifecycle: endsAt < Infinity ? 'Terminating:Wait' : joinsAt > model.now() ? 'Pending' : 'InService',
    }));
    return { target, state, instances };
  };
  const databaseOf = (name: string): Database => {
    const found = world.databases.get(name);
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  };
  const answerOf = (name: string): QueryAnswer => {
    const { zone, deadZone, backAt } = databaseOf(name);
    const at = new Date(model.now()).toISOString();
    const up = model.now() >= backAt && zone !== deadZone;
    return up
      ? { reachable: true, evidence: `${name}:5432`, at }
      : { reachable: false, silent: true, evidence: `${name}:5432: timeout expired`, at };
  };
  const described = (name: string): DescribedDatabase => {
    const { multiAz, backAt, zone } = databaseOf(name);
    return {
      ...{
        identifier: name,
        arn: '',
        endpoint: null,
        latestRestorableTime: null,
        earliestRestorableTime: null,
      },
      ...{ allocatedGiB: 20, replicaOf: null, backupRetentionPeriod: 7, deletionProtection: true },
      ...{ securityGroupIds: [], tags: {} },
      status: model.now() < backAt ? 'rebooting' : 'available',
      raw: { MultiAZ: multiAz, AvailabilityZone: `${region}${zone}` },
    };
  };
  const whereOf = (name: string) => ({ instance: name, zone: `${region}${databaseOf(name).zone}` });
  const held = ({ id }: IncidentRef) => {
    if (model.lockHolder !== id) throw new LockLost(`${id} no longer holds the lock`);
  };
  const record = (result: StepResult): StepResult => {
    if (model.record) model.record = { ...model.record, steps: [...model.record.steps, result] };
    return result;
  };

  function replaceNodes({ incident, plan, survey: seen }: Replace): StepResult {
    held(incident);
    const { state, instances } = group();
    const changes = changesOf(plan, { groups: [{ target, state }], instances, survey: seen });
    const nothing = changes.end.length + changes.lift.length === 0;
    const status = nothing ? 'already-there' : incident.mode === 'plan' ? 'planned' : 'changed';
    if (status === 'changed') {
      for (const { instanceId } of changes.end) {
        const machine = world.machines.find((each) => each.instanceId === instanceId);
        if (machine) machine.endsAt = model.now() + 60_000;
        world.ended.push(instanceId);
      }
    }
    const summary = summarise(status, changes);
    return record({ step: 'replace-nodes', status, summary, before: null, after: null });
  }

  function rebootDatabase({ incident, database }: Reboot): StepResult {
    held(incident);
    const key = `${incident.id} ${database}`;
    const earlier = world.preImages.get(key) ?? null;
    const { action, reason } = decideRestart({
      ...{ database, kind: 'instance', described: described(database), where: whereOf(database), earlier },
      told: (model.record?.steps ?? []).some(
        ({ step, status, before }) =>
          step === 'reboot-database' && status === 'changed' && before === database,
      ),
      failovers: [],
      answer: earlier ? null : answerOf(database),
    });
    const planned = incident.mode === 'plan';
    const status =
      action === 'nothing' ? 'already-there' : planned && action === 'restart' ? 'planned' : 'changed';
    if (action === 'restart' && !planned) {
      const where = { ...whereOf(database), database, identifier: database, region };
      world.preImages.set(key, { ...where, status: 'available', at: '' });
      const one = databaseOf(database);
      one.zone = one.zone === 'a' ? 'b' : 'a';
      one.backAt = model.now() + failingOver;
      one.reboots++;
    }
    return record({ step: 'reboot-database', status, summary: reason, before: database, after: null });
  }

  return {
    'call-site': [
      ['site', 'task', 'payload'],
      ({ site: asked, task }: CallSite) => {
        if (asked !== 'active' || task !== 'survey-workloads') throw new Error(`nobody does ${task}`);
        return survey();
      },
    ] satisfies Task<CallSite, Survey>,
    'assess-hardware': [
      ['incident', 'survey'],
      ({ incident, survey: seen }) =>
        assessHardware(
          {
            survey: seen,
            groups: [group()],
            databases: [...world.databases.keys()].map((database) => ({
              ...{ database, kind: 'instance', place: { region, identifier: database }, unfinished: null },
              rds: described(database),
              answer: answerOf(database),
            })),
          },
          { nodeGraceSeconds: 300, maxReplaced: 1, reboot: world.reboot, approvalSeconds: 1_800 },
          incident.mode,
        ),
    ] satisfies Task<Assess, Assessed>,
    'replace-nodes': [['incident', 'plan', 'survey'], replaceNodes] satisfies Task<Replace, StepResult>,
    'check-nodes': [
      ['incident', 'plan', 'survey', 'attempt'],
      ({ incident, survey: seen }) => judgeNodes({ groups: [group()], survey: seen }, incident.mode),
    ] satisfies Task<CheckNodes, Checked>,
    'reboot-database': [['incident', 'database', 'site'], rebootDatabase] satisfies Task<Reboot, StepResult>,
    'check-reboot': [
      ['incident', 'database', 'site', 'attempt'],
      ({ incident, database }) =>
        judgeRestart(
          {
            database,
            status: described(database).status,
            where: whereOf(database),
            before: world.preImages.get(`${incident.id} ${database}`) ?? null,
            answer: answerOf(database),
          },
          incident.mode,
        ),
    ] satisfies Task<CheckReboot, Back>,
    'run-tests': [
      ['incident', 'attempt'],
      ({ attempt }) => ({
        passed: attempt >= world.testsPassAt,
        summary: attempt >= world.testsPassAt ? 'all 3 tests pass' : `look ${attempt}: health answers 503`,
        checks: [],
      }),
    ] satisfies Task<RunTests, Tested>,
  };
}
