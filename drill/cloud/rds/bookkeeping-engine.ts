import type { Clock } from '../../clock.ts';
import type { Archive, DatabaseEngine, DatabaseServer } from './engine.ts';

/** A server that is nothing but what was done to it. */
export interface BookkeptServer extends DatabaseServer {
  /** Times of the commits that it has, oldest first. */
  readonly commits: readonly number[];
  readonly state: 'running' | 'stopped' | 'destroyed';
  readonly writable: boolean;
  readonly reachable: boolean;
  /** Something is written now. @throws Error when it does not run, or is a replica */
  commit(): void;
}

export interface BookkeepingEngine extends DatabaseEngine {
  create(name: string): Promise<BookkeptServer>;
  restore(name: string, archive: Archive, to: number): Promise<BookkeptServer>;
  replicate(name: string, source: DatabaseServer): Promise<BookkeptServer>;
  readonly servers: readonly BookkeptServer[];
}

class KeptArchive implements Archive {
  commits: readonly number[] = [];
  covers: { readonly from: number; readonly to: number } | null = null;

  window() {
    return this.covers;
  }

  take(commits: readonly number[], now: number): void {
    this.commits = [...commits];
    this.covers = { from: this.covers?.from ?? now, to: now };
  }
}

/** Databases without data: times of commits, for what is about RDS and not about PostgreSQL. No port listens. */
export function bookkeepingEngine(clock: Clock): BookkeepingEngine {
  const servers: Server[] = [];
  let nextPort = 20_000;

  class Server implements BookkeptServer {
    readonly name: string;
    readonly port = nextPort++;
    readonly insidePort = nextPort++;
    readonly archive = new KeptArchive();
    state: BookkeptServer['state'] = 'running';
    reachable = true;
    #own: number[];
    #source: Server | undefined;
    #replicating = true;

    constructor(name: string, commits: readonly number[], source?: Server) {
      this.name = name;
      this.#own = [...commits];
      this.#source = source;
      if (!source) this.archive.take(this.#own, clock.now());
      servers.push(this);
    }

    get writable() {
      return this.state === 'running' && this.#source === undefined;
    }

    get commits() {
      this.#receive();
      return this.#own;
    }

    commit() {
      if (!this.writable) throw new Error(`${this.name} takes no writes`);
      this.#own.push(clock.now());
    }

    ship() {
      if (this.writable) this.archive.take(this.#own, clock.now());
      return Promise.resolve();
    }

    setReachable(reachable: boolean) {
      this.reachable = reachable;
      return Promise.resolve();
    }

    halt() {
      this.#receive();
      this.state = 'stopped';
      return Promise.resolve();
    }

    start() {
      if (this.state === 'destroyed') return Promise.reject(new Error(`${this.name} was deleted`));
      this.state = 'running';
      return Promise.resolve();
    }

    promote() {
      if (!this.#source) return Promise.reject(new Error(`${this.name} is no replica`));
      this.#receive();
      this.#source = undefined;
      this.archive.take(this.#own, clock.now());
      return Promise.resolve();
    }

    setReplicating(replicating: boolean) {
      this.#receive();
      this.#replicating = replicating;
      return Promise.resolve();
    }

    lag() {
      if (!this.#source) return Promise.resolve(null);
      const [theirs, mine] = [this.#source.commits.at(-1), this.commits.at(-1)];
      return Promise.resolve(theirs === undefined ? 0 : Math.max(0, theirs - (mine ?? theirs)));
    }

    destroy() {
      this.state = 'destroyed';
      return Promise.resolve();
    }

    #receive() {
      const source = this.#source;
      if (!source || !this.#replicating || this.state !== 'running') return;
      this.#own = [...source.commits];
    }
  }

  return {
    servers,
    create: (name) => Promise.resolve(new Server(name, [])),
    restore(name, archive, to) {
      const window = archive.window();
      if (!(archive instanceof KeptArchive) || !window || to < window.from || to > window.to) {
        return Promise.reject(new Error(`the archive does not reach ${new Date(to).toISOString()}`));
      }
      const kept = archive.commits.filter((time) => time <= to);
      return Promise.resolve(new Server(name, kept));
    },
    replicate(name, source) {
      if (!(source instanceof Server)) {
        return Promise.reject(new Error(`${source.name} is no server of this engine`));
      }
      return Promise.resolve(new Server(name, source.commits, source));
    },
    async stop() {
      await Promise.all(servers.map((server) => server.destroy()));
    },
  };
}
