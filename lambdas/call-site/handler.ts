import { runRemote } from '../aws/remote-function.ts';
import type { Site } from '../incident/contract.ts';
import { InvalidInput } from '../incident/errors.ts';
import { openLedger } from '../incident/ledger.ts';
import { readSwitch } from '../incident/switch.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';

/** Step Functions only calls functions of its own region: this one calls those of the sites for it. */
export async function handler({ site, task, payload }: Input): Promise<Output> {
  const { ledgerBucket, sites } = settings<Settings>();
  const { region, functions } = sites[await resolved(site, ledgerBucket)];
  const functionName = Object.hasOwn(functions, task) ? functions[task] : undefined;
  if (functionName === undefined) {
    throw new InvalidInput(`task: got ${task}, allowed: ${Object.keys(functions).join(', ')}`);
  }
  return runRemote({ region, functionName }, payload);
}

async function resolved(site: Input['site'], ledgerBucket: string): Promise<Site> {
  switch (site) {
    case 'active':
      return (await readSwitch(openLedger(ledgerBucket))).site;
    case 'primary':
    case 'standby':
      return site;
    default:
      throw new InvalidInput(`site: got ${String(site)}, allowed: primary, standby, active`);
  }
}
