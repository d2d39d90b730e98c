import type { Input as CheckPromotion, Output as Checked } from '../../lambdas/check-promotion/contract.ts';
import type { Input as Decide, Output as Decided } from '../../lambdas/decide-promotion/contract.ts';
import { decidePromotion } from '../../lambdas/decide-promotion/decide.ts';
import type { Input as Fence, Output as Fenced } from '../../lambdas/fence-primary/contract.ts';
import type { Input as Finish, Output as Finished } from '../../lambdas/finish-recovery/contract.ts';
import type { IncidentRef, StepResult } from '../../lambdas/incident/contract.ts';
import { LockLost, UnsafePlan } from '../../lambdas/incident/errors.ts';
import type {
  DatabaseLoss,
  Input as Measure,
  Output as Measured,
} from '../../lambdas/measure-loss/contract.ts';
import { reasonOf } from '../../lambdas/measure-loss/decide.ts';
import type {
  Input as PlanRestore,
  Output as Planned,
  RestorePlan,
} from '../../lambdas/plan-restore/contract.ts';
import type { Input as Promote, Output as Begun } from '../../lambdas/promote-database/contract.ts';
import { refusal } from '../../lambdas/promote-database/decide.ts';
import type { Input as SetWriters, Output as Written } from '../../lambdas/set-writers/contract.ts';
import type { Input as Swap, Output as Swapped } from '../../lambdas/swap-database/contract.ts';
import type { Model } from './functions.ts';

/** A database of the standby, as far as the machines can tell. */
export interface StandbyDatabase {
  readonly after: readonly string[];
  readonly by: Exclude<DatabaseLoss['by'], 'promoted'>;
  readonly lossSeconds: number | null;
  readonly fit: boolean | 'unknown';
  lease: 'primary' | 'nobody' | 'standby';
  state: 'replica' | 'promoting' | 'promoted' | 'swapped' | 'finished';
}

export function aDatabase(changes: Partial<StandbyDatabase> = {}): StandbyDatabase {
  return {
    after: [],
    by: 'promote-replica',
    lossSeconds: 42,
    fit: true,
    lease: 'primary',
    state: 'replica',
    ...changes,
  };
}

/** What the tasks of a promotion find, and what they make of it. */
export interface PromotionModel {
  readonly databases: ReadonlyMap<string, StandbyDatabase>;
  approval: 'person' | 'waived';
  approvalSeconds: number;
  /** How long the lease is good yet when it is taken away, and the skew. */
  leaseSeconds: number;
  /** Looks until it is so; Infinity for never. */
  promotedAt: number;
  swappedAt: number;
  writersAt: number;
  /** Whether the standby's application had another address before. */
  newAddress: boolean;
  /** Of a restore from backups: what an earlier incident has swapped in already. */
  swappedBefore: boolean;
  writers: 'running' | 'stopped';
  /** Databases in the order in which their promotion began, with the time. */
  readonly begun: { readonly database: string; readonly at: number }[];
  /** What happened although it must not. */
  readonly wrongs: string[];
}

export function newPromotionModel(given: Partial<PromotionModel> = {}): PromotionModel {
  return {
    databases: new Map(),
    approval: 'waived',
    approvalSeconds: 1_800,
    leaseSeconds: 40,
    promotedAt: 3,
    swappedAt: 2,
    writersAt: 2,
    newAddress: false,
    swappedBefore: false,
    writers: 'running',
    begun: [],
    wrongs: [],
    ...given,
  };
}

type Task<Input, Output> = readonly [required: readonly (keyof Input)[], work: (input: Input) => Output];

const lease = { ttlSeconds: 30, skewSeconds: 10 };
const endpointOf = (identifier: string) => ({ host: `${identifier}.rds.test`, port: 5_432 });

/** The functions of a promotion. The gate and the refusal are the code that is deployed. */
export function promotionFunctions(model: Model, promotion: PromotionModel) {
  const looks = new Map<string, number>();
  const look = (incident: IncidentRef, what: string): number => {
    const key = `${incident.id} ${what}`;
    looks.set(key, (looks.get(key) ?? 0) + 1);
    return looks.get(key) ?? 0;
  };
  const held = ({ id }: IncidentRef) => {
    if (model.lockHolder !== id) throw new LockLost(`${id} no longer holds the lock`);
  };
  const find = (name: string): StandbyDatabase => {
    const database = promotion.databases.get(name);
    if (!database) throw new Error(`there is no database ${name}`);
    return database;
  };
  const act = (incident: IncidentRef, step: string, there: boolean, summary: string, change: () => void) => {
    held(incident);
    const planned = incident.mode === 'plan';
    if (!there && !planned) change();
    const status = there ? 'already-there' : planned ? 'planned' : 'changed';
    const result: StepResult = { step, status, summary, before: null, after: null };
    if (model.record) model.record = { ...model.record, steps: [...model.record.steps, result] };
    return result;
  };
  return {
    'measure-loss': [['incident'], () => measure(promotion)] satisfies Task<Measure, Measured>,
    'decide-promotion': [
      ['incident', 'losses'],
      ({ incident, losses }) =>
        decidePromotion({
          losses: losses.databases,
          databases: [...promotion.databases].map(([name, { after }]) => ({ name, after, lease })),
          severity: incident.severity,
          rpoSeconds: incident.rpoSeconds,
          approval: promotion.approval,
          approvalSeconds: promotion.approvalSeconds,
          mode: incident.mode,
        }),
    ] satisfies Task<Decide, Decided>,
    'fence-primary': [
      ['incident'],
      ({ incident }) => {
        const primarys = [...promotion.databases.values()].filter((each) => each.lease === 'primary');
        const result = act(incident, 'fence-primary', primarys.length === 0, 'leases', () => {
          for (const each of primarys) each.lease = 'nobody';
        });
        const wait = result.status === 'changed' ? promotion.leaseSeconds * 1_000 : 0;
        return { ...result, safeAt: new Date(model.now() + wait).toISOString(), extra: [] };
      },
    ] satisfies Task<Fence, Fenced>,
    'promote-database': [
      ['incident', 'loss', 'safeAt'],
      ({ incident, loss, safeAt }) => {
        const database = find(loss.database);
        const now = model.now();
        const refused = refusal({
          database: loss.database,
          safeAt,
          now,
          lease: { holder: database.lease, epoch: 1, renewedAt: safeAt, ttlSeconds: 30 },
        });
        if (refused !== null) throw new UnsafePlan(refused);
        const there = database.state !== 'replica';
        return act(incident, 'promote-database', there, `${loss.database} is promoted`, () => {
          database.state = 'promoting';
          promotion.begun.push({ database: loss.database, at: now });
        });
      },
    ] satisfies Task<Promote, Begun>,
    'check-promotion': [
      ['incident', 'loss'],
      ({ incident, loss }) => {
        held(incident);
        const database = find(loss.database);
        const ready = look(incident, `ready ${loss.database}`) >= promotion.promotedAt;
        if (ready && database.state === 'promoting') database.state = 'promoted';
        if (ready) database.lease = 'standby';
        return {
          ready,
          status: ready ? 'available' : 'modifying',
          endpoint: ready ? endpointOf(loss.target.identifier) : null,
          heartbeat: null,
          summary: ready ? `${loss.database} can be written to` : `${loss.database} is modifying`,
        };
      },
    ] satisfies Task<CheckPromotion, Checked>,
    'swap-database': [
      ['incident', 'database', 'site', 'target', 'endpoint'],
      ({ incident, database: name, site, target, endpoint, source }) => {
        const database = find(name);
        if (site !== 'standby' || source) promotion.wrongs.push(`${name} was swapped at the ${site}`);
        if (endpoint.host !== endpointOf(target.identifier).host)
          promotion.wrongs.push(`${name} is not ${endpoint.host}`);
        if (database.lease !== 'standby') promotion.wrongs.push(`${name} was handed over unpromoted`);
        const done = look(incident, `swapped ${name}`) >= promotion.swappedAt;
        const there = !promotion.newAddress || database.state === 'swapped' || !done;
        const result = act(incident, 'swap-database', there, `${name} is found`, () => undefined);
        if (done) database.state = 'swapped';
        return { ...result, done };
      },
    ] satisfies Task<Swap, Swapped>,
    'set-writers': [
      ['incident', 'want'],
      ({ incident, want }) => {
        const result = act(incident, 'set-writers', promotion.writers === want, `writers ${want}`, () => {
          promotion.writers = want;
        });
        return { ...result, done: look(incident, want) >= promotion.writersAt };
      },
    ] satisfies Task<SetWriters, Written>,
    'finish-recovery': [
      ['incident', 'databases'],
      ({ incident, databases }) => {
        held(incident);
        for (const name of databases) find(name).state = 'finished';
        return { summary: `${databases.join(' and ')} are promoted.` };
      },
    ] satisfies Task<Finish, Finished>,
    'plan-restore': [
      ['incident', 'site', 'databases'],
      (input) => planned(model, promotion, input),
    ] satisfies Task<PlanRestore, Planned>,
  };
}

function measure(promotion: PromotionModel): Measured {
  const databases = [...promotion.databases].map(
    ([database, { by, lossSeconds, fit, state }]): DatabaseLoss => ({
      database,
      by: state === 'finished' ? 'promoted' : by,
      target: { region: 'eu-central-1', identifier: `${database}-replica` },
      acknowledged: null,
      found: null,
      lossSeconds,
      lagSeconds: null,
      fit,
      resumed: state !== 'replica' && state !== 'finished',
      evidence: `${database} was looked at`,
    }),
  );
  return { databases, reason: reasonOf(databases), checks: [] };
}

/** What plan-restore answers of the one database that it is asked for. */
function planned(
  model: Model,
  { swappedBefore, approvalSeconds }: PromotionModel,
  input: PlanRestore,
): Planned {
  const [database = ''] = input.databases ?? [];
  const plan: RestorePlan = {
    database,
    site: input.site,
    source: { region: 'eu-west-1', identifier: database },
    backupsArn: 'arn:aws:rds:eu-central-1:111111111111:auto-backup:ab-1',
    target: { region: 'eu-central-1', identifier: `${database}-r20261123095500` },
    recoveryPoint: new Date(model.now() - 300_000).toISOString(),
    foundBy: 'the end of the copied backups',
    lossSeconds: 300,
    expectedSeconds: 1_800,
    budgetSeconds: 7_200,
    resumed: swappedBefore,
    ...(swappedBefore && { endpoint: endpointOf(`${database}-r20261123095500`) }),
  };
  return {
    decision: 'ask',
    reason: `${database} goes back to ${plan.recoveryPoint}`,
    question: 'may it?',
    approvalSeconds,
    nextSteps: [],
    waves: swappedBefore ? [] : [[plan]],
    swapped: swappedBefore ? [plan] : [],
    expectedSeconds: 1_800,
  };
}
