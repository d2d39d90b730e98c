import type { Input as AlignSettings, Output as Aligned } from '../../lambdas/align-settings/contract.ts';
import type { Input as AssessData, Output as DataAssessed } from '../../lambdas/assess-data/contract.ts';
import { assess, type Sight } from '../../lambdas/assess-data/decide.ts';
import type { Input as CheckRestore, Output as Restored } from '../../lambdas/check-restore/contract.ts';
import type { Input as CompareWrites, Output as Compared } from '../../lambdas/compare-writes/contract.ts';
import type { DatabaseSettings, Recovery } from '../../lambdas/database/contract.ts';
import { hasReached, isOver } from '../../lambdas/database/recovery-state.ts';
import type { Input as FinishRecovery, Output as Finished } from '../../lambdas/finish-recovery/contract.ts';
import type { IncidentRef, StepResult } from '../../lambdas/incident/contract.ts';
import { LockLost, RestoreFailed } from '../../lambdas/incident/errors.ts';
import type { Input as PlanRestore, Output as Planned } from '../../lambdas/plan-restore/contract.ts';
import { planRestore } from '../../lambdas/plan-restore/plan.ts';
import { selectDatabases } from '../../lambdas/plan-restore/select.ts';
import type { Input as StartRestore, Output as Started } from '../../lambdas/start-restore/contract.ts';
import type { Input as SwapDatabase, Output as Swapped } from '../../lambdas/swap-database/contract.ts';
import type { Input as ValidateCopy, Output as Validated } from '../../lambdas/validate-copy/contract.ts';
import type { Model } from './functions.ts';

/** What the tasks of a restore find, and what they make of it. */
export interface RestoreModel {
  /** By name; `after` says which others must be back before it. */
  readonly databases: Map<
    string,
    { data: 'damaged' | 'sound' | 'unknown'; readonly after: readonly string[] }
  >;
  /** How old the newest check is that held, in seconds; null for none. */
  goodAgo: number | null;
  ask: 'always' | 'beyond-rpo';
  /** How many looks find nothing out. */
  unknownLooks: number;
  /** Looks until it is so; Infinity for never. */
  logShippedAt: number;
  availableAt: number;
  alignedAt: number;
  swappedAt: number;
  writersAt: number;
  copySound: boolean | 'unknown';
  writers: 'running' | 'stopped';
  readonly recoveries: Map<string, Recovery>;
  /** Where the users of a database find it. */
  readonly usersFind: Map<string, string>;
  /** What happened to data although it must not. */
  readonly wrongs: string[];
}

export function newRestoreModel(given: Partial<RestoreModel> = {}): RestoreModel {
  return {
    databases: new Map([
      ['erlmcp', { data: 'damaged', after: [] }],
      ['mail', { data: 'damaged', after: [] }],
      ['orders', { data: 'damaged', after: ['erlmcp'] }],
    ]),
    goodAgo: 120,
    ask: 'beyond-rpo',
    unknownLooks: 0,
    logShippedAt: 2,
    availableAt: 3,
    alignedAt: 2,
    swappedAt: 2,
    writersAt: 2,
    copySound: true,
    writers: 'running',
    recoveries: new Map(),
    usersFind: new Map(),
    wrongs: [],
    ...given,
  };
}

const region = 'eu-central-1';
const endpointOf = (identifier: string) => ({ host: `${identifier}.rds.test`, port: 5432 });

type Task<Input, Output> = readonly [required: readonly (keyof Input)[], work: (input: Input) => Output];

/** The functions of a restore. Planning is the code that is deployed; acting ones look before they act. */
export function restoreFunctions(model: Model, restore: RestoreModel) {
  const looks = new Map<string, number>();
  /** The looks of this run: a task that asks for the first time begins to wait. */
  const lookAt = (incident: IncidentRef, what: string): number => {
    const key = `${incident.id} ${what}`;
    looks.set(key, (looks.get(key) ?? 0) + 1);
    return looks.get(key) ?? 0;
  };
  const step = (
    incident: IncidentRef,
    name: string,
    there: boolean,
    summary: string,
    act: () => void,
  ): StepResult => {
    const planned = incident.mode === 'plan';
    if (!there && !planned) act();
    const status = there ? 'already-there' : planned ? 'planned' : 'changed';
    const result: StepResult = { step: name, status, summary, before: null, after: null };
    if (model.record) model.record = { ...model.record, steps: [...model.record.steps, result] };
    return result;
  };
  const held = ({ id }: IncidentRef) => {
    if (model.lockHolder !== id) throw new LockLost(`${id} no longer holds the lock`);
  };
  const advance = (
    incident: IncidentRef,
    name: string,
    phase: Recovery['phase'],
    more: Partial<Recovery> = {},
  ) => {
    const current = restore.recoveries.get(name);
    if (!current) throw new Error(`no recovery of ${name} was begun`);
    const incidents = [...new Set([...current.incidents, incident.id])];
    const further = !hasReached(current, phase);
    restore.recoveries.set(name, { ...current, ...more, incidents, ...(further ? { phase } : {}) });
  };

  return {
    'assess-data': [['incident'], () => assessData(model, restore)] satisfies Task<AssessData, DataAssessed>,
    'plan-restore': [
      ['incident', 'assessment', 'site'],
      (input) => plan(model, restore, input),
    ] satisfies Task<PlanRestore, Planned>,
    'call-site': [
      ['site', 'task', 'payload'],
      ({ task, payload: { incident, want } }) => {
        if (task !== 'set-writers') throw new Error(`the primary has no ${task}`);
        held(incident);
        const there = restore.writers === want;
        const result = step(incident, task, there, `the writers are ${want}`, () => (restore.writers = want));
        return { ...result, done: lookAt(incident, want) >= restore.writersAt };
      },
    ] satisfies Task<SetWriters, StepResult & { done: boolean }>,
    'start-restore': [
      ['incident', 'plan'],
      ({ incident, plan: { database, site, source, target, recoveryPoint } }) => {
        held(incident);
        const current = restore.recoveries.get(database);
        if (current?.phase === 'swapping') restore.wrongs.push(`${database} may be between two names`);
        const there = current !== undefined && !isOver(current);
        const waiting = !there && lookAt(incident, `log ${database}`) < restore.logShippedAt;
        const at = new Date(model.now()).toISOString();
        const act = () =>
          restore.recoveries.set(database, {
            ...{ kind: 'restore', database, site, source, target, recoveryPoint, phase: 'restoring' },
            ...{ incidents: [incident.id], startedAt: at, updatedAt: at },
          });
        return { ...step(incident, 'start-restore', there || waiting, target.identifier, act), waiting };
      },
    ] satisfies Task<StartRestore, Started>,
    'check-restore': [
      ['incident', 'plan'],
      ({ incident, plan: { database, target } }) => {
        const look = lookAt(incident, `available ${database}`);
        if (look > 400) throw new RestoreFailed(`${target.identifier} has outlasted its budget`);
        const ready = look >= restore.availableAt;
        const endpoint = ready ? endpointOf(target.identifier) : null;
        if (endpoint) advance(incident, database, 'restored', { endpoint });
        const status = ready ? 'available' : 'creating';
        return { ready, status, endpoint, elapsedSeconds: look, summary: `it is ${status}` };
      },
    ] satisfies Task<CheckRestore, Restored>,
    'align-settings': [
      ['incident', 'plan'],
      ({ incident, plan: { database } }) => {
        const waiting = lookAt(incident, `aligned ${database}`) < restore.alignedAt;
        const result = step(incident, 'align-settings', !waiting, database, () => undefined);
        return { ...result, fixed: [], remaining: [], waiting };
      },
    ] satisfies Task<AlignSettings, Aligned>,
    'validate-copy': [
      ['incident', 'plan', 'endpoint'],
      ({ incident, plan: { database } }) => {
        const sound = restore.copySound;
        if (sound === true) advance(incident, database, 'validated');
        return {
          sound,
          reason: `the copy is ${String(sound)}`,
          consistency: [],
          heartbeat: null,
          checks: [],
        };
      },
    ] satisfies Task<ValidateCopy, Validated>,
    'swap-database': [
      ['incident', 'database', 'site', 'target', 'endpoint', 'source'],
      ({ incident, database, target, endpoint }) => {
        held(incident);
        if (restore.writers !== 'stopped') restore.wrongs.push(`${database} was swapped under its writers`);
        if (endpoint.host !== endpointOf(target.identifier).host)
          restore.wrongs.push(`${endpoint.host} is not ${database}`);
        for (const [name, recovery] of restore.recoveries) {
          if (!isOver(recovery) && !hasReached(recovery, 'validated'))
            restore.wrongs.push(`${name} was not proven`);
        }
        advance(incident, database, 'swapping');
        const there = restore.usersFind.get(database) === target.identifier;
        const done = there || lookAt(incident, `swapped ${database}`) >= restore.swappedAt;
        const result = step(incident, 'swap-database', there || !done, target.identifier, () => {
          restore.usersFind.set(database, target.identifier);
        });
        if (done) advance(incident, database, 'swapped');
        return { ...result, done };
      },
    ] satisfies Task<SwapDatabase, Swapped>,
    'compare-writes': [
      ['incident', 'plans'],
      ({ plans }) => ({
        summary: `12 rows of ${plans.map(({ database }) => database).join(', ')} are lost`,
        tables: [],
      }),
    ] satisfies Task<CompareWrites, Compared>,
    'finish-recovery': [
      ['incident', 'databases'],
      ({ incident, databases }) => {
        held(incident);
        for (const name of databases) advance(incident, name, 'finished');
        const points = databases.map((name) => restore.recoveries.get(name)?.recoveryPoint ?? '');
        return { summary: `${databases.join(', ')} are back from ${points.join(', ')}` };
      },
    ] satisfies Task<FinishRecovery, Finished>,
  };
}

/** What call-site is asked for: its payload is unknown to itself. */
interface SetWriters {
  readonly site: string;
  readonly task: string;
  readonly payload: { readonly incident: IncidentRef; readonly want: 'stopped' | 'running' };
}

function assessData(model: Model, restore: RestoreModel): DataAssessed {
  const hidden = restore.unknownLooks-- > 0;
  const at = new Date(model.now()).toISOString();
  const good =
    restore.goodAgo === null ? null : new Date(model.now() - restore.goodAgo * 1_000).toISOString();
  return assess(
    [...restore.databases].map(([database, { data }]): Sight => {
      const recovery = restore.recoveries.get(database) ?? null;
      const swapped = restore.usersFind.has(database);
      return {
        database,
        rds: { status: 'available', evidence: `${database} is available` },
        answer: {
          reachable: !hidden && data !== 'unknown',
          evidence: hidden ? 'not now' : 'reached',
          at,
          consistency: hidden ? [] : [{ name: 'rows', held: data === 'sound' || swapped, evidence: data }],
        },
        history: { results: good === null ? [] : [{ at: good, held: true, failing: [] }] },
        unfinished: recovery && !isOver(recovery) ? recovery : null,
      };
    }),
  );
}

function settingsOf([name, { after }]: readonly [
  string,
  { readonly after: readonly string[] },
]): DatabaseSettings {
  return {
    name,
    after,
    kind: 'instance',
    primary: { region, identifier: name },
    standby: { region: 'eu-west-1', identifier: name, from: 'replica' },
    identity: { by: 'secret', secret: { primary: 'a', standby: 'b' } },
    expectedSeconds: 1_800,
    budgetSeconds: 7_200,
  };
}

function plan(model: Model, restore: RestoreModel, { incident, site, assessment }: PlanRestore): Planned {
  const all = [...restore.databases].map(settingsOf);
  const { databases } = selectDatabases(all, incident, { site, ...(assessment ? { assessment } : {}) });
  return planRestore({
    incident,
    site,
    databases: all,
    ask: restore.ask,
    approvalSeconds: 3_600,
    now: model.now(),
    candidates: databases.map((settings) => ({
      settings,
      source: settings.primary,
      recovery: restore.recoveries.get(settings.name) ?? null,
      window: { from: model.now() - 86_400_000, to: model.now() - 300_000 },
      allocatedGiB: null,
      restores: { restores: [] },
      assessed: assessment?.databases.find(({ database }) => database === settings.name) ?? null,
    })),
  });
}
