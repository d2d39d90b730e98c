import type { Pod } from './objects.ts';

/**
 * What becomes of a container: it runs and answers nothing; it ends again and again (a CrashLoopBackOff); or its image
 * cannot be pulled, which does not touch one that runs already.
 */
export type Fate = 'hangs' | 'crashes' | 'cannot-pull';

export interface Ailing {
  readonly fate?: Fate;
  /** The last line of the container's log when it falls ill; default: one that says what is the matter. */
  readonly says?: string;
}

/** Something that makes certain pods ill for as long as it lasts. */
interface Ailment {
  readonly matches: (pod: Pod) => boolean;
  readonly fateOf: (pod: Pod) => Fate;
  readonly says: string | undefined;
}

/** What is wrong with pods: the newest of all that match one decides. */
export class Ailments {
  #all: readonly Ailment[] = [];

  /** @returns ends it */
  add(ailment: Ailment): () => void {
    this.#all = [ailment, ...this.#all];
    return () => {
      this.#all = this.#all.filter((each) => each !== ailment);
    };
  }

  of(pod: Pod): { readonly fate: Fate; readonly says: string } | undefined {
    const ailment = this.#all.find(({ matches }) => matches(pod));
    if (!ailment) return undefined;
    const fate = ailment.fateOf(pod);
    if (fate === 'cannot-pull' && hasStarted(pod)) return undefined;
    return { fate, says: ailment.says ?? usual[fate] };
  }
}

/** Whether a container of the pod has run: its image is on the node then. */
export function hasStarted({ status }: Pod): boolean {
  return (status.containerStatuses ?? []).some(({ state, lastState }) => {
    return state.running !== undefined || lastState.terminated !== undefined;
  });
}

const usual: Readonly<Record<Fate, string>> = {
  hangs: 'ERROR request queue is full and nothing takes from it: no request is answered any more',
  crashes: 'FATAL cannot go on: the application ends with code 1',
  'cannot-pull': '',
};
