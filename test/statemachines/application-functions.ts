import { decide } from '../../lambdas/assess-application/decide.ts';
import type { Input as Assess, Output as Assessed } from '../../lambdas/assess-application/contract.ts';
import type { Input as CallSite } from '../../lambdas/call-site/contract.ts';
import type { Input as Collect } from '../../lambdas/collect-evidence/contract.ts';
import type { IncidentRef } from '../../lambdas/incident/contract.ts';
import { InvalidInput, LockLost } from '../../lambdas/incident/errors.ts';
import type { Input as Restart, Output as Restarted } from '../../lambdas/restart-workloads/contract.ts';
import type { Input as RunTests } from '../../lambdas/run-tests/contract.ts';
import type { Survey, WorkloadSight } from '../../lambdas/workloads/contract.ts';
import type { Model } from './functions.ts';

/** A deployment of the model. */
export interface Workload {
  health: 'sound' | 'crashing' | 'no image' | 'late' | 'wedged' | 'no node';
  /** What mends it; a pod that is only late is mended by waiting. */
  cure: 'restart' | 'roll-back' | 'nothing';
  readonly after: readonly string[];
  /** The newest revision came after the tests passed last, and there is one before it. */
  readonly young?: boolean;
}

/** What the tasks of a restart find, and what they make of it. */
export interface ApplicationModel {
  readonly workloads: Map<string, Workload>;
  site: 'primary' | 'standby';
  testsFail: boolean;
  /** Looks until pods are ready after something was done about them, and until the tests pass. */
  readyAt: number;
  passedAt: number;
  /** Looks until a pod that is late is ready by itself. */
  lateUntil: number;
  /** What was done, in order: `restart erlmcp`. */
  readonly done: string[];
  readonly evidence: Set<string>;
  readonly wrongs: string[];
}

export function newApplicationModel(given: Partial<ApplicationModel> = {}): ApplicationModel {
  return {
    workloads: new Map([
      ['erlmcp', { health: 'crashing', cure: 'restart', after: [] }],
      ['gateway', { health: 'crashing', cure: 'restart', after: ['erlmcp'] }],
      ['worker', { health: 'sound', cure: 'restart', after: [] }],
    ]),
    site: 'primary',
    testsFail: true,
    readyAt: 3,
    passedAt: 2,
    lateUntil: Infinity,
    done: [],
    evidence: new Set(),
    wrongs: [],
    ...given,
  };
}

type Task<Input> = readonly [required: readonly (keyof Input)[], work: (input: Input) => unknown];

/** The functions of the runbook. Deciding is the code that is deployed; acting ones look before they act. */
export function applicationFunctions(application: ApplicationModel) {
  const { workloads } = application;
  const acted = new Map<string, number>();
  let surveys = 0;

  return (model: Model): Readonly<Record<string, Task<never>>> => {
    const time = (minutesAgo: number) => new Date(model.now() - minutesAgo * 60_000).toISOString();
    const survey = (): Survey => {
      surveys += 1;
      for (const each of workloads.values()) {
        if (each.health === 'late' && surveys >= application.lateUntil) each.health = 'sound';
      }
      return {
        at: time(0),
        site: application.site,
        workloads: [...workloads].map(([name, each]) => sightOf(name, each, time)),
        nodes: null,
      };
    };

    const restart = ({ incident, waves, action }: Restart): Restarted => {
      if (model.lockHolder !== incident.id) throw new LockLost(`${incident.id} does not hold the lock`);
      const names = waves.flat();
      const result = (status: Restarted['status'], summary: string, done: boolean, failed: string[] = []) =>
        ({ step: 'restart-workloads', status, summary, before: null, after: null, done, failed }) as const;
      if (incident.mode === 'plan') return result('planned', `would ${action} ${names.join(', ')}`, true);
      for (const wave of waves) {
        const looks = wave.map((name) => {
          const key = `${action} ${incident.id} ${name}`;
          const look = acted.get(key);
          if (look === undefined) begin(incident, action, name);
          acted.set(key, (look ?? 0) + 1);
          return { name, look: (look ?? 0) + 1 };
        });
        const settled = looks.filter(({ look }) => look >= application.readyAt);
        const failed = settled.filter(({ name }) => workloads.get(name)?.health !== 'sound');
        if (failed.length > 0) {
          const which = failed.map(({ name }) => name);
          return result('already-there', `not ready after ${action}: ${which.join(', ')}`, false, which);
        }
        if (settled.length < looks.length) {
          const begun = looks.some(({ look }) => look === 1);
          return result(begun ? 'changed' : 'already-there', `waiting for ${wave.join(', ')}`, false);
        }
      }
      return result('already-there', `${action}: ${names.join(', ')}`, true);
    };

    /** Its pods are looked at `readyAt` times; what the action does to them is known from the start. */
    const begin = (incident: IncidentRef, action: Restart['action'], name: string) => {
      const workload = workloads.get(name);
      if (!workload) throw new Error(`there is no ${name}`);
      if (!application.evidence.has(`${incident.id} ${name}`)) {
        application.wrongs.push(`${action} of ${name} before its evidence was collected`);
      }
      for (const before of workload.after) {
        if (workloads.get(before)?.health !== 'sound') application.wrongs.push(`${name} before ${before}`);
      }
      if (workload.health !== 'sound' && workload.cure === action) workload.health = 'sound';
      application.done.push(`${action} ${name}`);
      const entry = { step: 'restart-workloads', status: 'changed', summary: `${action} ${name}` } as const;
      if (model.record) {
        const steps = [...model.record.steps, { ...entry, before: null, after: null }];
        model.record = { ...model.record, steps };
      }
    };

    const atSite: Readonly<Record<string, (payload: never) => unknown>> = {
      'survey-workloads': survey,
      'restart-workloads': restart,
      'collect-evidence': ({ incident, deployments }: Collect) => {
        if (!Array.isArray(deployments)) throw new Error('deployments are a list');
        for (const name of deployments) application.evidence.add(`${incident.id} ${name}`);
        return { summary: `kept the logs of ${deployments.join(', ')}`, keys: [] };
      },
    };

    return {
      'call-site': [
        ['site', 'task', 'payload'],
        ({ site, task, payload }: CallSite) => {
          const wanted = task === 'survey-workloads' ? 'active' : application.site;
          if (site !== wanted) throw new InvalidInput(`${task} is for ${wanted}, not for ${site}`);
          const work = atSite[task];
          if (!work) throw new Error(`the site has no ${task}`);
          return work(payload as never);
        },
      ],
      'assess-application': [
        ['incident', 'survey', 'attempt'],
        ({ incident, survey: seen, attempt }: Assess): Assessed =>
          decide({
            now: time(0),
            site: seen.site,
            deployments: [...workloads].map(([name, { after }]) => ({ name, after })),
            request: incident.restore,
            workloads: seen.workloads,
            nodes: seen.nodes,
            watch: {
              at: time(0),
              site: seen.site,
              lastGood: { configuration: time(30), application: time(30), nodes: null },
              failingSince: {
                configuration: null,
                application: application.testsFail && !isSound(application) ? time(5) : null,
                nodes: null,
              },
              failures: [],
            },
            attempt,
          }),
      ],
      'run-tests': [
        ['incident', 'attempt'],
        ({ attempt }: RunTests) => ({
          passed: attempt >= application.passedAt && isSound(application),
          summary: `look ${attempt} of the tests`,
          checks: [],
        }),
      ],
    };
  };
}

export function isSound({ workloads }: ApplicationModel): boolean {
  return [...workloads.values()].every(({ health }) => health === 'sound');
}

/** What a wedged deployment shows is that all is well. */
function sightOf(
  name: string,
  { health, young = false }: Workload,
  time: (minutesAgo: number) => string,
): WorkloadSight {
  const well = health === 'sound' || health === 'wedged';
  const waiting = {
    crashing: 'CrashLoopBackOff',
    'no image': 'ImagePullBackOff',
    'no node': 'Unschedulable',
  };
  const reason = (waiting as Readonly<Record<string, string>>)[health];
  return {
    name,
    exists: true,
    wanted: 2,
    ready: well ? 2 : 0,
    updated: 2,
    updatedReady: well ? 2 : 0,
    revision: '7',
    previousRevision: young ? '6' : null,
    revisionAt: young ? time(10) : time(10_000),
    stuck: false,
    restarts: 0,
    waiting: reason === undefined ? [] : [reason],
    endpoints: well ? 2 : 0,
    disruptionsAllowed: null,
    warnings: [],
  };
}
