import type { Recovery } from '../database/contract.ts';
import { hasReached } from '../database/recovery-state.ts';
import type { Input } from './contract.ts';

/**
 * Why the target must not be swapped in; null when it may.
 *
 * Users are never sent to data that nobody has proven: not to a copy whose consistency queries have not held, nor
 * to a replica that has not been seen to take writes.
 */
export function refusal(
  { database, site, target }: Pick<Input, 'database' | 'site' | 'target'>,
  recovery: Recovery | null,
): string | null {
  const called = `${target.identifier} in ${target.region}`;
  if (!recovery) return `no recovery of ${database} was begun: nothing proves what ${called} holds`;
  const { phase, kind, target: into } = recovery;
  if (recovery.site !== site || into.identifier !== target.identifier || into.region !== target.region) {
    return `the recovery of ${database} is into ${into.identifier} at the ${recovery.site}, not into ${called}`;
  }
  if (phase === 'abandoned') return `the recovery of ${database} into ${called} was abandoned by a person`;
  const proof = kind === 'restore' ? 'validated' : 'promoted';
  if (hasReached(recovery, proof)) return null;
  return `${called} is ${phase} and not ${proof}: users are not sent to data that nobody has proven`;
}

/** RDS's longest identifier. */
const longest = 63;

/** `erlmcp-damaged-202611231155`: what a damaged original is called from now on; the same for the same recovery. */
export function damagedName(source: string, recoveryPoint: string): string {
  const digits = new Date(recoveryPoint).toISOString().replace(/\D/g, '').slice(0, 12);
  const end = `-damaged-${digits}`;
  return source.slice(0, longest - end.length).replace(/-+$/, '') + end;
}
