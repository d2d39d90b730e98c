import { randomUUID } from 'node:crypto';
import type { ProblemObject } from '../configuration/contract.ts';
import { chunkFile, problemsFile, type PlanFiles } from '../configuration/plan-files.ts';
import { TryAgain } from '../incident/errors.ts';
import type { Ledger } from '../incident/ledger.ts';
import { advanced, cursorFile, withNumber, type Batch, type Cursor } from './cursor.ts';

/** Objects in a chunk, and problems in a part. */
const full = 1_000;
/** Numbers that a run takes for its chunks, and gives back at its end: the six digits are enough for 200 deaths. */
const taken = 5_000;
/** Problems in `problems.jsonl`, which is put together in memory. The parts have all of them. */
const problemsInOneFile = 50_000;

/** The plan in the making. Its cursor changes in one step for each batch, so a picture of it never shows half of one. */
export class PlanProgress {
  readonly #ledger: Ledger;
  readonly #files: PlanFiles;
  readonly #run = randomUUID();
  readonly #writing = new Set<Promise<void>>();
  #cursor: Cursor;
  #etag: string;
  #number: number;
  #limit: number;
  #failure: unknown;
  #saving: Promise<void> = Promise.resolve();

  private constructor(ledger: Ledger, files: PlanFiles, cursor: Cursor, etag: string) {
    this.#ledger = ledger;
    this.#files = files;
    this.#cursor = cursor;
    this.#etag = etag;
    this.#number = cursor.free;
    this.#limit = cursor.free;
  }

  /** Go on with the plan that there is, or begin one. Numbers for chunks are taken before any is used. */
  static async open(ledger: Ledger, files: PlanFiles, begin: () => Promise<Cursor>): Promise<PlanProgress> {
    const key = `${files.folder}/${cursorFile}`;
    let known = await ledger.read<Cursor>(key);
    if (!known) {
      await ledger.create(key, await begin());
      known = await ledger.read<Cursor>(key);
    }
    if (!known) throw new TryAgain(`${key} of the ledger is not there yet`);
    const progress = new PlanProgress(ledger, files, known.value, known.etag);
    if (!known.value.done) await progress.save();
    return progress;
  }

  get cursor(): Cursor {
    return this.#cursor;
  }

  /** Waits while a chunk that has become full is written. */
  async add(batch: Batch): Promise<void> {
    this.#cursor = advanced(this.#cursor, batch);
    await Promise.all(this.#cut(full));
  }

  replicaUnread(why: string): void {
    this.#cursor = { ...this.#cursor, replicaUnread: why };
  }

  /**
   * Keep the place; what is pending stays pending.
   *
   * @param last no more chunks will be cut in this run: what is left of its numbers is given back
   * @throws TryAgain when another run has gone on with this plan meanwhile
   */
  save(last = false): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save(last));
    return this.#saving;
  }

  /** The end: what is pending becomes the last chunk, and the problems become one file. */
  async close(): Promise<void> {
    while (this.#cursor.pending.length + this.#cursor.pendingProblems.length > 0) {
      await Promise.all(this.#cut(1));
      await this.save();
    }
    const problems: ProblemObject[] = [];
    for (const part of this.#cursor.problemParts.slice(0, problemsInOneFile / full)) {
      problems.push(...((await this.#files.read<ProblemObject>(problemsFile(part))) ?? []));
    }
    await this.#files.write('problems.jsonl', problems);
    this.#cursor = { ...this.#cursor, done: true };
    await this.save(true);
  }

  #cut(size: number): readonly Promise<void>[] {
    const writes: Promise<void>[] = [];
    let { pending, pendingProblems, chunks, problemParts } = this.#cursor;
    while (pending.length >= size && this.#number < this.#limit) {
      const number = this.#number++;
      writes.push(this.#write(chunkFile(number), pending.slice(0, full)));
      pending = pending.slice(full);
      chunks = withNumber(chunks, number);
    }
    while (pendingProblems.length >= size && this.#number < this.#limit) {
      const number = this.#number++;
      writes.push(this.#write(problemsFile(number), pendingProblems.slice(0, full)));
      pendingProblems = pendingProblems.slice(full);
      problemParts = [...problemParts, number];
    }
    this.#cursor = { ...this.#cursor, pending, pendingProblems, chunks, problemParts };
    return writes;
  }

  #write(name: string, lines: readonly unknown[]): Promise<void> {
    const writing = this.#files.write(name, lines);
    this.#writing.add(writing);
    writing.then(
      () => this.#writing.delete(writing),
      (error: unknown) => (this.#failure = error),
    );
    return writing;
  }

  /** The picture is taken first; it is kept once all chunks that are in it are written. */
  async #save(last: boolean): Promise<void> {
    const free = last ? this.#number : this.#number + taken;
    const picture: Cursor = { ...this.#cursor, run: this.#run, free };
    await Promise.all(this.#writing);
    if (this.#failure !== undefined) throw this.#failure as Error;
    const key = `${this.#files.folder}/${cursorFile}`;
    await this.#ledger.replace(key, picture, this.#etag);
    // A write whose answer was lost is refused when it is tried again: what stands there says whose it is.
    const kept = await this.#ledger.read<Cursor>(key);
    if (!kept || JSON.stringify(kept.value) !== JSON.stringify(picture)) {
      this.#failure = new TryAgain(`another run plans ${this.#files.folder} now; this one stops`);
      throw this.#failure as Error;
    }
    this.#etag = kept.etag;
    this.#limit = free;
  }
}
