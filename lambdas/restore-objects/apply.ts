import { atMost } from '../aws/at-most.ts';
import type { KubernetesObjects, LiveObject, WantedObject } from '../aws/kubernetes-objects.ts';
import { patiently } from '../aws/kubernetes.ts';
import { Conflict, Denied, Refusal } from '../aws/kubernetes-request.ts';
import { exported, sameObject } from '../configuration/cluster-objects.ts';
import type { ClusterExport, ExportedObject } from '../configuration/contract.ts';
import { TryAgain } from '../incident/errors.ts';
import { called, wantedOf, type Change } from './decide.ts';

/** What became of one object. `conflict`: somebody else wrote it first, and it was left as it is. */
export type Outcome =
  | { readonly change: Change; readonly became: 'changed' | 'already-there' | 'conflict' }
  | { readonly change: Change; readonly became: 'problem'; readonly problem: string }
  | { readonly change: Change; readonly became: 'unknown'; readonly failure: TryAgain };

/** A control plane serves hundreds of writes a second to all; eight at a time leave room for its controllers. */
const writersAtOnce = 8;

/**
 * Make the changes, each only to the version that was seen. One that the API refuses does not keep the others.
 *
 * @param until milliseconds since 1970: what has not begun by then is left to the next try
 */
export async function applyChanges(
  kubernetes: KubernetesObjects,
  wanted: ClusterExport,
  changes: readonly Change[],
  until: number,
): Promise<readonly Outcome[]> {
  const contents = new Map(
    (['ConfigMap', 'Secret'] as const).flatMap((kind) =>
      wantedOf(wanted, kind).map((object) => [called({ kind, name: object.metadata.name }), object]),
    ),
  );
  const turns = atMost(writersAtOnce);
  return Promise.all(
    changes.map((change) =>
      turns(() =>
        Date.now() > until
          ? Promise.resolve<Outcome>({
              change,
              became: 'unknown',
              failure: new TryAgain('there was no time left for it'),
            })
          : applied(kubernetes, change, contents.get(called(change))),
      ),
    ),
  );
}

async function applied(
  kubernetes: KubernetesObjects,
  change: Change,
  object: ExportedObject | undefined,
): Promise<Outcome> {
  try {
    return { change, became: await make(kubernetes, change, object) };
  } catch (error) {
    if (error instanceof Obstacle) return { change, became: 'problem', problem: error.message };
    if (error instanceof TryAgain) return { change, became: 'unknown', failure: error };
    const problem = problemOf(error);
    if (problem === null) throw error;
    return { change, became: 'problem', problem };
  }
}

/** It is there, and cannot be written. */
class Obstacle extends Error {}

type Became = 'changed' | 'already-there' | 'conflict';

function make(
  kubernetes: KubernetesObjects,
  { kind, name, action, seen }: Change,
  object: ExportedObject | undefined,
): Promise<Became> {
  const lookAgain = async (): Promise<Became> => {
    const current = await kubernetes.get(kind, name);
    if (object === undefined) return current === null ? 'already-there' : 'conflict';
    if (current === null) return 'conflict';
    if (current.metadata.deletionTimestamp !== undefined) throw new Obstacle(waiting(current));
    return sameObject(object, exported(current)) ? 'already-there' : 'conflict';
  };
  const writing = (write: () => Promise<void>) => changed(() => patiently(write), lookAgain);
  if (object === undefined) {
    if (seen === null) return Promise.resolve('already-there');
    return writing(() => kubernetes.delete(kind, { ...seen, name }));
  }
  const whole = wholeOf(object);
  if (seen === null) return writing(() => kubernetes.create(kind, whole));
  if (action === 'recreate') {
    return writing(async () => {
      // Refused after the deletion it would be gone.
      await kubernetes.requireAcceptable(kind, whole);
      await goneOr(() => kubernetes.delete(kind, { ...seen, name }));
      await kubernetes.create(kind, whole);
    });
  }
  const { resourceVersion, finalizers } = seen;
  const metadata = { ...whole.metadata, resourceVersion, ...(finalizers ? { finalizers } : {}) };
  return writing(() => kubernetes.replace(kind, { ...whole, metadata }));
}

/** Somebody else was faster, or a try before this one whose answer was lost: what is there now tells. */
async function changed(write: () => Promise<void>, lookAgain: () => Promise<Became>): Promise<Became> {
  try {
    await write();
    return 'changed';
  } catch (error) {
    const gone = error instanceof Refusal && error.status === 404;
    if (!(error instanceof Conflict) && !gone) throw error;
    return lookAgain();
  }
}

async function goneOr(remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 404) throw error;
  }
}

function wholeOf({ metadata, content }: ExportedObject): WantedObject {
  return { ...content, metadata };
}

function waiting({ metadata: { finalizers = [] } }: LiveObject): string {
  return `it is being deleted, and waits for its finalizers (${finalizers.join(', ')})`;
}

/** Why the API does not take an object; null when it is nothing about the object. */
function problemOf(error: unknown): string | null {
  if (error instanceof Refusal) {
    return error.status === 413
      ? 'it is too large for the cluster (413)'
      : `the cluster refuses it: ${error.status} ${error.reason}`;
  }
  if (error instanceof Denied && error.status === 403) {
    return 'the cluster forbids it (403): the access of this function, a quota or an admission policy does';
  }
  return null;
}
