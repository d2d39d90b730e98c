import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exported } from '../../../lambdas/configuration/cluster-objects.ts';
import type { ClusterExport } from '../../../lambdas/configuration/contract.ts';
import {
  compare,
  doneOf,
  remaining,
  totalsOf,
  within,
  type Change,
  type Namespace,
  type Present,
} from '../../../lambdas/restore-objects/decide.ts';

let version = 0;
const present = (name: string, value: string, immutable: boolean, type?: string): Present => ({
  metadata: { name, uid: `uid-${name}`, resourceVersion: String((version += 1)) },
  data: { value },
  ...(immutable && { immutable }),
  ...(type !== undefined && { type }),
});

const objects = (type?: string) =>
  fc
    .dictionary(
      fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      fc.record({ value: fc.constantFrom('1', '2', '3'), immutable: fc.boolean() }),
    )
    .map((found) =>
      Object.entries(found).map(([name, { value, immutable }]) => present(name, value, immutable, type)),
    );
const namespace: fc.Arbitrary<Namespace> = fc.record({ ConfigMap: objects(), Secret: objects('Opaque') });
const exportOf = ({ ConfigMap, Secret }: Namespace): ClusterExport => ({
  at: '2026-11-23T10:00:00.000Z',
  site: 'primary',
  namespace: 'erlmcp',
  configMaps: ConfigMap.map(exported),
  secrets: Secret.map(exported),
  deployments: [],
  leftOut: [],
  hash: '',
});

/** A cluster after a change: what the API does with it. */
function made(now: Namespace, wanted: Namespace, { kind, name, action }: Change): Namespace {
  const others = now[kind].filter(({ metadata }) => metadata.name !== name);
  const object = wanted[kind].find(({ metadata }) => metadata.name === name);
  if (action === 'remove' || !object) return { ...now, [kind]: others };
  const metadata = { ...object.metadata, resourceVersion: String((version += 1)) };
  return { ...now, [kind]: [...others, { ...object, metadata }] };
}

describe('a comparison', () => {
  it('of what is as wanted finds nothing to do', () => {
    fc.assert(
      fc.property(namespace, (now) => {
        expect(compare(exportOf(now), now, [])).toMatchObject({ changes: [], problems: [] });
      }),
    );
  });

  it('leads to what is wanted, wherever it is interrupted', () => {
    fc.assert(
      fc.property(namespace, namespace, fc.nat(10), (wanted, before, at) => {
        const whole = exportOf(wanted);
        const plan = { ...compare(whole, before, []), at: '', exportKey: '' };
        let now = plan.changes.slice(0, at).reduce((each, change) => made(each, wanted, change), before);
        const { standing, conflicts } = remaining(plan, compare(whole, now, []));
        expect([standing.length, conflicts]).toEqual([Math.max(0, plan.changes.length - at), []]);
        now = standing.reduce((each, change) => made(each, wanted, change), now);
        const after = compare(whole, now, []);
        expect(after.changes).toEqual([]);
        expect(doneOf(plan, after)).toEqual(plan.changes);
      }),
    );
  });

  it('never has a change to what somebody wrote since the plan, or since the snapshot', () => {
    fc.assert(
      fc.property(namespace, namespace, objects(), (wanted, before, writes) => {
        const whole = exportOf(wanted);
        const written = new Set(writes.map(({ metadata }) => metadata.name));
        const kept = before.ConfigMap.filter(({ metadata }) => !written.has(metadata.name));
        const now = {
          ...before,
          ConfigMap: [...kept, ...writes.map((each) => ({ ...each, data: { value: 'somebody' } }))],
        };
        const plan = { ...compare(whole, before, []), at: '', exportKey: '' };
        const late = compare(whole, now, []);
        const touched = (changes: readonly Change[]) =>
          changes.filter(({ kind, name }) => kind === 'ConfigMap' && written.has(name));
        expect(touched(remaining(plan, late).standing)).toEqual([]);
        expect(touched(within(exportOf(before), late, now).changes)).toEqual([]);
        expect(remaining(plan, late).conflicts.toSorted()).toEqual(
          [...written].map((name) => `ConfigMap ${name}`).toSorted(),
        );
      }),
    );
  });
});

describe('what is told', () => {
  it('counts a recreation as an overwriting', () => {
    const before: Namespace = { ConfigMap: [present('a', '1', true)], Secret: [] };
    const wanted: Namespace = { ConfigMap: [present('a', '2', true)], Secret: [] };
    const { changes, ...rest } = compare(exportOf(wanted), before, []);
    expect(changes).toMatchObject([{ action: 'recreate' }]);
    expect(totalsOf({ changes, ...rest })).toMatchObject({ overwrite: ['ConfigMap a'], unchanged: 0 });
  });

  it('is nothing of what the environment excludes, there or wanted', () => {
    const before: Namespace = { ConfigMap: [present('a', '1', false)], Secret: [] };
    const wanted: Namespace = { ConfigMap: [present('b', '2', false)], Secret: [] };
    expect(compare(exportOf(wanted), before, ['a', 'b'])).toEqual({
      changes: [],
      unchanged: 0,
      problems: [],
    });
  });
});
