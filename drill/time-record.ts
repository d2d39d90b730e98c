/** Milliseconds a stretch may bend before it counts as two; commits are dated to the microsecond. */
const tolerance = 1e-3;
/** When there are more, the older half is forgotten: at most 16 MB, and many hours at full speed. */
const mostPoints = 2 ** 20;

/**
 * Which incident time it was at each real instant: a line of even stretches, level ones and jumps.
 *
 * Real instants are readings of `performance.now()`, which no correction of the machine's clock moves.
 */
export class TimeRecord {
  readonly #reals: number[] = [];
  readonly #incidents: number[] = [];
  readonly #most: number;
  /** Pace of the stretch that the last two points make. */
  #rate = Number.NaN;

  constructor(real: number, incident: number, most = mostPoints) {
    this.#most = most;
    this.#push(real, incident);
  }

  /**
   * At `real` it was `incident`, and since the last point time went at an even pace.
   *
   * @param rate incident milliseconds per real one; Infinity: a jump, which takes no real time
   */
  add(real: number, incident: number, rate: number): void {
    const last = this.#reals.length - 1;
    if (this.#reals[last] === real && this.#incidents[last] === incident) return;
    if (this.#goesOn(real, incident, rate)) {
      this.#reals[last] = real;
      this.#incidents[last] = incident;
      return;
    }
    this.#push(real, incident);
    this.#rate = rate;
  }

  /**
   * The last instant at which it was `incident` or earlier; Infinity when that has not passed yet.
   *
   * @throws RangeError for a time before the record
   */
  lastInstantOf(incident: number): number {
    const at = lastNotAfter(this.#incidents, incident);
    if (at < 0) {
      const since = new Date(this.#incidents[0] ?? incident).toISOString();
      throw new RangeError(`${new Date(incident).toISOString()} is before ${since}, where the record begins`);
    }
    if (at === this.#incidents.length - 1) return Infinity;
    return between(incident, this.#incidents, this.#reals, at);
  }

  /** What it was at `real`; where time jumped, what it was after the jump. */
  incidentAt(real: number): number {
    const at = lastNotAfter(this.#reals, real);
    if (at < 0) return this.#incidents[0] ?? Number.NaN;
    if (at === this.#reals.length - 1) return this.#incidents[at] ?? Number.NaN;
    return between(real, this.#reals, this.#incidents, at);
  }

  get size(): number {
    return this.#reals.length;
  }

  #goesOn(real: number, incident: number, rate: number): boolean {
    const from = this.#reals.length - 2;
    const [realFrom, incidentFrom] = [this.#reals[from], this.#incidents[from]];
    if (realFrom === undefined || incidentFrom === undefined || rate !== this.#rate) return false;
    if (rate === Infinity) return real === realFrom;
    return Math.abs(incidentFrom + (real - realFrom) * rate - incident) < tolerance;
  }

  #push(real: number, incident: number): void {
    this.#reals.push(real);
    this.#incidents.push(incident);
    if (this.#reals.length <= this.#most) return;
    this.#reals.splice(0, this.#most >> 1);
    this.#incidents.splice(0, this.#most >> 1);
  }
}

/** Where in ascending `values` the last one is that is not above `value`; -1 when there is none. */
function lastNotAfter(values: readonly number[], value: number): number {
  let [low, high] = [-1, values.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((values[middle] ?? Infinity) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The `to` that belongs to `value` on the straight line from point `at` to the next. */
function between(value: number, from: readonly number[], to: readonly number[], at: number): number {
  const [x0 = 0, x1 = 0, y0 = 0, y1 = 0] = [from[at], from[at + 1], to[at], to[at + 1]];
  return y0 + ((value - x0) / (x1 - x0)) * (y1 - y0);
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Milliseconds: how narrow the bounds are to be, how long to try, and how long they hold. */
const narrow = 0.004;
const patience = 20;
const holds = 5_000;

let known: Bounds = { low: -Infinity, high: Infinity };
let knownSince = -Infinity;

/**
 * What to add to `performance.now()` for the machine's wall clock in milliseconds, to a few microseconds.
 *
 * `Date.now()` cuts off its microseconds, so this reads both clocks until a new millisecond begins. What it found
 * holds for a while only, and no longer than it agrees with both clocks: whoever sets the machine's clock moves one
 * of them. On a laden machine a reading may take long and say little; then what was known before stays.
 */
export function wallClockOffset(): number {
  const now = performance.now();
  const agrees = overlap(known, reading());
  if (!agrees || now - knownSince > holds) {
    let found = reading();
    while (found.high - found.low > narrow && performance.now() < now + patience) {
      found = overlap(found, reading()) ?? reading();
    }
    const better = found.high - found.low <= Math.max(narrow, known.high - known.low);
    if (!agrees || better || !overlap(known, found)) known = found;
    knownSince = now;
  }
  return (known.low + known.high) / 2;
}

/** The wall clock was at least `Date.now()`, and less than a millisecond past it, at some instant between the two. */
function reading(): Bounds {
  const before = performance.now();
  const wall = Date.now();
  const after = performance.now();
  return { low: wall - after, high: wall + 1 - before };
}

function overlap(one: Bounds, other: Bounds): Bounds | null {
  const both = { low: Math.max(one.low, other.low), high: Math.min(one.high, other.high) };
  return both.low < both.high ? both : null;
}
