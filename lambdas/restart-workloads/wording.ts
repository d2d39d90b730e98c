import type { Input } from './contract.ts';
import type { Move, Plan, Sight } from './decide.ts';

type Action = Input['action'];

/** Why nothing is begun; a person reads what was done before that. */
export function refusal(refused: readonly Move[], moves: readonly Move[], action: Action): string {
  const acted = moves.filter((move) => move.acted).map(({ name }) => name);
  const before =
    acted.length === 0 ? 'Nothing was changed' : `Only ${acted.join(', ')} ${was(action, acted)} before that`;
  return `${refused.map(({ name, why }) => `${name} is not ${done(action)}: ${why}`).join('. ')}. ${before}`;
}

export function planned(moves: readonly Move[], waves: Input['waves'], action: Action): string {
  const to = moves.filter(({ move }) => move === 'act' || move === 'wait').map(({ name }) => name);
  if (to.length === 0)
    return `there would be nothing to ${action === 'restart' ? 'restart' : 'roll back'}${leftAlone(moves)}`;
  const order = waves.map((wave) => wave.filter((name) => to.includes(name)).join(', ')).filter(Boolean);
  return `would ${action === 'restart' ? 'restart' : 'roll back'} ${order.join('; then ')}${leftAlone(moves)}`;
}

export function changed(sights: readonly Sight[], action: Action): string {
  return action === 'restart'
    ? `restarted ${sights.map(({ name }) => name).join(', ')}`
    : sights
        .map(
          ({ name, revision, previousRevision }) =>
            `rolled ${name} back from revision ${String(revision)} to ${String(previousRevision)}`,
        )
        .join(', ');
}

/** How far it is, when there was nothing to begin. */
export function standing(
  { done: isDone, waiting, failed }: Plan,
  moves: readonly Move[],
  action: Action,
): string {
  if (failed.length > 0) {
    return `not ready after ${action === 'restart' ? 'a restart' : 'a roll-back'}: ${listed(failed)}`;
  }
  if (!isDone) return `waiting for ${listed(waiting)}`;
  const acted = moves.filter((move) => move.acted);
  const what =
    acted.length === 0 ? 'nothing was' : acted.map(({ name, why }) => `${name} (${why})`).join(', ');
  return `${done(action)}: ${what}${leftAlone(moves)}`;
}

function listed(moves: readonly Move[]): string {
  return moves.map(({ name, why }) => `${name} (${why})`).join(', ');
}

function leftAlone(moves: readonly Move[]): string {
  const alone = moves.filter(({ move }) => move === 'left-alone');
  return alone.length === 0 ? '' : `; left alone: ${listed(alone)}`;
}

function done(action: Action): string {
  return action === 'restart' ? 'restarted' : 'rolled back';
}

function was(action: Action, names: readonly string[]): string {
  return `${names.length === 1 ? 'was' : 'were'} ${done(action)}`;
}
