import { AwsError } from '../contract.ts';
import type { Window } from './records.ts';

interface Asked {
  readonly time: Date | undefined;
  readonly latest: boolean | undefined;
  readonly window: Window | null;
  readonly what: 'instance' | 'cluster';
  readonly now: number;
}

/**
 * The time that a restore goes to, milliseconds since the epoch; null for all that there is.
 *
 * @throws AwsError as RDS refuses: both or neither asked for, no backups, outside of what can be restored
 */
export function restoreTime({ time, latest = false, window, what, now }: Asked): number | null {
  if (latest === (time !== undefined)) {
    throw new AwsError(
      'InvalidParameterCombination',
      latest
        ? 'A restore time cannot be specified together with the latest restorable time.'
        : 'You must specify either a restore time or use the latest restorable time.',
    );
  }
  if (!window) {
    if (what === 'instance') {
      throw new AwsError(
        'PointInTimeRestoreNotEnabled',
        'The source instance cannot be restored to a point in time: it has no automated backups.',
      );
    }
    throw new AwsError('InvalidParameterValue', 'The source cluster has no backups to restore from.');
  }
  if (time === undefined) return null;
  const wanted = time.getTime();
  if (wanted > window.to) {
    const until = new Date(Math.min(window.to, now)).toISOString().replace('.000Z', 'Z');
    throw new AwsError(
      'InvalidParameterValue',
      `The specified ${what} cannot be restored to a time later than ${until}.`,
    );
  }
  if (wanted < window.from) {
    const from = new Date(window.from).toISOString().replace('.000Z', 'Z');
    throw new AwsError(
      'InvalidParameterValue',
      `The specified ${what} cannot be restored to a time earlier than ${from}.`,
    );
  }
  return wanted;
}
