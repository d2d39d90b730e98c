import { describeFailure } from '../aws/api-failure.ts';
import { TryAgain } from '../incident/errors.ts';
import type { Difference, Output } from './contract.ts';
import { reboot, type Subject } from './subjects.ts';

export type Remaining = Output['remaining'][number];

export interface Mended {
  readonly fixed: readonly Difference[];
  readonly remaining: readonly Remaining[];
}

/** What a setting is called in what is told: `erlmcp-r20261123100000 MultiAZ`. */
function named({ identifier }: Subject, { setting, source, target }: Difference): Difference {
  return { setting: `${identifier} ${setting}`, source, target };
}

/** Whether there is anything that RDS can be asked for. */
export function isDue(subject: Subject, tried: ReadonlySet<string>): boolean {
  const able = [...subject.found.filter((each) => 'ask' in each), ...subject.tags];
  return subject.rebootDue.length > 0 || able.some((each) => !tried.has(named(subject, each).setting));
}

/**
 * Ask RDS for what differs, in one request if it takes that, else one by one: a setting that RDS refuses must not
 * keep the others from being set, and none of them keeps data from being recovered.
 *
 * @param tried names of what RDS was asked for before, and has not done
 * @throws TryAgain when nothing could be asked for, because RDS is busy with it
 */
export async function mend(subject: Subject, tried: ReadonlySet<string>): Promise<Mended> {
  const remaining: Remaining[] = [];
  const open: (Difference & { readonly ask: Readonly<Record<string, unknown>> })[] = [];
  for (const each of subject.found) {
    const difference = named(subject, each);
    if ('why' in each) remaining.push({ ...difference, why: each.why });
    else if (tried.has(difference.setting)) {
      remaining.push({
        ...difference,
        why: 'RDS has taken the request, and it is still so: look at its events',
      });
    } else open.push({ ...difference, ask: each.ask });
  }
  const tags = subject.tags.filter((tag) => !tried.has(named(subject, tag).setting));
  const fixed: Difference[] = [];
  const attempt = async (some: readonly Difference[], ask: () => Promise<void>): Promise<boolean> => {
    try {
      await ask();
      fixed.push(...some.map(({ setting, source, target }) => ({ setting, source, target })));
      return true;
    } catch (error) {
      if (error instanceof TryAgain) {
        if (fixed.length === 0) throw error;
        return true;
      }
      if (some.length === 1) remaining.push(...some.map((each) => told(each, error)));
      return false;
    }
  };
  if (open.length > 0) {
    const all = () =>
      subject.modify(Object.assign({}, ...open.map(({ ask }) => ask)) as Record<string, unknown>);
    if (!(await attempt(open, all)) && open.length > 1) {
      for (const each of open) await attempt([each], () => subject.modify(each.ask));
    }
  }
  if (tags.length > 0) {
    const some = tags.map((tag) => named(subject, tag));
    try {
      await subject.tag(tags);
      fixed.push(...some);
    } catch (error) {
      if (error instanceof TryAgain && fixed.length === 0) throw error;
      remaining.push(...some.map((each) => told(each, error)));
    }
  }
  return { fixed, remaining };
}

/** Parameters of a group that holds only after a reboot: once, and the copy has no users yet. */
export async function rebootOnce(
  region: string,
  subjects: readonly Subject[],
  tried: ReadonlySet<string>,
): Promise<Mended> {
  const due = [...new Set(subjects.flatMap(({ rebootDue }) => rebootDue))];
  const fixed: Difference[] = [];
  const remaining: Remaining[] = [];
  for (const identifier of due) {
    const difference = { setting: `${identifier} parameters`, source: 'in-sync', target: 'pending-reboot' };
    if (tried.has(difference.setting)) {
      remaining.push({ ...difference, why: 'it was rebooted, and RDS says so still' });
      continue;
    }
    try {
      await reboot(region, identifier);
      fixed.push(difference);
    } catch (error) {
      if (error instanceof TryAgain) throw error;
      remaining.push(told(difference, error));
    }
  }
  return { fixed, remaining };
}

function told({ setting, source, target }: Difference, error: unknown): Remaining {
  return { setting, source, target, why: `RDS refused: ${describeFailure(error)}` };
}
