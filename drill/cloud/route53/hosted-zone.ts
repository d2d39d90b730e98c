import { isWithin, parentOf } from './names.ts';
import type { RecordSet, RecordSets } from './record-set.ts';

/** Record sets as name servers look them up. */
export class Published {
  readonly #sets = new Map<string, Map<string, RecordSet[]>>();
  /** Names that exist because something is below them. */
  readonly #above = new Set<string>();

  constructor(zoneName: string, sets: RecordSets) {
    for (const set of sets.values()) {
      const byType = this.#sets.get(set.name) ?? new Map<string, RecordSet[]>();
      this.#sets.set(set.name, byType);
      byType.set(set.type, [...(byType.get(set.type) ?? []), set]);
      for (let up = parentOf(set.name); up !== undefined && isWithin(up, zoneName); up = parentOf(up)) {
        this.#above.add(up);
      }
    }
  }

  at(name: string): ReadonlyMap<string, readonly RecordSet[]> | undefined {
    return this.#sets.get(name);
  }

  exists(name: string): boolean {
    return this.#sets.has(name) || this.#above.has(name);
  }
}

/** A hosted zone: what the API shows now, and what the name servers answer, which is a change behind. */
export class HostedZone {
  readonly id: string;
  /** Absolute. */
  readonly name: string;
  readonly nameServers: readonly string[];
  /** Until when another change is being processed, milliseconds since the epoch. */
  occupiedUntil = 0;
  #sets: RecordSets = new Map();
  #published: Published;
  #version = 0;
  #publishedVersion = 0;

  constructor(id: string, name: string, nameServers: readonly string[]) {
    this.id = id;
    this.name = name;
    this.nameServers = nameServers;
    this.#published = new Published(name, this.#sets);
  }

  get sets(): RecordSets {
    return this.#sets;
  }

  get published(): Published {
    return this.#published;
  }

  /** Take new record sets; the name servers answer by them once the returned function is called. */
  commit(sets: RecordSets): () => void {
    this.#sets = sets;
    const version = ++this.#version;
    return () => {
      if (version <= this.#publishedVersion) return;
      this.#publishedVersion = version;
      this.#published = new Published(this.name, sets);
    };
  }
}
