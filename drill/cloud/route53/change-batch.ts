import { AwsError } from '../contract.ts';
import type { ReadChange } from './read-change.ts';
import { groupFaults, setFaults } from './record-rules.ts';
import { keyOf, sameSet, type RecordSet, type RecordSets } from './record-set.ts';

/** Of one batch, UPSERT counting twice (Quotas, Route 53 developer guide; aws-facts §1.1). */
const MAX_RECORDS = 1_000;
const MAX_CHARACTERS = 32_000;

function invalidChangeBatch(faults: readonly string[]): AwsError {
  return new AwsError('InvalidChangeBatch', `[${faults.join(', ')}]`);
}

/** What a change costs of the change-throughput bucket (aws-facts §1.1). */
export function costOf({ action }: Pick<ReadChange, 'action'>): number {
  return action === 'UPSERT' ? 2 : 1;
}

/**
 * The zone's record sets after a batch: all of its changes, or none.
 *
 * Existence is judged change by change, in order; what may stand beside what is judged on the outcome, so one
 * batch can turn a simple record into a failover pair or exchange PRIMARY and SECONDARY.
 *
 * @throws AwsError `InvalidChangeBatch` with every fault found
 */
export function applyBatch(
  zone: { readonly id: string; readonly name: string },
  sets: RecordSets,
  changes: readonly ReadChange[],
): RecordSets {
  requireLimits(changes);
  const faults = changes.flatMap(({ action, set }) => (action === 'DELETE' ? [] : setFaults(zone, set)));
  const after = new Map(sets);
  for (const { action, set } of changes) {
    const key = keyOf(set);
    const current = after.get(key);
    if (action === 'CREATE' && current) {
      faults.push(`Tried to create resource record set ${described(set)} but it already exists`);
    } else if (action === 'DELETE') {
      if (!current) faults.push(`Tried to delete resource record set ${described(set)} but it was not found`);
      else if (!sameSet(current, set))
        faults.push(
          `Tried to delete resource record set ${described(set)} but the values provided do not match the current values`,
        );
      else after.delete(key);
    } else after.set(key, set);
  }
  const written = changes.filter(({ action }) => action !== 'DELETE').map(({ set }) => set);
  faults.push(...groupFaults(zone, after, written));
  if (faults.length > 0) throw invalidChangeBatch([...new Set(faults)]);
  return after;
}

function requireLimits(changes: readonly ReadChange[]): void {
  let records = 0;
  let characters = 0;
  for (const change of changes) {
    const { content } = change.set;
    const values = content.kind === 'values' ? content.values : [''];
    records += values.length * costOf(change);
    characters += values.join('').length * costOf(change);
  }
  if (records > MAX_RECORDS)
    throw invalidChangeBatch([`Number of records limit of ${MAX_RECORDS} exceeded.`]);
  if (characters > MAX_CHARACTERS)
    throw invalidChangeBatch([`Number of characters limit of ${MAX_CHARACTERS} exceeded.`]);
}

function described({ name, type, setIdentifier }: RecordSet): string {
  const identifier = setIdentifier === undefined ? '' : `, set-identifier='${setIdentifier}'`;
  return `[name='${name}', type='${type}'${identifier}]`;
}
