import type { End } from '../aws/execution.ts';
import type { IncidentRef, Scenario } from '../incident/contract.ts';
import type { Lock } from '../incident/lock.ts';
import type { SwitchState } from '../incident/switch.ts';
import type { Input, Settings } from './contract.ts';
import type { Request } from './request.ts';

/** An alarm's event that was seen before, and what became of it. */
export interface SeenEvent {
  readonly incidentId: string;
  readonly executionArn: string;
  readonly at: string;
}

/** What the ledger says when somebody wants to open an incident. */
interface Situation {
  readonly lock: Lock | null;
  readonly event: SeenEvent | null;
  /** Where the switch stands; on the primary where no switch moves the traffic. */
  readonly traffic: SwitchState;
  /** How the execution that holds the lock ended, when it is over and did not give it back. */
  readonly holderEnd: End | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Decision =
  /** Take the lock and open an incident; `takenFrom` held it until now. */
  | { readonly action: 'take'; readonly reason: string; readonly takenFrom?: string }
  /** This execution holds the lock already: a retry, which gives the same answer. */
  | { readonly action: 'resume'; readonly reason: string; readonly lock: Lock }
  | { readonly action: 'join'; readonly reason: string; readonly incidentId: string }
  | { readonly action: 'ignore'; readonly reason: string };

/**
 * Open an incident, join the one that is running, or leave it.
 *
 * One environment has one incident at a time, however many alarms one failure raises. A plan gives way to a
 * real failure: it changes nothing, and joining it would leave the failure to itself.
 */
export function decide(
  request: Request,
  situation: Situation,
  executionArn: string,
  settings: Pick<Settings, 'maxEventAgeSeconds' | 'cooldownSeconds'>,
): Decision {
  const { lock, holderEnd, now } = situation;
  if (lock?.state === 'held' && lock.executionArn === executionArn) {
    return { action: 'resume', reason: opened(request), lock };
  }
  const running = mayRun(lock, executionArn, now) && !holderEnd ? lock : null;

  if (request.by === 'alarm') {
    const ignored = reasonToIgnore(request, running, situation, settings);
    if (ignored !== undefined) return { action: 'ignore', reason: ignored };
  }
  if (running) {
    if (running.mode === 'plan' && request.mode === 'live') {
      return {
        action: 'take',
        reason: `${opened(request)}; the plan ${running.incidentId} gives way`,
        takenFrom: running.incidentId,
      };
    }
    return {
      action: 'join',
      reason: `${request.startedBy} joins ${running.incidentId}, which is running since ${running.takenAt}`,
      incidentId: running.incidentId,
    };
  }
  if (lock?.state === 'held') {
    return {
      action: 'take',
      reason: holderEnd
        ? `${opened(request)}; the execution of ${lock.incidentId} ended and left its lock behind`
        : `${opened(request)}; the lock of ${lock.incidentId} expired at ${lock.expiresAt}`,
      takenFrom: lock.incidentId,
    };
  }
  return { action: 'take', reason: opened(request) };
}

/** Whether the lock says that another execution is at work: it is held, and not for longer than one may run. */
export function mayRun(lock: Lock | null, executionArn: string, now: number): lock is Lock {
  return lock?.state === 'held' && lock.executionArn !== executionArn && now < Date.parse(lock.expiresAt);
}

/** Their alarms look at the primary; those of the other scenarios at the site that users are on. */
const aboutPrimary: ReadonlySet<Scenario> = new Set(['site-failure', 'data-corruption']);

function reasonToIgnore(
  request: Extract<Request, { by: 'alarm' }>,
  running: Lock | null,
  { lock, event, traffic, holderEnd, now }: Situation,
  { maxEventAgeSeconds, cooldownSeconds }: Pick<Settings, 'maxEventAgeSeconds' | 'cooldownSeconds'>,
): string | undefined {
  const { startedBy, state, changedAt, eventId } = request;
  if (state !== 'ALARM')
    return `${startedBy} went to ${state}: nothing to recover, and nothing fails back by itself`;
  const age = Math.floor((now - changedAt) / 1_000);
  if (age > maxEventAgeSeconds) {
    return `${startedBy} changed ${age} s ago, more than the ${maxEventAgeSeconds} s that an event may be late`;
  }
  if (event && event.incidentId !== running?.incidentId) {
    return `event ${eventId} of ${startedBy} was handled by ${event.incidentId} already`;
  }
  const cooledAt = Date.parse(lock?.lastRecoveryAt ?? '') + cooldownSeconds * 1_000;
  // A running incident is joined; a plan that is running would be ended, for a new recovery.
  if (running?.mode !== 'live' && now < cooledAt) {
    const ago = Math.floor((now - Date.parse(lock?.lastRecoveryAt ?? '')) / 1_000);
    return (
      `${startedBy}: the last recovery was ${ago} s ago, and for ${cooldownSeconds} s after one ` +
      'only a person starts another'
    );
  }
  const heldOff = heldOffUntil(lock, holderEnd, now, cooldownSeconds);
  if (running?.mode !== 'live' && now < heldOff) {
    return (
      `${startedBy}: a person stopped ${lock?.incidentId ?? 'an incident'}, and until ` +
      `${new Date(heldOff).toISOString()} only a person starts another`
    );
  }
  if (running?.mode !== 'live' && traffic.site === 'standby' && aboutPrimary.has(request.scenario)) {
    return (
      `${startedBy}: the traffic is on the standby since ${traffic.changedAt} (${traffic.incidentId}), so no user ` +
      'is on the primary; a person may start a recovery all the same'
    );
  }
  return undefined;
}

/**
 * Until when alarms start nothing because a person stopped an incident; milliseconds since the epoch. The lock
 * says so once the watcher has heard of the stop, the execution itself before.
 */
function heldOffUntil(
  lock: Lock | null,
  holderEnd: End | null,
  now: number,
  cooldownSeconds: number,
): number {
  const said = Date.parse(lock?.heldOffUntil ?? '') || 0;
  if (holderEnd?.status !== 'ABORTED' || lock?.mode !== 'live') return said;
  return Math.max(said, (holderEnd.at ?? now) + cooldownSeconds * 1_000);
}

/**
 * Of the lock that is to be taken: above every epoch that the ledger knows. Somebody who deletes a lock by hand
 * would otherwise begin again below the epoch that stands at the switch, which then refuses to be moved.
 */
export function nextEpoch(lock: Pick<Lock, 'epoch'> | null, traffic: Pick<SwitchState, 'epoch'>): number {
  return (
    Math.max(0, ...[lock?.epoch, traffic.epoch].filter((epoch) => Number.isSafeInteger(epoch)).map(Number)) +
    1
  );
}

function opened({ startedBy }: Request): string {
  return `opened by ${startedBy}`;
}

/**
 * `<env>-<yyyymmddThhmmss>-<scenario>`: sorts by time, says what it is, and fits the names of executions,
 * which know no colon. From the second of its name on, an id has a number.
 */
export function incidentId(environment: string, request: Request, startTime: string, nth = 1): string {
  const second = isoTime(startTime).replace(/[-:]|\.\d+Z$/g, '');
  return `${environment}-${second}-${request.scenario}${nth === 1 ? '' : `-${nth}`}`;
}

/** The incident as the state machines carry it; the same for every try of one execution. */
export function incidentRef(
  id: string,
  epoch: number,
  request: Request,
  { startTime }: Input['execution'],
  { environment, severities }: Pick<Settings, 'environment' | 'severities'>,
): IncidentRef {
  const startedAt = isoTime(startTime);
  const { rtoSeconds, rpoSeconds, updateEverySeconds } = severities[request.severity];
  return {
    id,
    epoch,
    environment,
    scenario: request.scenario,
    severity: request.severity,
    mode: request.mode,
    startedBy: request.startedBy,
    startedAt,
    deadline: new Date(Date.parse(startedAt) + rtoSeconds * 1_000).toISOString(),
    rtoSeconds,
    rpoSeconds,
    updateEverySeconds,
    ...(request.by === 'person' && request.restore ? { restore: request.restore } : {}),
  };
}

const leftWithSite: ReadonlySet<Scenario> = new Set(['configuration-loss', 'hardware-failure']);

/** What to say of a start that joins an incident which is about something else, and will not mend it. */
export function otherTrouble(
  request: Request,
  { id, scenario, environment }: Pick<IncidentRef, 'id' | 'scenario' | 'environment'>,
): string | undefined {
  if (request.scenario === scenario) return undefined;
  // Every recovery ends by testing the application: an alarm of it, while another is at work, is a part of the same.
  if (request.by === 'alarm' && request.scenario === 'application-failure') return undefined;
  // A failover leaves a broken configuration and broken nodes behind with their site, and tests what it moved to.
  if (request.by === 'alarm' && scenario === 'site-failure' && leftWithSite.has(request.scenario))
    return undefined;
  return (
    `${request.startedBy}: ${request.scenario}, while ${id} is at work on a ${scenario}, which does not mend it. ` +
    `When ${id} is over, look whether it is still so, and start lifeboat-${environment}-incident with ` +
    `{"scenario":"${request.scenario}"}: no alarm will do it`
  );
}

function isoTime(time: string): string {
  return new Date(time).toISOString();
}
