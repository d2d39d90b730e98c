import type { DatabaseSettings } from '../database/contract.ts';
import type { IncidentRef } from '../incident/contract.ts';
import type { RestorePlan } from './contract.ts';

/** What the sentences about a plan are made of. */
export interface Terms {
  readonly incident: Pick<IncidentRef, 'severity' | 'rpoSeconds' | 'deadline'>;
  readonly databases: readonly Pick<DatabaseSettings, 'name' | 'after'>[];
  readonly approvalSeconds: number;
  readonly expectedSeconds: number;
  /** The restores are expected to end after the incident's deadline. */
  readonly late: boolean;
}

export function goReason(
  plans: readonly RestorePlan[],
  swapped: readonly RestorePlan[],
  terms: Terms,
): string {
  return [
    ...plans.map(describe),
    ...swapped.map(({ database, recoveryPoint }) => `${database} is back from ${recoveryPoint} already`),
    ...(plans.length > 0 ? [duration(terms)] : []),
    ...newerOnes([...plans, ...swapped], terms),
  ].join('; ');
}

/** All that a person needs to say yes or no, who was asleep a minute ago. */
export function questionOf(plans: readonly RestorePlan[], why: string, terms: Terms): string {
  const { approvalSeconds } = terms;
  return [
    `Shall ${plans.map(({ database }) => database).join(', ')} go back in time? A person is asked because ${why}.`,
    ...plans.map((plan) => `- ${describe(plan)}.`),
    `Note that ${duration(terms)}, and that the writers are stopped for as long.`,
    ...newerOnes(plans, terms).map((sentence) => `Note that ${sentence}.`),
    'The damaged databases are kept as they are, and what is lost can be read from them afterwards.',
    `If nobody answers within ${approvalSeconds} s, nothing is changed.`,
  ].join('\n');
}

function describe({ database, recoveryPoint, foundBy, lossSeconds, target, resumed }: RestorePlan): string {
  return (
    `${database} ${resumed ? 'goes on to be' : 'is to be'} restored to ${recoveryPoint} (${foundBy}) as ` +
    `${target.identifier}; what was written in the ${lossSeconds} s since is lost`
  );
}

function duration({ expectedSeconds, late, incident }: Terms): string {
  const expected = `the restore is expected to take ${expectedSeconds} s`;
  return late ? `${expected}, which is past the deadline of the incident (${incident.deadline})` : expected;
}

/** Those that stay as they are, although they belong with what goes back. */
function newerOnes(plans: readonly RestorePlan[], { databases }: Terms): readonly string[] {
  const names = plans.map(({ database }) => database);
  return databases
    .filter(({ name, after }) => !names.includes(name) && after.some((other) => names.includes(other)))
    .map(({ name }) => `${name}, which builds on these, stays as it is and will be newer than they are`);
}
