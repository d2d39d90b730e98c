import { isDeepStrictEqual } from 'node:util';
import type { Site } from './contract.ts';
import { LockLost } from './errors.ts';
import { change, type Ledger } from './ledger.ts';

const key = 'switch.json';

/** Where the traffic should go, and which incident said so. */
export interface SwitchState {
  readonly site: Site;
  readonly epoch: number;
  readonly incidentId: string;
  readonly changedAt: string;
}

/** Nobody has ever moved the traffic: it is on the primary. */
const untouched: SwitchState = {
  site: 'primary',
  epoch: 0,
  incidentId: '',
  changedAt: new Date(0).toISOString(),
};

export async function readSwitch(ledger: Ledger): Promise<SwitchState> {
  return (await ledger.read<SwitchState>(key))?.value ?? untouched;
}

/**
 * Move the switch. A switch that stands on the site already is left as it is, whoever put it there.
 *
 * @throws LockLost when a later epoch has moved it: what this incident wants is out of date
 */
export async function writeSwitch(
  ledger: Ledger,
  state: SwitchState,
): Promise<{ readonly changed: boolean; readonly before: SwitchState }> {
  let before = untouched;
  let changed = false;
  await change<SwitchState>(ledger, key, (current) => {
    // Written by the try before, whose answer was lost.
    if (changed && isDeepStrictEqual(current, state)) return undefined;
    before = current ?? untouched;
    if (before.epoch > state.epoch) {
      throw new LockLost(
        `${state.incidentId} (epoch ${state.epoch}) may not move the switch: ` +
          `${before.incidentId} moved it to ${before.site} in epoch ${before.epoch}`,
      );
    }
    changed = before.site !== state.site;
    return changed ? state : undefined;
  });
  return { changed, before };
}
